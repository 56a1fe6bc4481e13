"""The one task that talks to Redis: it brings what is due, and takes new leases back."""

import asyncio
import logging
import random
import time
from contextlib import suppress
from typing import Protocol

from redis.exceptions import RedisError

from crawlers.clocks import boot_now
from crawlers.frontier.connection import is_away
from crawlers.frontier.leases import Lease, Leases
from crawlers.frontier.outbox import Outbox
from crawlers.frontier.program import Operations
from crawlers.frontier.queue import Answer, LeaseQueue
from crawlers.frontier.tasks import watched

BATCH = 24
"""So many messages go at once without waiting for more: two for each page, for eight pages."""
LINGER_S = 0.2
"""Messages wait so long at the most for others to go with them, while the worker is busy."""
SHARED_LINGER_S = 0.02
"""So long where other workers wait for the places that these messages free."""
SLICE_S = 0.002
"""They go as soon as the event loop has had nothing to do for so long, and more could be sent."""
DRY_S = 0.003
"""The least pause before a worker that got too little asks again."""
POLL_S = 1.0
"""A worker that found nothing looks again at the latest; normally Redis wakes it before."""
RETRY_MAX_S = 5.0
CANCEL_S = 1.0
REPEAT_LOG_S = 60.0

logger = logging.getLogger(__name__)


class Desk(Protocol):
    """Who takes the leases: the scheduler."""

    def room(self) -> tuple[int, int]:
        """Return how many requests can be sent at once, and how many more to have in stock."""

    def take(self, answer: Answer, ends_at: float) -> None:
        """Take what a call brought."""

    def redis_is_back(self) -> None:
        """Hear that Redis answers again, and may have lost the last that it was told."""

    def broken(self, error: BaseException) -> None:
        """Hear that the worker cannot go on: to ask again is of no use."""


class Courier:
    """Calls Redis when it is time to: messages wait a little, to go together."""

    def __init__(self, queue: LeaseQueue, desk: Desk, leases: Leases, outbox: Outbox) -> None:
        """Serve *desk*: bring what is in *outbox*, renew *leases*, take new ones back."""
        self.outbox = outbox
        outbox.wake = self.wake
        self._queue = queue
        self._desk = desk
        self._leases = leases
        self._woken = asyncio.Event()
        self._closing = False
        self._look_at = 0.0
        self._linger_s = LINGER_S
        self._called_at = 0.0
        self._renew_at = 0.0
        self._failures = 0
        self._logged_at = -REPEAT_LOG_S
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Begin."""
        self._tasks = [
            watched(self._run(), "courier", self._desk.broken),
            watched(self._listen(), "wakes", self._desk.broken),
        ]

    async def close(self, patience_s: float) -> None:
        """Bring what still waits, for *patience_s* at most, then stop."""
        self._closing = True
        self.wake()
        await asyncio.wait(self._tasks[:1], timeout=patience_s)
        left = set(self._tasks)
        while left:  # more than once, if it meets a time-out of Redis' client that is just ending
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=CANCEL_S)

    def wake(self) -> None:
        """Look whether it is time."""
        self._woken.set()

    def look(self) -> None:
        """Ask for leases soon: there may be some."""
        self._look_at = 0.0
        self.wake()

    async def _run(self) -> None:
        while not self._closing or len(self.outbox):
            await self._until_due()
            self._leases.expire()
            try:
                await self._call()
            except (RedisError, OSError) as error:
                if not is_away(error):
                    raise
                await self._wait_for_redis(error)

    async def _until_due(self) -> None:
        """Return when it is time for a call."""
        while not self._is_due():
            if len(self.outbox):
                is_idle, could_send = await _is_idle(), self._desk.room()[0] > 0
                lingers = self._now() < (self.outbox.since or 0) + self._linger_s
                if (is_idle and could_send) or not lingers:
                    return
            elif (left := self._due_at() - self._now()) > 0:
                self._woken.clear()
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), left)
            else:
                return

    def _is_due(self) -> bool:
        """Tell whether to call at once."""
        many = self.outbox.is_urgent or len(self.outbox) >= BATCH
        return self._closing or many or self._now() >= self._renew_at

    def _due_at(self) -> float:
        """Return when to call next without any message, by the loop's clock."""
        times = [self._called_at + POLL_S, self._renew_at]
        if sum(self._desk.room()):
            times.append(self._look_at)
        return min(times)

    async def _call(self) -> None:
        operations, renewed = Operations(), list[Lease]()
        told = self.outbox.write(operations)
        if self._now() >= self._renew_at and len(self._leases):
            renewed = list(self._leases)
            fields = [field for one in renewed for field in (one.id, one.token, one.host)]
            operations.add("renew", len(renewed), *fields)
        is_leasing = not self._closing
        slots, spare = self._desk.room()
        if is_leasing:
            operations.add("lease", slots, spare, self._leases.alone)
        asked_at, self._called_at = boot_now(), self._now()
        replies = await self._queue.run(operations)
        ends_at = asked_at + self._queue.rules.held_s
        self._answered()
        self.outbox.told(replies[:told])
        if renewed:
            self._leases.renewed(renewed, replies[told], ends_at)
        if self._now() >= self._renew_at:
            self._renew_at = self._called_at + self._queue.rules.lease_ms / 3000
        if is_leasing:
            answer = Answer.read(replies[-1])
            self._look_at = self._now() + _pause_s(answer, slots + spare)
            self._linger_s = SHARED_LINGER_S if answer.others else LINGER_S
            self._desk.take(answer, ends_at)

    def _answered(self) -> None:
        if self._failures:
            logger.info(
                "Redis answers again. If it was restarted, nothing is given out for up to %.0f s",
                self._queue.rules.lease_ms / 1000,
            )
            self._desk.redis_is_back()
        self._failures = 0

    async def _wait_for_redis(self, error: Exception) -> None:
        self._failures += 1
        if self._now() - self._logged_at > REPEAT_LOG_S:
            self._logged_at = self._now()
            logger.warning("Waiting for Redis: %s: %s", type(error).__name__, error)
        longest = min(RETRY_MAX_S, 0.05 * 2 ** min(self._failures, 10))
        await asyncio.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spreads attempts

    async def _listen(self) -> None:
        """Wake when Redis says that there is something. Without it, polling is the way."""
        while True:
            with suppress(RedisError, OSError):
                async with self._queue.server.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(self._queue.wake_channel)
                    async for _ in channel.listen():
                        self.look()
            await asyncio.sleep(POLL_S)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


async def _is_idle() -> bool:
    """Tell whether the event loop has nothing else to do."""
    began = time.monotonic()
    await asyncio.sleep(SLICE_S)
    return time.monotonic() - began < 2 * SLICE_S


def _pause_s(answer: Answer, wanted: int) -> float:
    """Return when to ask for leases again, if no message goes before."""
    if len(answer.leased) >= wanted or answer.state != "running" or answer.due_ms is None:
        return POLL_S
    return min(POLL_S, max(DRY_S, answer.due_ms / 1000))
