"""A small model of duels: who won, by what, and which cards there are."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

How = Literal["Admit defeat", "Quit duel", "Game loss", "Match loss", "Accept draw"]
CARDS = (
    "Copper Golem",
    'Sparrow "Q"',
    'Tin Knight - "Bucket"',
    "Drew, the Painter",
    "Thief from Deck Nine",
    "Lantern of the Marsh",
    "Paper Wall",
    "Sudden Tide",
    "Borrowed Crown",
    "Iron Orchard",
)
FUSION = "Golem-Knight of Copper and Tin"


@dataclass(frozen=True)
class Ending:
    """What ends a game: who does it (1 or 2; of a draw nobody), and whether the match ends too."""

    how: How
    loser: int = 0
    over: bool = False


@dataclass(frozen=True)
class GameSpec:
    """One game. Without an ending it is a draw if another follows, else unfinished."""

    ending: Ending | None = None
    later: Ending | None = None
    """Given up once more, in siding."""
    chooser: int = 1
    first: int = 1
    turns: int = 2

    @property
    def winner(self) -> int:
        """1 or 2, or 0 for nobody."""
        return 3 - self.ending.loser if self.ending and self.ending.loser else 0


@dataclass(frozen=True)
class MatchSpec:
    """Rock, paper, scissors, with some ties, then games."""

    games: tuple[GameSpec, ...]
    ties: int = 0
    quits_at_rps: int = 0
    """1 or 2: leaves before the first game, of which there is none then."""

    @property
    def winner(self) -> int:
        """The opponent of whoever gave the match up; 0 for nobody."""
        if self.quits_at_rps:
            return 3 - self.quits_at_rps
        for game in self.games:
            for ending in (game.ending, game.later):
                if ending and (ending.over or ending.how in {"Quit duel", "Match loss"}):
                    return 3 - ending.loser if ending.loser else 0
        return 0


@dataclass
class RecordSpec:
    """A whole record."""

    id: int
    matches: tuple[MatchSpec, ...]
    names: tuple[str, str] = ("Ann", "Bob")
    format: str = "er"
    rated: bool = True
    chat: bool = True
    hand: int = 5
    changes: tuple[int, int] = (12, -9)
    version: int = 17
    more: dict[str, Any] = field(default_factory=dict)
    """Fields of the record that differ."""


def card(name: str, slot: int) -> dict[str, Any]:
    """Return the card *name*, in *slot* of a deck."""
    is_fusion = name == FUSION
    monster = is_fusion or CARDS.index(name) < 6
    return {
        "id": 1000 + (999 if is_fusion else CARDS.index(name)),
        "name": name,
        "treated_as": name,
        "serial_number": f"{len(name) * 1234567:08d}",
        "card_type": "Monster" if monster else "Spell",
        "monster_color": "Fusion" if is_fusion else "Effect" if monster else "",
        "atk": "1500" if monster else "0",
        "def": "?" if monster else "0",
        "level": 4 if monster else 0,
        "custom": 0,
        "object_id": slot,
        "effect": "A made-up card.",
    }


def random_match(rng: random.Random) -> MatchSpec:
    """Return some match that ends: by two wins, or because somebody gives it up on the way."""
    wins, games = [0, 0], list[GameSpec]()
    while max(wins) < 2:
        loser, first, chooser = (rng.choice((1, 2)) for _ in range(3))
        wins[2 - loser] += 1
        over = max(wins) == 2
        how: How = rng.choice(("Admit defeat", "Admit defeat", "Game loss"))
        later = None
        if not over and rng.random() < 0.2:
            later = Ending("Quit duel", rng.choice((1, 2)))
        ending = Ending(how, loser, over)
        games.append(GameSpec(ending, later, chooser, first, rng.randint(1, 5)))
        if later:
            break
    return MatchSpec(tuple(games), ties=rng.randint(0, 2))


def some_records(count: int, first_id: int, seed: int) -> Iterator[RecordSpec]:
    """Yield *count* records, equal for equal arguments; some hold a rematch."""
    rng = random.Random(seed)  # noqa: S311 - repeatable worlds, not secrets
    for number in range(count):
        matches = tuple(random_match(rng) for _ in range(2 if number % 5 == 4 else 1))
        names = (f"player {2 * number}", f"player {2 * number + 1}")
        yield RecordSpec(first_id + number, matches, names)
