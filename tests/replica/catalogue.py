"""The shapes that occur: ordinary games of every variant, and every odd one."""

import functools
import random
from collections.abc import Callable
from typing import Any

from tests.replica import games
from tests.replica.shapes import Shape

SPEEDS = {
    "ultraBullet": (15, 0),
    "bullet": (60, 0),
    "blitz": (180, 2),
    "rapid": (600, 5),
    "classical": (1800, 20),
}
"""Initial time and increment in seconds."""

DIVISIONS: tuple[dict[str, int], ...] = (
    {"middle": 22, "end": 53},
    {"middle": 22},
    {},
    {"end": 0},
)
EVENTS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"tournament": "oldArena"},
    {"swiss": "oldSwiss"},
    {"arenaTour": {"id": "newArena", "name": "Friday Arena"}},
    {"swissTour": {"id": "newSwiss"}},
)


@functools.cache
def plain(seed: int, number: int) -> Shape:
    """Make an ordinary game: every variant, speed and end occurs."""
    rng = random.Random(f"plain {seed} {number}")  # noqa: S311 - repeatable, not secret
    variant = "standard" if number % 3 else games.VARIANTS[number // 3 % len(games.VARIANTS)]
    found = games.game(variant, seed * 1009 + number, decisive=number % 5 == 0)
    speed = rng.choice(list(SPEEDS))
    status = found.status or rng.choice(("resign", "resign", "outoftime", "draw", "timeout"))
    winner = found.winner
    if status in {"resign", "outoftime", "timeout"}:
        # No winner: time ran out against a side that could not mate.
        winner = rng.choice(("white", "black")) if status == "resign" or number % 4 else ""
    event = rng.choice(EVENTS)
    return Shape(
        name="plain",
        seed=seed,
        game=found,
        status=status,
        winner=winner,
        speed=speed,
        clock=SPEEDS[speed],
        rated=variant != "fromPosition" and number % 4 != 0,
        source="arena" if event else "pool",
        analysed=number % 6 == 0,
        berserk=bool(event) and number % 2 == 0,
        extra_clock=number % 7 != 0,
        provisional=number % 11 == 0,
        event=event,
        division=rng.choice(DIVISIONS),
        duration_ms=rng.randint(20_000, 1_200_000),
    )


def _standard(seed: int, plies: int | None = None, **fields: Any) -> Shape:
    found = games.game("standard", seed)
    cut = games.Game("standard", "", found.sans[:plies], found.analysis[:plies], "", "")
    values: dict[str, Any] = {"name": "", "seed": seed, "game": cut}
    values |= {"status": "resign", "winner": "white"}
    return Shape(**(values | fields))


def correspondence(seed: int, plies: int | None = None, **fields: Any) -> Shape:
    """Make a correspondence game of three days per turn; cut to *plies*."""
    values: dict[str, Any] = {"speed": "correspondence", "clock": None, "days_per_turn": 3}
    values |= {"source": "lobby", "duration_ms": 5 * 86_400_000}
    return _standard(seed, plies, **(values | fields))


def ongoing(seed: int) -> Shape:
    """Make a correspondence game that is still played."""
    return correspondence(seed, 31, name="ongoing", status="started", winner="", analysed=False)


def _no_moves(seed: int, status: str, winner: str) -> Shape:
    return _standard(seed, 0, status=status, winner=winner, duration_ms=0, rated=False)


ODD: dict[str, Callable[[int], Shape]] = {
    "ai": lambda seed: _standard(seed, opponent="ai", source="ai", rated=False),
    "anonymous": lambda seed: _standard(seed, opponent="anonymous", source="friend", rated=False),
    "imported": lambda seed: correspondence(
        seed,
        39,
        status="started",
        winner="",
        opponent="import",
        source="import",
        rated=False,
        days_per_turn=0,
        duration_ms=0,
        analysed=True,
    ),
    "aborted": lambda seed: _no_moves(seed, "aborted", ""),
    "no_start": lambda seed: _no_moves(seed, "noStart", "black"),
    "unlimited": lambda seed: correspondence(
        seed, days_per_turn=0, opponent="ai", source="ai", rated=False
    ),
    "correspondence": correspondence,
    "berserk": lambda seed: _standard(
        seed, berserk=True, source="arena", event={"arenaTour": {"id": "a1", "name": "Arena"}}
    ),
    "increment_only": lambda seed: _standard(seed, clock=(0, 5), status="outoftime"),
    "analysed": lambda seed: _standard(seed, analysed=True, division={"middle": 20, "end": 50}),
    "cheat": lambda seed: _standard(seed, status="cheat", rated=False),
    "unknown_finish": lambda seed: _standard(seed, status="unknownFinish", winner=""),
    "insufficient": lambda seed: _standard(seed, status="insufficientMaterialClaim", winner=""),
}


@functools.cache
def odd(seed: int, name: str) -> Shape:
    """Make the shape called *name*, one of `ODD`."""
    shape = ODD[name](seed)
    shape.name = name
    return shape
