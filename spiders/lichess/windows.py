"""Which window of a player's games to ask for next. Pure, so that every case has a test.

A forward walk reads everything from `since` on, oldest first, and may move the player's mark.
A backward walk reads the newest games, for ``max=``. Whether the site's bounds are inclusive
is not documented, so windows overlap by a millisecond; the database knows what it has.
"""

from dataclasses import asdict, dataclass, field, replace
from itertools import count, pairwise
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
class Ongoing:
    """A game that was still being played."""

    id: str
    perf: str
    rated: bool


@dataclass(frozen=True, slots=True)
class Window:
    """What an export held. *created_ms* maps each game's id to its creation in epoch ms.

    *lines* counts all games, also those that could not be read; *ids* are of those whose line is
    whole and names one. A window that is not *complete* ended in mid-line. *certain_ms* is None,
    or the creation of the last game before a line that names none: what that line was about was
    created then or later.
    """

    lines: int
    complete: bool
    created_ms: dict[str, int] = field(default_factory=dict)
    ongoing: tuple[Ongoing, ...] = ()
    ids: tuple[str, ...] = ()
    certain_ms: int | None = None

    def between(self, since: int | None, until: int | None) -> "Window":
        """Keep the games created at or after *since* and before *until*, in epoch ms."""
        inside = {
            game: ms
            for game, ms in self.created_ms.items()
            if (since is None or ms >= since) and (until is None or ms < until)
        }
        return replace(self, created_ms=inside)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest game was created; None where no line could be read."""
        return min(self.created_ms.values(), default=None)

    @property
    def newest_ms(self) -> int | None:
        """When the newest game was created; None where no line could be read."""
        return max(self.created_ms.values(), default=None)


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through one player's games; plain data, so that it survives any queue.

    *since* and *until* are epoch ms. *left* is how many games a backward walk still wants, and
    None in a forward one. *again* are ids at the bound that the last window held already.
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
        return asdict(self) | {"again": list(self.again)}

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """Undo `data`."""
        return cls(**data | {"again": tuple(data["again"])})

    def parameters(self) -> dict[str, str | int]:
        """Return what the export is asked for."""
        wanted = self.size if self.left is None else min(self.size, self.left + len(self.again))
        sort = "dateAsc" if self.left is None else "dateDesc"
        asked: dict[str, str | int] = {"max": wanted, "sort": sort}
        if self.since is not None:
            asked["since"] = self.since
        if self.until is not None:
            asked["until"] = self.until
        return asked

    def problem(self, window: Window, latest_ms: int, *, indexed: bool = False) -> str | None:
        """Say how *window* is not what was asked for, or return None. The next one builds on it.

        No game is created after *latest_ms*. An *indexed* export comes from the search index,
        which sorts and bounds by the last move, so that nothing else can be told of it.
        """
        created = list(window.created_ms.values())
        late = latest_ms if self.until is None or indexed else min(latest_ms, self.until)
        if created and max(created) > late:
            return f"a game created at {max(created)}, after {late}"
        if indexed:
            return None
        if created and self.since is not None and min(created) < self.since:
            return f"a game created at {min(created)}, before {self.since}"
        oldest_first = created if self.left is None else created[::-1]
        if any(one > other for one, other in pairwise(oldest_first)):
            return "the games are not in the order that was asked for"
        return None

    def after(self, window: Window) -> "Walk | None":
        """Return the next window, or None at the end. Raise ValueError when it leads nowhere."""
        if self.left is None:
            return self._forward(window)
        return self._backward(window, self.left - len(window.created_ms.keys() - self.again))

    def _forward(self, window: Window) -> "Walk | None":
        cut = self._is_cut(window, self.size)
        if window.lines < self.size and not cut:
            return None
        newest = window.newest_ms
        if newest is not None and (self.since is None or newest - 1 > self.since):
            again = tuple(game for game, ms in window.created_ms.items() if ms == newest)
            return replace(self, since=newest - 1, size=LATER, again=again, tries=0)
        return self._once_more(cut=cut)

    def _backward(self, window: Window, left: int) -> "Walk | None":
        asked = int(self.parameters()["max"])
        cut = self._is_cut(window, asked)
        if left <= 0 or (window.lines < asked and not cut):
            return None
        until = self._bound(window)
        if until is not None and (self.until is None or until < self.until):
            again = tuple(game for game, ms in window.created_ms.items() if ms < until)
            return replace(self, until=until, size=LATER, left=left, again=again, tries=0)
        return self._once_more(cut=cut)

    @staticmethod
    def _bound(window: Window) -> int | None:
        """Return the next bound: at which no game was created, so it need not be said who is in."""
        if window.oldest_ms is None:
            return None
        times = set(window.created_ms.values())
        return next(ms for ms in count(window.oldest_ms + 1) if ms not in times)

    def _is_cut(self, window: Window, asked: int) -> bool:
        """Tell whether *window* ends in mid-line, or before games that it should repeat."""
        seen = window.created_ms.keys() | window.ids
        return not window.complete or (window.lines < asked and not seen.issuperset(self.again))

    def _once_more(self, *, cut: bool) -> "Walk":
        """Ask the same window again: larger, or as it was when it was cut."""
        if cut:
            if self.tries == TRIES:
                raise ValueError(f"the export ended too early {TRIES + 1} times")
            return replace(self, tries=self.tries + 1)
        if self.size >= LARGEST:
            raise ValueError(f"{self.size} games within one millisecond")
        return replace(self, size=self.size * 2)
