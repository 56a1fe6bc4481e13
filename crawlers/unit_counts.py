"""The units of a job with one worker: their requests are counted in its process."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawlers.units import UnitEnd

Trouble = tuple[str, str]
"""What a unit did not get: failed or blocked, and the reason."""


@dataclass(slots=True)
class Count:
    """The requests of a unit: *open* ones, those *done*, and of these what went wrong."""

    open: int = 0
    done: int = 0
    failed: int = 0
    blocked: int = 0
    reason: str | None = None

    def end(self, unit: int) -> UnitEnd:
        """Return how the unit ended, when nothing of it is open."""
        failed = self.failed
        if not self.done and self.reason is None:
            self.reason, failed = "it ended without an answer", 1
        status = "failed" if failed else "blocked" if self.blocked else "done"
        return UnitEnd(unit, status, self.reason, self.done, failed, self.blocked)


class UnitCounts:
    """Counts open requests for each unit (by its number), and tells when there are none left."""

    def __init__(self, ended: Callable[[UnitEnd], None]) -> None:
        """Call *ended* when a unit has ended; once more if something was asked for it since."""
        self._ended = ended
        self._counts: defaultdict[int, Count] = defaultdict(Count)

    def admit(self, unit: int) -> None:
        """Count a request that is to be done."""
        self._counts[unit].open += 1

    def refuse(self, unit: int) -> None:
        """Note a request that was asked for before: a unit may have no other."""
        if not self._counts[unit].open:
            end = UnitEnd(unit, "done", "another unit asks for the same", 0, 0, 0)
            self._ended(end)

    def note(self, unit: int, trouble: Trouble | None) -> None:
        """Note a request of *unit* that is done."""
        count = self._counts[unit]
        count.done += 1
        if trouble is not None:
            outcome, reason = trouble
            count.reason = count.reason or reason
            count.failed += outcome == "failed"
            count.blocked += outcome == "blocked"

    def close(self, unit: int) -> None:
        """Note that a request is open no more: it was noted before, or another one replaces it."""
        count = self._counts[unit]
        count.open -= 1
        if not count.open:
            self._ended(count.end(unit))


_counts: WeakKeyDictionary[Crawler, UnitCounts] = WeakKeyDictionary()


def keep_counts(crawler: Crawler, counts: UnitCounts) -> None:
    """Let the scheduler of *crawler* count."""
    _counts[crawler] = counts


def counts_of(crawler: Crawler) -> UnitCounts | None:
    """Return what counts the units of *crawler*; None where there are none, or others count."""
    return _counts.get(crawler)
