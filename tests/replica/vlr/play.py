"""A map, played round by round: whatever is shown of it follows from its kills."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Side = Literal["t", "ct"]
OTHER: dict[Side, Side] = {"t": "ct", "ct": "t"}
HALF, WIN = 12, 13
PISTOLS = (1, 13)


@dataclass(frozen=True)
class Kill:
    """Players are numbered 0 to 9: the first five are team 1."""

    killer: int
    victim: int
    assist: int | None
    operator: bool


@dataclass(frozen=True)
class Round:
    """One round. *spend* is 0 to 3 for each team, *bank* credits."""

    number: int
    winner: int
    side: Side
    method: str
    kills: tuple[Kill, ...]
    bank: tuple[int, int]
    spend: tuple[int, int]
    planter: int | None
    defuser: int | None
    clutch: tuple[int, int] | None
    """Who was left alone and won, and against how many."""

    def side_of(self, team: int) -> Side:
        """Give the side of *team* in this round."""
        return self.side if team == self.winner else OTHER[self.side]


@dataclass
class Line:
    """A player's sums, on one side or on both."""

    rounds: int = 0
    kills: int = 0
    deaths: int = 0
    assists: int = 0
    first_kills: int = 0
    first_deaths: int = 0
    damage: int = 0
    heads: int = 0
    kast: int = 0

    def __add__(self, other: "Line") -> "Line":
        """Add the sums."""
        return Line(**{name: value + getattr(other, name) for name, value in vars(self).items()})


@dataclass
class Game:
    """One map of a match, as far as it was played."""

    id: int
    number: int
    map: str
    picked_by: int | None
    first_side: Side
    """Of team 1."""
    agents: tuple[str, ...]
    rounds: list[Round] = field(default_factory=list)
    rated: bool = True
    ended: bool = True

    @property
    def duration_s(self) -> int:
        """How long it took."""
        return 420 + 97 * len(self.rounds)

    def score(self, team: int, phase: str = "all") -> int:
        """Count the rounds that *team* won: all, as t, as ct, or in overtime (ot)."""
        return sum(r.winner == team and phase in {"all", _phase(r)} for r in self.rounds)

    @property
    def winner(self) -> int | None:
        """The winning team, None while it is played."""
        return (1 if self.score(1) > self.score(2) else 2) if self.ended else None

    def cut(self, rounds: int) -> "Game":
        """Give the same map after so many rounds."""
        shown = self.rounds[:rounds]
        return Game(self.id, self.number, self.map, self.picked_by, self.first_side, self.agents,
                    shown, self.rated, ended=False)  # fmt: skip

    @cached_property
    def lines(self) -> dict[tuple[int, str], Line]:
        """The sums of every player by side: t, ct, both."""
        lines: defaultdict[tuple[int, str], Line] = defaultdict(Line)
        for one in self.rounds:
            for player in range(10):
                side = one.side_of(team_of(player))
                lines[player, side] += _share(one, player)
        for player in range(10):
            lines[player, "both"] = lines[player, "t"] + lines[player, "ct"]
        return dict(lines)

    def kills_between(self, kind: str) -> Iterator[Kill]:
        """Give the kills of one matrix: normal (all), fkfd (first of a round) or op."""
        for one in self.rounds:
            kills = one.kills[:1] if kind == "fkfd" else one.kills
            yield from (k for k in kills if kind != "op" or k.operator)


def team_of(player: int) -> int:
    """Give the team of a player's number."""
    return 1 + player // 5


def summed(lines: Iterable[Line]) -> Line:
    """Add all *lines*."""
    return sum(lines, Line())


def _phase(one: Round) -> str:
    return "ot" if one.number > 2 * HALF else one.side


def _share(one: Round, player: int) -> Line:
    kills = [k for k in one.kills if k.killer == player]
    deaths = [k for k in one.kills if k.victim == player]
    assists = sum(k.assist == player for k in one.kills)
    traded = any(
        later.victim == death.killer
        for death, later in zip(one.kills, one.kills[1:], strict=False)
        if death.victim == player
    )
    return Line(
        rounds=1,
        kills=len(kills),
        deaths=len(deaths),
        assists=assists,
        first_kills=int(one.kills[0].killer == player),
        first_deaths=int(one.kills[0].victim == player),
        damage=sum(130 + (k.victim * 13 + one.number * 11) % 70 for k in kills) + 35 * assists,
        heads=sum((k.victim + one.number) % 3 == 0 for k in kills),
        kast=int(bool(kills or assists or not deaths or traded)),
    )


def play(chance: random.Random, game: Game) -> Game:
    """Play *game* to its end: 13 rounds with two more than the other, or overtime."""
    while not (max(scores := (game.score(1), game.score(2))) >= WIN
               and abs(scores[0] - scores[1]) > 1):  # fmt: skip
        game.rounds.append(_round(chance, game, len(game.rounds) + 1))
    return game


def _round(chance: random.Random, game: Game, number: int) -> Round:
    swapped = HALF < number <= 2 * HALF or (number > 2 * HALF and number % 2 == 0)
    first = OTHER[game.first_side] if swapped else game.first_side
    winner = chance.choice((1, 2))
    side = first if winner == 1 else OTHER[first]
    method = chance.choice(("elim", "elim", "boom" if side == "t" else "defuse",
                            "boom" if side == "t" else "time"))  # fmt: skip
    kills, clutch = _fight(chance, winner, 5 if method == "elim" else chance.randint(1, 4))
    attackers = winner if side == "t" else 3 - winner
    planted = method in {"boom", "defuse"}
    pistol = number in PISTOLS
    return Round(
        number,
        winner,
        side,
        method,
        kills,
        bank=(chance.randint(0, 300) * 100 // (10 if pistol else 1), chance.randint(0, 300) * 10),
        spend=(0, 0) if pistol else (chance.randint(0, 3), chance.randint(0, 3)),
        planter=5 * (attackers - 1) + chance.randint(0, 4) if planted else None,
        defuser=5 * (winner - 1) + chance.randint(0, 4) if method == "defuse" else None,
        clutch=clutch,
    )


def _fight(
    chance: random.Random, winner: int, losses: int
) -> tuple[tuple[Kill, ...], tuple[int, int] | None]:
    """Let *losses* of the losers die, the last of them at the end, and up to four winners."""
    loser = 3 - winner
    order = [winner] * chance.randint(0, 4) + [loser] * (losses - 1)
    chance.shuffle(order)
    alive = {team: list(range(5 * (team - 1), 5 * team)) for team in (1, 2)}
    kills, clutch = [], None
    for team in [*order, loser]:
        killer = chance.choice(alive[3 - team])
        victim = alive[team].pop(chance.randrange(len(alive[team])))
        mates = [p for p in range(10) if team_of(p) == team_of(killer) and p != killer]
        assist = chance.choice(mates) if chance.random() < 0.35 else None
        kills.append(Kill(killer, victim, assist, chance.random() < 0.15))
        if team == winner and len(alive[winner]) == 1:
            clutch = alive[winner][0], len(alive[loser])
    return tuple(kills), clutch
