"""Seeds: what ``start()`` yields. Each begins a unit, which the database knows before Redis."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

from scrapy.crawler import Crawler

from crawlers.engine import scheduler_of
from crawlers.errors import StorageError
from crawlers.frontier.ending import JobStore
from crawlers.frontier.leases import Child
from crawlers.frontier.outbox import Outbox
from crawlers.frontier.tasks import Failed, watched

AT_ONCE = 200
"""Units that are written in one statement."""
WAITING_MAX = 1000
"""Seeds that wait; then ``start()`` waits."""
NOTICE_S = 0.02

logger = logging.getLogger(__name__)


class Seeds:
    """Takes seeds as they come, and tells database and Redis of many at once."""

    def __init__(self, job: str, jobs: JobStore, outbox: Outbox, failed: Failed) -> None:
        """Write the units of *job* to *jobs*, then their seeds to *outbox*.

        *failed* hears of what is not expected to go wrong.
        """
        self._job = job
        self._jobs = jobs
        self._outbox = outbox
        self._failed = failed
        self._waiting: deque[tuple[tuple[str, ...], Child]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, units: tuple[str, ...], child: Child) -> None:
        """Take the seed *child*, which is for *units* (names)."""
        self._waiting.append((units, child))
        if self._task is None:
            self._task = watched(self._write(), "seeds", self._failed)
        self._wake.set()

    async def room(self) -> None:
        """Return when there is room for one more."""
        # Two lists, neither of which tells: looked at now and then.
        while max(len(self._waiting), len(self._outbox)) >= WAITING_MAX:  # noqa: ASYNC110 - above
            await asyncio.sleep(NOTICE_S)

    async def all_told(self) -> None:
        """Return when Redis knows all that came before, and that it is all."""
        while self._waiting:  # noqa: ASYNC110 - the same
            await asyncio.sleep(NOTICE_S)
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def replied(reply: Any) -> None:
            if not done.done():
                done.set_result(reply)

        self._outbox.add("seeded", lambda: (), replied, urgent=True)
        await done

    async def close(self) -> None:
        """Stop. The next worker begins again, and finds what is there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            while not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            batch = [self._waiting[at] for at in range(min(AT_ONCE, len(self._waiting)))]
            try:
                numbers = await self._numbers([names for names, _ in batch])
            except StorageError as error:
                logger.warning("Units wait for the database: %s", error)
                await asyncio.sleep(1)
                continue
            for number, (_, child) in zip(numbers, batch, strict=True):
                self._waiting.popleft()
                if number is not None:
                    self._tell(number, child)

    async def _numbers(self, groups: Sequence[tuple[str, ...]]) -> list[int | None]:
        """Return the number that each of *groups* is counted by; None where nothing is to be done.

        That is the number of its first unit that has not ended.
        """
        names = [name for group in groups for name in group]
        units = await self._jobs.add_units(self._job, names)
        numbers, leaders = list[int | None](), dict[int, int]()
        for group in groups:
            left = [number for number, is_open in map(units.__getitem__, group) if is_open]
            numbers.append(left[0] if left else None)
            leaders |= dict.fromkeys(left, left[0]) if len(left) > 1 else {}
        if leaders:
            await self._jobs.lead_units(self._job, leaders)
        return numbers

    def _tell(self, unit: int, child: Child) -> None:
        self._outbox.add("seed", lambda: (unit, *child.fields()))


class SeedMiddleware:
    """Feeds ``start()`` to the frontier no faster than it takes it, and says when that was all."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler, whose scheduler is the frontier."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Stop early where another worker has done it all; an error leaves it to others."""
        scheduler = scheduler_of(self.crawler)
        if scheduler.is_seeded:
            return
        try:
            async for found in start:
                yield found
                if scheduler.is_seeded:
                    return
                await scheduler.seeds.room()
        except Exception:
            scheduler.give_up_seeding()
            raise
        await scheduler.seeds.all_told()
