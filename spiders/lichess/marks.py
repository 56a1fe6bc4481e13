"""How far each player's games are stored, so that the next crawl goes on from there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

CLOCK_SKEW_MS = 60_000
"""Our clock may differ from the site's: a mark stays this far behind the start of the crawl."""

INDEX_LAG_MS = 3_600_000
"""Exports by ``perf`` or ``rated`` come from a search index that lags behind the games."""


@dataclass(frozen=True, slots=True)
class Progress:
    """All finished games created before *at_ms* are stored, but those in *unfinished*.

    *at_ms* is None as long as nothing is. *unfinished* are ids of games that were still being
    played when they were last seen, or that could not be read: they are asked for again by id.
    """

    at_ms: int | None = None
    unfinished: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read a mark's value; None is a player never seen before."""
        return cls() if value is None else cls(value["at_ms"], tuple(value["unfinished"]))

    def data(self) -> dict[str, Any]:
        """Return the mark's value."""
        return {"at_ms": self.at_ms, "unfinished": list(self.unfinished)}

    def reached(self, newest_ms: int | None, limit_ms: int) -> "Progress":
        """Move on to *newest_ms*, never back, and never beyond *limit_ms*."""
        if newest_ms is None or min(newest_ms, limit_ms) <= (self.at_ms or 0):
            return self
        return Progress(min(newest_ms, limit_ms), self.unfinished)

    def with_unfinished(self, ids: Iterable[str]) -> "Progress":
        """Replace the list of unfinished games; each is named once."""
        return Progress(self.at_ms, tuple(dict.fromkeys(ids)))


def mark_key(player: str, perf: str | None, rated: bool | None) -> str:  # noqa: FBT001 - tri-state filter
    """Return the key of the mark for one player and one choice of games."""
    kind = {None: "any", True: "rated", False: "casual"}[rated]
    return f"games/{player.lower()}/{perf or 'any'}/{kind}"


def limit_ms(now_ms: int, *, filtered: bool) -> int:
    """Return how far a crawl that started at *now_ms* may move a mark."""
    return now_ms - (INDEX_LAG_MS if filtered else CLOCK_SKEW_MS)
