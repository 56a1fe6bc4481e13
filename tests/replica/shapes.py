"""Shapes of games: everything about a game object but its id, its times and its people."""

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import chess

from tests.replica import games

OPENINGS = {
    "e4": {"eco": "B00", "name": "King's Pawn Game", "ply": 1},
    "d4": {"eco": "A40", "name": "Queen's Pawn Game", "ply": 1},
    "c4": {"eco": "A10", "name": "English Opening", "ply": 1},
    "Nf3": {"eco": "A04", "name": "Zukertort Opening", "ply": 1},
    "g3": {"eco": "A00", "name": "Hungarian Opening", "ply": 1},
}
IMPORT_DATE = "1/12/2018, 9:52:47 PM"
UNFINISHED = {"created", "started"}


class Flags(NamedTuple):
    """The parts of a game object that a request asks for."""

    moves: bool = True
    clocks: bool = False
    evals: bool = False
    opening: bool = False
    division: bool = False
    accuracy: bool = False
    pgn: bool = False


class Encoded(NamedTuple):
    """Pieces of JSON without braces, ready to be put between what differs."""

    before: bytes
    """Between id and createdAt."""
    white: bytes
    black: bytes
    after: bytes
    """After the players."""


@dataclass
class Shape:
    """One template. Many games share it."""

    name: str
    seed: int
    game: games.Game
    status: str
    winner: str = ""
    speed: str = "blitz"
    clock: tuple[int, int] | None = (180, 2)
    rated: bool = True
    source: str = "pool"
    opponent: str = "user"
    """user, ai, anonymous, or import: then both sides have only names."""
    analysed: bool = False
    berserk: bool = False
    extra_clock: bool = True
    provisional: bool = False
    days_per_turn: int = 0
    event: dict[str, Any] = field(default_factory=dict)
    division: dict[str, int] = field(default_factory=dict)
    duration_ms: int = 300_000
    cache: dict[Flags, "Encoded"] = field(default_factory=dict, repr=False)

    @property
    def perf(self) -> str:
        """The rating category."""
        plain = self.game.variant in {"standard", "fromPosition"}
        return self.speed if plain else self.game.variant

    @property
    def finished(self) -> bool:
        """Whether the game has ended, aborted ones included."""
        return self.status not in UNFINISHED

    def encoded(self, flags: Flags) -> "Encoded":
        """Give the shape's part of a game object."""
        if flags not in self.cache:
            self.cache[flags] = Encoded(
                inner(self.before()),
                inner(self.about_player("white", flags)),
                inner(self.about_player("black", flags)),
                inner(self.after(flags)),
            )
        return self.cache[flags]

    def about_player(self, color: str, flags: Flags) -> dict[str, Any]:
        """Give the fields of one player besides name and rating."""
        fields: dict[str, Any] = {}
        if summary := self.summary(color, flags):
            fields["analysis"] = summary
        if self.rated and self.finished:
            fields["ratingDiff"] = 6 if self.winner == color else -6
        if self.provisional and color == "white":
            fields["provisional"] = True
        return fields

    def before(self) -> dict[str, Any]:
        """Give the fields between id and createdAt."""
        variant = self.game.variant
        return {"rated": self.rated, "variant": variant, "speed": self.speed, "perf": self.perf}

    def after(self, flags: Flags) -> dict[str, Any]:
        """Give the fields after the players."""
        fields = self._end() | self._play(flags) | self.event
        if self.clock:
            initial, increment = self.clock
            total = initial + 40 * increment
            fields["clock"] = {"initial": initial, "increment": increment, "totalTime": total}
        if flags.division:
            fields["division"] = self.division
        if self.source == "import":
            fields["import"] = {"date": IMPORT_DATE}
        return fields

    def _end(self) -> dict[str, Any]:
        imported = chess.STARTING_FEN if self.source == "import" else ""
        found = {"initialFen": self.game.initial_fen or imported, "winner": self.winner}
        return {name: value for name, value in found.items() if value}

    def _play(self, flags: Flags) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if flags.opening and (opening := self._opening()):
            fields["opening"] = opening
        if flags.moves:
            fields["moves"] = " ".join(self.game.sans)
        if flags.clocks and self.clock:
            fields["clocks"] = self._clocks(self.clock)
        if self.days_per_turn:
            fields["daysPerTurn"] = self.days_per_turn
        if flags.evals and self.analysed:
            fields["analysis"] = self.game.analysis
        return fields

    def _clocks(self, clock: tuple[int, int]) -> list[int]:
        return games.clocks(
            len(self.game.sans),
            clock,
            berserk=self.berserk,
            extra=self.extra_clock and self.status in {"resign", "draw", "outoftime", "timeout"},
            flagged=self.status == "outoftime",
        )

    def summary(self, color: str, flags: Flags) -> dict[str, Any]:
        """Give what analysis says about one player; empty when none was loaded."""
        if not self.analysed or not (flags.evals or flags.accuracy):
            return {}
        plies = range(color == "black", len(self.game.analysis), 2)
        names = [self.game.analysis[i].get("judgment", {}).get("name") for i in plies]
        kinds = ("Inaccuracy", "Mistake", "Blunder")
        found: dict[str, Any] = {kind.lower(): names.count(kind) for kind in kinds}
        found["acpl"] = 20 + len(names)
        if flags.accuracy:
            found["accuracy"] = 99 - found["blunder"]
            if flags.division and "middle" in self.division:
                found["phases"] = {"opening": 80, "middlegame": 75}
        return found

    def _opening(self) -> dict[str, Any] | None:
        if self.game.variant not in {"standard", "crazyhouse", "threeCheck"}:
            return None
        return OPENINGS.get(next(iter(self.game.sans), ""))


def inner(fields: dict[str, Any]) -> bytes:
    """Write *fields* as JSON without the braces."""
    return json.dumps(fields, separators=(",", ":")).encode()[1:-1]
