"""What an analysis is made of: engines, limits, scores, verdicts. Pure data."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

LimitKind = Literal["nodes", "depth"]


class Engine(NamedTuple):
    """A chess engine, as it calls itself."""

    name: str
    version: str

    def __str__(self) -> str:
        """Write it as the engine does."""
        return f"{self.name} {self.version}".strip()


class Limit(NamedTuple):
    """How long each position is searched: so many nodes, or to such a depth."""

    kind: LimitKind
    value: int

    def __str__(self) -> str:
        """Write it for people."""
        return f"{self.value:,} nodes" if self.kind == "nodes" else f"depth {self.value}"


class Score(NamedTuple):
    """What a position is worth for White: centipawns, or moves to mate (negative: Black mates).

    Both are None where the game is over and nothing is left to be judged.
    """

    cp: int | None = None
    mate: int | None = None


class Evaluation(NamedTuple):
    """What an engine says of a position; its best *line* is moves in UCI."""

    score: Score
    line: tuple[str, ...]
    nodes: int


@dataclass(frozen=True, slots=True)
class Side:
    """How well one player played. *accuracy* (per cent) and *acpl* need moves."""

    accuracy: float | None
    acpl: int | None
    inaccuracies: int
    mistakes: int
    blunders: int


class Ply(NamedTuple):
    """One half-move: the *score* after it, and the best *line* before it, in UCI.

    *win_percent* is White's chance after it.
    """

    score: Score
    line: str
    win_percent: float
    judgment: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an analysis says of a game."""

    white: Side
    black: Side
    plies: tuple[Ply, ...]


@dataclass(frozen=True, slots=True)
class StoredGame:
    """Of a stored game what an analysis needs."""

    id: str
    variant: str
    initial_fen: str | None
    uci: tuple[str, ...]
