"""Places: at most so many transfers at once to a site, over all workers that share a database.

A place is a session lock of PostgreSQL, held for the whole transfer and for the rest of its delay.
So no more than *count* transfers are under way, and no more than *count* begin in any *delay_s*.
A worker that dies has its places freed by the database. One that loses its connection has lost
its places: its transfers end at once, and are tried again.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from crawlers.errors import StorageError, TurnClosedError, TurnLostError
from crawlers.storage.database import database_for
from crawlers.storage.place_locks import PlaceLocks
from crawlers.storage.turns.row import AwayError
from crawlers.storage.turns.turn import NOTICE_S, PATIENCE_S, REPEAT_LOG_S

POLL_S = 0.05
"""Between two attempts to take a place, and after giving one back: others want it too."""
IDLE_S = 60.0
ANSWER_S = 5.0
"""A crawl that closes waits so long for a database that does not answer."""

logger = logging.getLogger(__name__)


class Place:
    """A place that is taken. Times are monotonic seconds."""

    def __init__(self) -> None:
        """Take it now."""
        self.taken_at = time.monotonic()
        self.free_at: float | None = None
        """When it may be given out again, once its transfer has ended."""
        self.lost = False
        self._limit: asyncio.Timeout | None = None

    @asynccontextmanager
    async def hold(self, delay_s: float) -> AsyncIterator[None]:
        """Hold it for the block, and for *delay_s* since it was taken. Raises TurnLostError."""
        try:
            if self.lost:
                raise TurnLostError("the place was lost before the request")
            # A busy process may have come to it late, and the site counts from its request.
            self.taken_at = time.monotonic()
            async with asyncio.timeout(None) as self._limit:
                yield
        except TimeoutError as error:
            if self._limit is None or not self._limit.expired():
                raise
            raise TurnLostError("the database is away, and the place is lost") from error
        finally:
            self.end(delay_s)

    def end(self, delay_s: float) -> None:
        """Say that its transfer has ended."""
        self._limit = None
        self.free_at = max(time.monotonic(), self.taken_at + delay_s)

    def lose(self) -> None:
        """End the transfer: somebody else may have the place."""
        self.lost = True
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())


class Places:
    """The places of one limit key, as this process takes them. One object for each limit key.

    One task has the connection: it gives back, takes, and watches for the end of the session.
    """

    def __init__(
        self,
        limit_key: str,
        get_url: Callable[[], Awaitable[str]],
        count: int,
        delay_s: float,
        *,
        closing: Callable[[], bool] = lambda: False,
    ) -> None:
        """Share *count* places in the database that *get_url* names whenever it is asked.

        Requests that wait end with TurnClosedError as soon as *closing* is true.
        """
        self._key = limit_key
        self._locks = PlaceLocks(limit_key, get_url)
        self._count = count
        self._delay_s = delay_s
        self._closing = closing
        self._closed = False
        self._waiting: deque[asyncio.Future[Place]] = deque()
        self._taken: dict[int, Place] = {}
        self._wake = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._next_try_at = 0.0
        self._away_at: float | None = None
        self._logged_at = -REPEAT_LOG_S

    @asynccontextmanager
    async def place(self, at_least_s: float = 0.0) -> AsyncIterator[Place]:
        """Wait for a place, for as long as it takes, and hold it for the block.

        *at_least_s* is a longer delay that the site asks for. Raises TurnLostError when the
        session ended meanwhile, StorageError when the database stays away.
        """
        place = await self._wait()
        try:
            async with place.hold(max(self._delay_s, at_least_s)):
                yield place
        finally:
            self._wake.set()

    async def close(self) -> None:
        """End what waits, keep the places that have ended for the rest of their delay, sign off."""
        self._closed = True
        self._wake.set()
        if self._keeper is not None:
            ends = [place.free_at or 0.0 for place in self._taken.values()]
            left = max([*ends, 0.0]) - time.monotonic()
            if not (await asyncio.wait({self._keeper}, timeout=max(left, 0.0) + ANSWER_S))[0]:
                self._locks.cut()
                await asyncio.wait({self._keeper})
        await self._locks.close()

    async def _wait(self) -> Place:
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"places:{self._key}")
        waiter: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._wake.set()
        try:
            while not waiter.done():
                if self._closed or self._closing():
                    raise TurnClosedError(f"the crawl closed before a place at {self._key} came")
                if self._keeper.done():
                    raise StorageError(f"nobody gives places at {self._key} any more")
                either: set[asyncio.Future[Any]] = {waiter, self._keeper}
                await asyncio.wait(either, timeout=NOTICE_S, return_when=asyncio.FIRST_COMPLETED)
            return waiter.result()
        except asyncio.CancelledError:
            if waiter.done() and waiter.exception() is None:
                waiter.result().end(0)
                self._wake.set()
            raise
        finally:
            waiter.cancel()

    async def _keep(self) -> None:
        while not self._ended():
            self._wake.clear()
            try:
                if self._wanted():
                    await self._locks.connect()
                await self._give_back()
                await self._take()
                self._away_at = None
                if not self._ended() and await self._locks.quiet(self._wake, self._pause_s()):
                    await self._locks.prove()
            except AwayError as error:
                self._lose(error)
                await asyncio.sleep(_spread(POLL_S))

    def _ended(self) -> bool:
        return self._closed and not any(place.free_at for place in self._taken.values())

    async def _give_back(self) -> None:
        now = time.monotonic()
        for number, place in list(self._taken.items()):
            if place.free_at is not None and place.free_at <= now:
                await self._locks.give(number)
                del self._taken[number]
                if self._next_try_at <= now:
                    self._next_try_at = now + _spread(POLL_S)

    async def _take(self) -> None:
        while self._wanted() and time.monotonic() >= self._next_try_at:
            free = [number for number in range(self._count) if number not in self._taken]
            if not free:
                return
            random.shuffle(free)
            number = await self._locks.take(free)
            if number is None:
                self._next_try_at = time.monotonic() + _spread(POLL_S)
                return
            self._taken[number] = place = Place()
            if self._wanted():
                self._waiting.popleft().set_result(place)
            else:
                place.end(0)

    def _wanted(self) -> bool:
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()
        return bool(self._waiting) and not self._closed

    def _pause_s(self) -> float:
        times = [place.free_at for place in self._taken.values() if place.free_at is not None]
        if self._wanted() and len(self._taken) < self._count:
            times.append(self._next_try_at)
        return min(max(0.0, min(times) - time.monotonic()) if times else IDLE_S, IDLE_S)

    def _lose(self, error: AwayError) -> None:
        for place in self._taken.values():
            place.lose()
        self._taken.clear()
        now = time.monotonic()
        self._away_at = self._away_at or now
        # At the end of a crawl the embedded server may go first, and nothing is lost with it.
        if not self._closed and now - self._logged_at >= REPEAT_LOG_S:
            self._logged_at = now
            logger.warning("%s: waiting for the database: %s", self._key, error)
        if now - self._away_at > PATIENCE_S:
            self._away_at = None
            while self._wanted():
                self._waiting.popleft().set_exception(error)


def _spread(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - only spreads attempts


def places_for(
    owner: object, limit_key: str, count: int, delay_s: float, closing: Callable[[], bool]
) -> Places:
    """Return the *count* places of *limit_key* in the database of *owner*, a Scrapy crawler."""
    return Places(limit_key, database_for(owner).url, count, delay_s, closing=closing)
