"""How units and jobs end: Redis counts, the database is told, and then Redis may forget."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from redis.exceptions import RedisError

from crawlers.errors import FrontierError, StorageError
from crawlers.frontier.overview import number
from crawlers.frontier.program import Argument, Operations
from crawlers.frontier.queue import LeaseQueue
from crawlers.frontier.tasks import Failed, watched
from crawlers.units import DeadRequest, UnitEnd
from crawlers.verdict import verdict_of_job

AT_ONCE = 100
TELL_S = 1.0
FIELDS_OF_UNIT = 6
DAY_MS = 86_400_000

Ended = tuple[UnitEnd, float]
"""How a unit ended, and until when (in ms of Redis' clock) it is this worker's to tell."""

logger = logging.getLogger(__name__)


class JobStore(Protocol):
    """Where jobs are kept: `crawlers.storage.jobs.Jobs`."""

    async def find(self, job: str) -> Any:
        """Return the job: what has a *status* once it has ended."""

    async def enter(
        self, job: str, source: str, arguments: Mapping[str, Any], units: Sequence[str]
    ) -> None:
        """Make the job, or find that it is the same. Raises JobError."""

    async def add_units(self, job: str, names: list[str]) -> dict[str, tuple[int, bool]]:
        """Return the number of each unit, and whether it is still to be done."""

    async def lead_units(self, job: str, leaders: Mapping[int, int]) -> None:
        """Say which units are asked for together with which other one."""

    async def end_units(self, job: str, ends: Sequence[UnitEnd]) -> None:
        """Say how units ended."""

    async def give_up_units(self, job: str) -> None:
        """Let the units fail that have not ended."""

    async def count_units(self, job: str) -> dict[str, int]:
        """Return how many units ended in each way."""

    async def end(
        self, job: str, status: str, reason: str | None, *, requests: int, rows: int
    ) -> None:
        """Say how the job ended, unless somebody has."""

    async def undo_end(self, job: str) -> None:
        """Let a job go on that was said to have ended."""

    async def bury(self, job: str, source: str, dead: Sequence[DeadRequest]) -> None:
        """Keep requests that were given up."""


class Gone(Protocol):
    """Hears of a job that Redis does not know."""

    def __call__(self, *, has_ended: bool) -> None:
        """Hear whether it has ended; if not, Redis has lost it."""


class Ending:
    """Tells the database, in the background, which units have ended; and at last the job."""

    def __init__(
        self, queue: LeaseQueue, jobs: JobStore, failed: Failed, *, expects: int, dead_days: float
    ) -> None:
        """Judge the job by what its card *expects*; keep dead requests for *dead_days*.

        *failed* hears of what is not expected to go wrong.
        """
        self._queue = queue
        self._jobs = jobs
        self._failed = failed
        self._expects = expects
        self._dead_ms = max(1, round(dead_days * DAY_MS))
        self._tell_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def units_ended(self, units: int, *, is_last: bool) -> None:
        """Tell of *units* that have ended: now and then, of many at once, and of the last."""
        now = asyncio.get_running_loop().time()
        is_time = is_last or units >= AT_ONCE or now >= self._tell_at
        if is_time and (self._task is None or self._task.done()):
            self._tell_at = now + TELL_S
            self._task = watched(self._tell(), "ended units", self._failed)

    def job_gone(self, found: Gone) -> None:
        """Find out why Redis does not know the job, and call *found*."""
        if self._task is None or self._task.done():
            self._task = watched(self._look(found), "gone job", self._failed)

    async def close(self) -> None:
        """Wait for what is being told."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _look(self, found: Gone) -> None:
        try:
            job = await self._jobs.find(self._queue.job)
        except StorageError as error:
            logger.warning("Redis does not know the job, and the database is away: %s", error)
            await asyncio.sleep(1)  # the next answer asks again
        else:
            found(has_ended=job is not None and job.status is not None)

    async def _tell(self) -> None:
        try:
            ends: list[Ended] = []
            while ends := await self._told(ends):
                await self._jobs.end_units(self._queue.job, [end for end, _ in ends])
        except (RedisError, StorageError, OSError) as error:
            logger.warning("The ends of units wait: %s", error)  # the next answer tries again
            await asyncio.sleep(1)

    async def _told(self, ends: Sequence[Ended]) -> list[Ended]:
        """Let Redis forget *ends*, and return the next ones."""
        operations, told = Operations(), list[Argument]()
        for end, until_ms in ends:
            told += (end.unit, until_ms)
        operations.add("told", len(ends), *told)
        operations.add("units", AT_ONCE)
        return read_ends((await self._queue.run(operations))[-1])

    async def job_ended(self, known: int = 0) -> str | None:
        """Write the verdict, keep the dead requests, and let Redis forget the job.

        *known* rows of the job have not been told with any request. Each worker does so, and again
        when it was interrupted. Return why the job has failed, if it has. Raises RedisError,
        StorageError, and FrontierError where Redis has lost the end or dead requests live again.
        """
        job, source = self._queue.job, self._queue.spider.name
        info = await self._queue.info()
        if info.get("state", "ended") != "ended":
            raise FrontierError("Redis says now that it goes on")
        if info:
            first = 0
            while dead := await self._queue.dead(first, AT_ONCE):
                await self._jobs.bury(job, source, dead)
                first += len(dead)
            await self._end(info, known)
            while await self._queue.ask("unhost"):
                pass
            await self._queue.ask("forget", self._dead_ms)
        found = await self._jobs.find(job)
        return found.reason or "" if found and found.status == "failed" else None

    async def _end(self, info: Mapping[str, str], known: int) -> None:
        job, rows, requests = self._queue.job, *(number(info.get(one)) for one in ("rows", "done"))
        rows += known
        await self._jobs.give_up_units(job)
        end = verdict_of_job(await self._jobs.count_units(job), rows, self._expects)
        await self._jobs.end(job, end.status, end.reason or None, requests=requests, rows=rows)
        if (await self._queue.info()).get("state", "ended") != "ended":
            await self._jobs.undo_end(job)  # dead requests were put back to work meanwhile
            return
        logger.info("Job %s: %s%s", job, end.status, f": {end.reason}" if end.reason else "")


def read_ends(reply: Sequence[bytes]) -> list[Ended]:
    """Read what the Lua program says of ended units."""
    ends = []
    for at in range(0, len(reply), FIELDS_OF_UNIT):
        unit, until_ms, *counts, why = reply[at : at + FIELDS_OF_UNIT]
        done, failed, blocked = (int(one) if one.isdigit() else 0 for one in counts)
        status = "failed" if failed else "blocked" if blocked else "done"
        reason = why.decode("utf-8", "replace") or None
        if status == "done" and done:
            reason = None  # what was wrong once has been tried again since
        ends.append((UnitEnd(int(unit), status, reason, done, failed, blocked), float(until_ms)))
    return ends
