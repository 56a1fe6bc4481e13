"""Leases: requests that Redis gave to this worker, until they end or it is too late."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from scrapy import Request  # noqa: TC002 - as everywhere here, imported for annotations

from crawlers.clocks import boot_now
from crawlers.frontier.queue import Leased
from crawlers.limits import limit_key
from crawlers.permits import Permit, PermitLostError

SOLO = 2
"""A suspect for the second time: what ends with it must be its own doing."""


@dataclass(slots=True)
class Child:
    """A request that another one led to, ready for Redis. *not_before* is in epoch ms, or 0."""

    id: bytes
    host: str
    priority: int
    not_before: float
    payload: bytes

    def fields(self) -> tuple[bytes, str, int, int, bytes]:
        """Return what the Lua program takes: with the time that is left from now, in ms."""
        wait = max(0, int(self.not_before - time.time() * 1000) + 1) if self.not_before else 0
        return (self.id, self.host, self.priority, wait, self.payload)


class Listener(Protocol):
    """Hears of the transfers of leases."""

    def sent(self, lease: "Lease") -> None:
        """Hear that the request leaves now."""

    def over(self, lease: "Lease") -> None:
        """Hear that its transfer has ended, or did not come about."""

    def answered(self, key: str, status: int, retry_after_s: float | None) -> None:
        """Hear how the site answered, by its limit key."""


class Lease(Permit):
    """One leased request. Its token fences it: whoever has another one cannot end it."""

    def __init__(self, leased: Leased, ends_at: float, listener: Listener) -> None:
        """Hold *leased* until *ends_at*, by the boot clock of this machine.

        That is never later than Redis sees it, as it counts from before the call.
        """
        self.id = leased.id
        self.token = leased.token
        self.host = leased.host
        self.units = leased.units
        self.delay_ms = leased.delay_ms
        self.suspect = leased.suspect
        self.ends_at = ends_at
        self.taken_at = boot_now()
        self.request: Request | None = None
        self.children: list[Child] = []
        self.is_stored = False
        self.is_replaced = False
        """By a redirect or a retry, which is one of its children."""
        self.is_lost = False
        self.is_lent = False
        """Something went first: robots.txt."""
        self.failure = ""
        """Why it could not be stored."""
        self.outcome = "done"
        self.reason = ""
        self.rows = 0
        self.listener = listener
        self._is_sent = False
        self._limit: asyncio.Timeout | None = None

    def fail(self, reason: str, outcome: str = "failed") -> None:
        """Note that its unit did not get what it asked for: it failed, or was blocked."""
        self.outcome, self.reason = outcome, reason

    def check(self) -> None:
        """Raise PermitLostError when the lease has ended."""
        if self.is_lost or self.left_s <= 0:
            raise PermitLostError("the lease ended before the request was sent")

    def sent(self) -> None:
        """Note that the request leaves now, once."""
        if not self._is_sent:
            self._is_sent = True
            self.listener.sent(self)

    def answered(self, status: int, retry_after_s: float | None) -> None:
        """Note how the site answered."""
        self.listener.answered(self.host, status, retry_after_s)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold it for the length of a transfer; a redirect's is another lease."""
        self.check()
        try:
            async with self.limited():
                yield
        finally:
            self.sent()  # what did not say so was sent by a browser, or not at all
            self.listener.over(self)

    @asynccontextmanager
    async def limited(self) -> AsyncIterator[None]:
        """Raise PermitLostError in a transfer that is under way when the lease ends."""
        try:
            async with asyncio.timeout(self.left_s) as self._limit:
                yield
        except TimeoutError as error:
            if self._limit is None or not self._limit.expired():
                raise
            raise PermitLostError("the lease ended during the transfer") from error
        finally:
            self._limit = None

    def keeps(self, delay_s: float) -> bool:
        """Tell whether the host's delay was as long as *delay_s* when this was leased."""
        return self.delay_ms >= round(delay_s * 1000)

    def lent(self, url: str) -> "Loan":
        """Return the permit for *url*, which goes first, in the same place at the host."""
        return Loan(self, url)

    def settle(self) -> None:
        """Begin the delay of the host, where something went first and this did not follow."""
        if self.is_lent:
            self.sent()

    @property
    def age_s(self) -> float:
        """Seconds since it was taken."""
        return boot_now() - self.taken_at

    @property
    def left_s(self) -> float:
        """Seconds until it ends."""
        return self.ends_at - boot_now()

    def renew(self, ends_at: float) -> None:
        """Let it end later."""
        self.ends_at = ends_at
        self._limit_to(self.left_s)

    def lose(self) -> None:
        """End its transfer: another worker has the request, or may have it."""
        self.is_lost = True
        self._limit_to(0)

    def _limit_to(self, left_s: float) -> None:
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + left_s)


class Loan(Permit):
    """A lease as another request has it, which goes first: the place stays taken after that."""

    def __init__(self, lease: Lease, url: str) -> None:
        """Hold it for *url* as long as *lease* holds."""
        self._lease = lease
        self._key = limit_key(url)

    def check(self) -> None:
        """Raise PermitLostError when the lease has ended."""
        self._lease.check()

    def sent(self) -> None:
        """Note that a request leaves; the lease's own is yet to come."""
        self._lease.is_lent = True

    def answered(self, status: int, retry_after_s: float | None) -> None:
        """Note how the site answered, which may be another one after a redirect."""
        self._lease.listener.answered(self._key, status, retry_after_s)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold it for the length of a transfer."""
        self._lease.check()
        async with self._lease.limited():
            yield


class Leases:
    """The leases that this worker has, by id."""

    def __init__(self, lost: Callable[[Lease], None]) -> None:
        """Call *lost* for each that ends too early."""
        self._held: dict[bytes, Lease] = {}
        self._lost = lost

    def __len__(self) -> int:
        """Count them."""
        return len(self._held)

    def __iter__(self) -> Iterator[Lease]:
        """Iterate over them as they are now."""
        return iter(list(self._held.values()))

    @property
    def alone(self) -> int:
        """Which suspects may come: 2 all, as nothing is held; 1 none that wants to be alone; 0."""
        if not self._held:
            return 2
        return int(not any(lease.suspect for lease in self._held.values()))

    @property
    def want_no_more(self) -> bool:
        """Whether one of them is to be the worker's only request."""
        return any(lease.suspect == SOLO for lease in self._held.values())

    def add(self, lease: Lease) -> None:
        """Hold *lease*. An earlier one of the same request is lost by that."""
        if (earlier := self._held.get(lease.id)) is not None:
            self.lose(earlier)
        self._held[lease.id] = lease

    def drop(self, lease: Lease) -> bool:
        """Let go of *lease*; tell whether it was held."""
        if self._held.get(lease.id) is not lease:
            return False
        del self._held[lease.id]
        return True

    def lose(self, lease: Lease) -> None:
        """Note that *lease* has ended too early."""
        if self.drop(lease):
            lease.lose()
            self._lost(lease)

    def expire(self) -> None:
        """Lose those whose time is over; Redis gives them to others."""
        for lease in self:
            if lease.left_s <= 0:
                self.lose(lease)

    def renewed(self, asked: Iterable[Lease], lost: Iterable[bytes], ends_at: float) -> None:
        """Note the answer to a renewal of *asked*: all but the ids *lost* end at *ends_at*."""
        gone = set(lost)
        for lease in asked:
            if lease.id in gone:
                self.lose(lease)
            else:
                lease.renew(ends_at)
