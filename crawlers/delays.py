"""The pauses that sites ask for, by limit key: one place that raises them, and who heeds them."""

from typing import Protocol
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawlers.engine import slow_down


class Follower(Protocol):
    """Keeps the pauses of all workers: what one of them learns then holds for everybody."""

    def pace(self, key: str, delay_s: float) -> None:
        """Leave at least *delay_s* between two requests to *key*."""

    def leave_alone(self, key: str, wait_s: float) -> None:
        """Send nothing to *key* for *wait_s*."""


class Delays:
    """The delays of one crawl, in seconds between two requests to a limit key.

    They only add to the delay of the source's card: serial turns and places that workers share
    take the larger of both (`of`); Scrapy's download slots are told here (`raise_to`).
    """

    def __init__(self) -> None:
        """Know of none."""
        self._asked_s: dict[str, float] = {}
        self.follower: Follower | None = None
        """A frontier that several workers share, if there is one."""

    def of(self, key: str) -> float:
        """Return what the site at *key* asks for, or 0."""
        return self._asked_s.get(key, 0.0)

    def raise_to(self, crawler: Crawler, key: str, delay_s: float) -> None:
        """Leave at least *delay_s* between two requests to *key*, from now on."""
        self._asked_s[key] = max(self.of(key), delay_s)
        slow_down(crawler, key, self.of(key))
        if self.follower is not None:
            self.follower.pace(key, self.of(key))

    def leave_alone(self, key: str, wait_s: float) -> None:
        """Tell other workers that *key* wants no request for *wait_s*."""
        if self.follower is not None:
            self.follower.leave_alone(key, wait_s)


_delays: WeakKeyDictionary[Crawler, Delays] = WeakKeyDictionary()


def delays_for(crawler: Crawler) -> Delays:
    """Return the one `Delays` of *crawler*, made at the first call."""
    return _delays.setdefault(crawler, Delays())
