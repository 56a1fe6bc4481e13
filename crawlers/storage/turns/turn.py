"""Turns: at most one transfer at a time to a site, whatever processes and machines there are."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from crawlers.clocks import boot_now
from crawlers.errors import TurnClosedError, TurnLostError
from crawlers.storage.turns.file import TurnFile
from crawlers.storage.turns.row import AwayError, Intent, TurnRow
from crawlers.storage.turns.times import ABORT_S, TurnTimes

T = TypeVar("T")
TOO_MANY_REQUESTS = 429
NOTICE_S = 0.5
"""A waiting turn looks so often whether the crawl is closing."""
SLEEP_LIMIT_S = 60.0
"""Read the row again after that: an operator may have changed it."""
REPEAT_LOG_S = 30.0
PATIENCE_S = 300.0
"""A turn waits so long for a database that is away; the writer has the same patience."""

logger = logging.getLogger(__name__)


def _nothing() -> None:
    """Abort nothing: cancelling the transfer is enough."""


class Turn:
    """The right to make one transfer. Made by `SerialTurns.turn` only."""

    def __init__(self, row: TurnRow, times: TurnTimes, intent: Intent, asked_at: float) -> None:
        """Count from *asked_at*, a boot time before the database wrote the *intent*."""
        self.epoch = intent.epoch
        self.backoff_s = 0.0
        self.asked_s = 0.0
        self.closed = True
        self._row = row
        self._times = times
        self._previous_s = intent.previous_s
        self._proved_at = asked_at
        self.deadline = asked_at + times.deadline_s

    @property
    def wait_s(self) -> float:
        """How long the next request has to wait, from the end of this one, in seconds."""
        return max(self._times.delay_s, self.asked_s, self.backoff_s)

    def at_least(self, seconds: float) -> None:
        """Leave *seconds* after this turn, because the site asks for a pause of that length."""
        self.asked_s = seconds

    async def guard(
        self, transfer: Coroutine[Any, Any, T], abort: Callable[[], None] = _nothing
    ) -> T:
        """Run *transfer* while the lock is known to be held; return its result.

        On the loss of the lock or past the deadline *abort* is called, the transfer is cancelled
        and TurnLostError is raised. A transfer that ends in an error leaves the turn open, because
        the site may still be at work on it; call `ended` when that is known to be wrong.
        """
        if boot_now() - self._proved_at > self._times.fresh_s:
            transfer.close()
            raise TurnLostError("this process stood still between the lock and the request")
        self.closed = False
        wake = asyncio.Event()
        task = asyncio.ensure_future(transfer)
        task.add_done_callback(lambda _: wake.set())
        watch = asyncio.create_task(self._watch(task, wake))
        try:
            lost = await asyncio.shield(watch)
            if lost is not None:
                raise TurnLostError(lost)
            result = task.result()
        finally:
            await self._end(task, watch, abort)
        self.ended()
        return result

    def ended(self) -> None:
        """Say that the site has nothing to do any more: all was received, or nothing was sent."""
        self.closed = True

    def outcome(self, status: int, retry_after_s: float | None = None) -> None:
        """Note the *status* of the response: after a 429 everybody waits."""
        if status == TOO_MANY_REQUESTS:
            self.backoff_s = self._times.backoff(self._previous_s, retry_after_s)

    async def _watch(self, task: "asyncio.Future[Any]", wake: asyncio.Event) -> str | None:
        """Return why the turn is lost, or None when the transfer has ended."""
        while not task.done():
            left = self.deadline - boot_now()
            if left <= 0:
                return f"the transfer took longer than {self._times.deadline_s:g} s"
            await self._row.quiet(wake, min(self._times.heartbeat_s, left))
            if task.done():
                break
            wake.clear()
            try:
                await self._row.prove()
            except AwayError as error:
                return f"the database is away: {error}"
        return None

    async def _end(
        self, task: "asyncio.Future[Any]", watch: "asyncio.Task[Any]", abort: Callable[[], None]
    ) -> None:
        if not task.done():
            abort()
            task.cancel()
            if not (await asyncio.wait({task}, timeout=ABORT_S))[0]:
                logger.error("a transfer of a serial source could not be cancelled")
        if task.done() and not task.cancelled():
            task.exception()
        await asyncio.wait({watch})


class SerialTurns:
    """The turns of one limit key in this process. Use one object for each limit key."""

    def __init__(
        self,
        limit_key: str,
        get_url: Callable[[], Awaitable[str]],
        times: TurnTimes,
        *,
        folder: Path | None = None,
        closing: Callable[[], bool] = lambda: False,
    ) -> None:
        """Lock in the database that *get_url* names and in a file of *folder*.

        *get_url* is asked for every new connection, so that it may restart a lost server. Turns
        that wait end with TurnClosedError as soon as *closing* is true.
        """
        self._key = limit_key
        self._times = times
        self._file = TurnFile(limit_key, times, folder)
        self._row = TurnRow(limit_key, get_url, times)
        self._closing = closing
        self._closed = asyncio.Event()
        self._local = asyncio.Lock()  # a session may take its lock twice, and so would we
        self._unsettled: tuple[int, float] | None = None
        self._logged_at = -REPEAT_LOG_S

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a turn, for as long as it takes, and give it back at the end of the block.

        Raises StorageError when the database stays away.
        """
        async with self._local:
            turn = await self._wait()
            try:
                yield turn
            finally:
                await self._leave(turn)

    async def close(self) -> None:
        """End the turns that wait, sign off what is still open, and disconnect."""
        self._closed.set()
        async with self._local:
            with suppress(AwayError):
                if self._unsettled is not None:
                    await self._row.connect()
                    await self._settle()
            await self._row.close()

    async def _wait(self) -> Turn:
        away_at: float | None = None
        while True:
            self._refuse_when_closing()
            try:
                found = await self._try()
                away_at = None
            except AwayError as error:
                away_at = away_at or boot_now()
                if boot_now() - away_at > PATIENCE_S:
                    raise
                self._log("waiting for the database: %s", error)
                found = self._poll_s()
            if isinstance(found, Turn):
                return found
            if found > self._times.noticed_s:
                self._log("waiting for %.0f s", found)
            await self._sleep(found)

    async def _try(self) -> Turn | float:
        """Return a turn, or the seconds until the next attempt. Nothing is held meanwhile."""
        if not self._file.lock():
            return self._poll_s()
        found: Turn | float = 0.0
        try:
            found = max(0.0, self._file.wait_s()) or await self._try_row()
            if isinstance(found, Turn):
                self._file.begin(found.deadline)
            return found
        finally:
            if not isinstance(found, Turn):
                self._file.unlock()

    async def _try_row(self) -> Turn | float:
        await self._row.connect()
        await self._settle()
        if not await self._row.try_lock():
            return self._poll_s()
        asked_at = boot_now()
        intent = await self._row.begin()
        if intent is None:
            wait_s = await self._row.wait_s()
            await self._row.unlock()
            return max(wait_s, 0.001)
        if boot_now() - asked_at > self._times.fresh_s / 2:
            # A slow disk, not a lost lock; without a write the proof is quick.
            asked_at = boot_now()
            await self._row.prove()
        intent = Intent(intent.epoch, max(intent.previous_s, self._file.previous_s))
        return Turn(self._row, self._times, intent, asked_at)

    async def _leave(self, turn: Turn) -> None:
        try:
            if turn.closed:
                self._file.finish(turn.wait_s, turn.backoff_s)
                self._unsettled = (turn.epoch, turn.wait_s)
                await self._settle()
            await self._row.unlock()
        except AwayError as error:
            self._log("the end of a turn is not signed off yet: %s", error)
        finally:
            self._file.unlock()

    async def _settle(self) -> None:
        """Sign off the last turn, also when the connection broke in between."""
        if self._unsettled is not None:
            await self._row.finish(*self._unsettled)
            self._unsettled = None

    async def _sleep(self, seconds: float) -> None:
        until = boot_now() + min(seconds, SLEEP_LIMIT_S)
        while (left := until - boot_now()) > 0:
            self._refuse_when_closing()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), min(left, NOTICE_S))

    def _refuse_when_closing(self) -> None:
        if self._closed.is_set() or self._closing():
            raise TurnClosedError(f"the crawl closed before a turn at {self._key} came")

    def _poll_s(self) -> float:
        return self._times.poll_s * random.uniform(0.5, 1.5)  # noqa: S311 - only spreads attempts

    def _log(self, message: str, value: object) -> None:
        if boot_now() - self._logged_at >= REPEAT_LOG_S:
            self._logged_at = boot_now()
            logger.warning(f"%s: {message}", self._key, value)  # noqa: G004 - our constants
