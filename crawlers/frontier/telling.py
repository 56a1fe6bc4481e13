"""What a worker tells Redis of its leases and of hosts, in the words of the Lua program."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from crawlers.frontier.leases import Child, Lease
from crawlers.frontier.limits import HostLimits
from crawlers.frontier.outbox import Outbox
from crawlers.frontier.program import Argument
from crawlers.frontier.queue import Leased

TOO_BUSY = frozenset({429, 503})
CHILDREN_AT_ONCE = 500
"""A request with more of them sends them ahead, so that no call is long."""
REASON_MAX = 300


class Completed(Protocol):
    """Hears of a request that was completed."""

    def __call__(self, *, is_ours: bool, filtered: int) -> None:
        """Hear whether the lease was still ours, and how many of its children were there before."""


class Teller:
    """Puts messages into the outbox. A lease's come in the order in which things happened."""

    def __init__(self, outbox: Outbox, limits: HostLimits, completed: Completed) -> None:
        """Tell Redis the *limits* of each host before anything else about it."""
        self._outbox = outbox
        self._limits = limits
        self._completed = completed
        self._announced: set[str] = set()
        self._paces: dict[str, int] = {}

    def announce(self, host: str) -> None:
        """Tell the limits of *host*, once."""
        if host not in self._announced:
            self._announced.add(host)
            self._outbox.tell("host", host, *self._limits.of(host))

    def repeat(self) -> None:
        """Tell once more what was told of hosts: Redis may have lost it."""
        hosts, self._announced = self._announced, set()
        for host in sorted(hosts):
            self.announce(host)
        for host, delay_ms in self._paces.items():
            self._outbox.tell("pace", host, delay_ms)

    def seeded(self) -> None:
        """Tell once more that all seeds are there."""
        self._outbox.tell("seeded", urgent=True)

    def sent(self, lease: Lease) -> None:
        """Begin the delay of a host that has one: at once, because others wait for that."""
        if lease.delay_ms:
            self._outbox.tell("sent", lease.host, lease.token, urgent=True)

    def over(self, lease: Lease) -> None:
        """Free the place at the host."""
        self._outbox.tell("over", lease.host, lease.token)

    def answered(self, key: str, status: int, retry_after_s: float | None) -> None:
        """Move the host for everybody when the site asks for it, but not for hours or days."""
        if status in TOO_BUSY and retry_after_s:
            self.leave_alone(key, min(retry_after_s, self._limits.longest_s))

    def pace(self, key: str, delay_s: float) -> None:
        """Leave at least *delay_s* between two requests to *key*: its robots.txt says so."""
        host = self._limits.host(key)
        self.announce(host)
        self._paces[host] = round(delay_s * 1000)
        self._outbox.tell("pace", host, self._paces[host], urgent=True)

    def leave_alone(self, key: str, wait_s: float) -> None:
        """Send nothing to *key* for *wait_s*."""
        self._outbox.tell("leave", self._limits.host(key), round(wait_s * 1000), urgent=True)

    def complete(self, lease: Lease) -> None:
        """End a request, with all that it led to."""
        children = lease.children
        while len(children) > CHILDREN_AT_ONCE:
            chunk, children = children[:CHILDREN_AT_ONCE], children[CHILDREN_AT_ONCE:]
            self._extend(lease, chunk)
        last = children
        reason = lease.reason[:REASON_MAX]
        head = (lease.id, lease.token, lease.host, lease.units, lease.outcome, lease.rows, reason)
        self._outbox.add(
            "complete", lambda: (*head, len(last), *fields(last)), self._counted(len(last))
        )

    def release(
        self, lease: Lease, reason: str, *, wait_ms: int = 0, counted: bool = False
    ) -> None:
        """Give a request back; *counted* as an attempt that came to nothing."""
        arguments = (lease.id, lease.token, lease.host, wait_ms, int(counted), reason[:REASON_MAX])
        self._outbox.tell("release", *arguments, urgent=True)

    def refuse(self, leased: Leased, reason: str) -> None:
        """Send to the dead what cannot be read."""
        arguments = (leased.id, leased.token, leased.host, reason[:REASON_MAX])
        self._outbox.tell("refuse", *arguments, urgent=True)

    def _extend(self, lease: Lease, chunk: Sequence[Child]) -> None:
        head = (lease.id, lease.token, lease.units, len(chunk))
        self._outbox.add("extend", lambda: (*head, *fields(chunk)), self._counted(len(chunk)))

    def _counted(self, total: int) -> Callable[[Any], None]:
        def replied(reply: Sequence[int]) -> None:
            is_ours, added = reply
            self._completed(is_ours=bool(is_ours), filtered=total - added)

        return replied


def fields(children: Sequence[Child]) -> list[Argument]:
    """Return the children as the Lua program takes them."""
    return [field for child in children for field in child.fields()]
