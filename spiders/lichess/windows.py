"""Which window of a player's games to ask for next. Pure, so that every case has a test.

A forward walk reads everything from `since` on, oldest first, and may move the player's mark.
A backward walk reads the newest games, for ``max=``. Whether the site's bounds are inclusive
is not documented, so windows overlap by a millisecond; the database knows what it has.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

FIRST = 20
"""Games in the first window: the first rows come at once."""

LATER = 500
"""Games in each later window: 25 s at the 20 games a second that the site sends."""

LARGEST = 32_000
"""Games created within one millisecond, beyond which something else is wrong."""

TRIES = 3
"""How often a window that ended in mid-line is asked again without having come further."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a window brought: lines, whether it ended properly, bounds in epoch ms."""

    lines: int
    complete: bool
    oldest_ms: int | None
    newest_ms: int | None
    oldest_ids: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through one player's games; plain data, so that it survives any queue.

    *since* and *until* are epoch ms. *left* is how many games a backward walk still wants, and
    None in a forward one. *again* are ids at the lower bound that the last window held already.
    """

    player: str
    since: int | None = None
    until: int | None = None
    size: int = FIRST
    left: int | None = None
    again: tuple[str, ...] = ()
    tries: int = 0

    def data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """Undo `data`."""
        return cls(**data | {"again": tuple(data["again"])})

    def parameters(self) -> dict[str, str | int]:
        """Return what the export is asked for."""
        wanted = self.size if self.left is None else min(self.size, self.left + len(self.again))
        bounds = {"since": self.since, "until": self.until}
        sort = "dateAsc" if self.left is None else "dateDesc"
        return {name: ms for name, ms in bounds.items() if ms is not None} | {
            "max": wanted,
            "sort": sort,
        }

    def after(self, seen: Seen) -> "Walk | None":
        """Return the next window, or None at the end. Raise ValueError when it leads nowhere."""
        if self.left is None:
            return self._forward(seen)
        return self._backward(seen, self.left - len(seen.ids.difference(self.again)))

    def _forward(self, seen: Seen) -> "Walk | None":
        if seen.complete and seen.lines < self.size:
            return None
        since = None if seen.newest_ms is None else seen.newest_ms - 1
        if since is not None and (self.since is None or since > self.since):
            return replace(self, since=since, size=LATER, tries=0)
        return self._larger(seen)

    def _backward(self, seen: Seen, left: int) -> "Walk | None":
        asked = int(self.parameters()["max"])
        if left <= 0 or (seen.complete and seen.lines < asked):
            return None
        until = None if seen.oldest_ms is None else seen.oldest_ms + 1
        if until is not None and (self.until is None or until < self.until):
            again = tuple(sorted(seen.oldest_ids))
            return replace(self, until=until, size=LATER, left=left, again=again, tries=0)
        return self._larger(seen)

    def _larger(self, seen: Seen) -> "Walk":
        """Ask the same window again: larger, or once more when it was cut."""
        if not seen.complete:
            if self.tries == TRIES:
                raise ValueError(f"the export ended in mid-line {TRIES + 1} times")
            return replace(self, tries=self.tries + 1)
        if self.size >= LARGEST:
            raise ValueError(f"{self.size} games within one millisecond")
        return replace(self, size=self.size * 2)
