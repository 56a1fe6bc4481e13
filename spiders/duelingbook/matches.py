"""Who won: a record's plays, split into matches and games, and how each of them ended.

The rules were measured on 409 records. What a player gives up in siding, or a second time, is no
further game; the match goes to the opponent of whoever gave it up, whatever the games say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

from spiders.duelingbook.plays import Play
from spiders.duelingbook.vocabulary import ENDINGS, ENDS_MATCH, LOSSES

Result = Literal["won", "draw", "unfinished"]


@dataclass(frozen=True)
class Players:
    """The seats of a record, first to fourth, and the teams that they make."""

    names: tuple[str | None, ...]

    def __post_init__(self) -> None:
        """Raise ValueError for two players of one name: plays name nothing else."""
        named = [name for name in self.names if name]
        if len(set(named)) != len(named):
            raise ValueError(f"two players are called the same: {named}")

    @property
    def solo(self) -> bool:
        """Whether nobody plays against the first one, so that nobody wins."""
        return self.names[1] is None

    def opponent(self, loser: str) -> str | None:
        """Return the first player of the other team.

        Raises ValueError when *loser* does not play.
        """
        if loser not in self.names:
            raise ValueError(f"{loser!r} loses, but does not play")
        return self.names[1 - self.names.index(loser) % 2]


@dataclass(frozen=True)
class Game:
    """The plays from a "Pick first" to the next one, the first included."""

    plays: Sequence[Play]
    is_last: bool

    @cached_property
    def ending(self) -> Play | None:
        """The play that ended it, if any: only the first one counts."""
        return next((play for play in self.plays if play["play"] in ENDINGS), None)

    @property
    def pick(self) -> Play:
        """Who goes first, and the opening hands."""
        return self.plays[0]

    @property
    def result(self) -> Result:
        """A game that nobody lost is a draw if another follows, else it never ended."""
        if self.ending is None:
            return "unfinished" if self.is_last else "draw"
        return "won" if self.ending["play"] in LOSSES else "draw"

    def until_end(self) -> Iterator[Play]:
        """Yield the plays up to its ending; what comes later is siding and talk."""
        for play in self.plays:
            yield play
            if play is self.ending:
                return

    @property
    def turns(self) -> int:
        """Turns begun: the first one has no play of its own."""
        return 1 + [play["play"] for play in self.until_end()].count("Start turn")


@dataclass(frozen=True)
class Match:
    """The plays of one match; those before its first game are `opening`."""

    opening: Sequence[Play]
    games: Sequence[Game] = field(default_factory=tuple)

    @property
    def plays(self) -> Iterator[Play]:
        """All of its plays."""
        yield from self.opening
        for game in self.games:
            yield from game.plays

    @cached_property
    def ending(self) -> Play | None:
        """The play that ended the match. In old records both players "quit" after it."""
        return next((play for play in self.plays if _ends_match(play)), None)


def matches_of(plays: Sequence[Play]) -> list[Match]:
    """Split a record: a rematch begins at "Back to RPS"."""
    parts = _split(plays, "Back to RPS")
    return [_match(part) for part in parts]


def _match(plays: Sequence[Play]) -> Match:
    opening, *games = _split(plays, "Pick first", headless=True)
    return Match(opening, [Game(part, part is games[-1]) for part in games])


def _split(plays: Sequence[Play], at: str, *, headless: bool = False) -> list[Sequence[Play]]:
    """Cut before each play *at*; *headless* gives what precedes the first one even if empty."""
    cuts = [number for number, play in enumerate(plays) if play["play"] == at]
    edges = [0, *(cut for cut in cuts if cut or headless), len(plays)]
    return [plays[start:end] for start, end in pairwise(edges)]


def _ends_match(play: Play) -> bool:
    return play["play"] in ENDS_MATCH or (play["play"] in ENDINGS and bool(play.get("over")))
