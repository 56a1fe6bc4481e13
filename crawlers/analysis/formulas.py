"""Win percentage, accuracy and centipawn loss, as Lichess computes them.

The rules are told at https://lichess.org/page/accuracy; the constants are those of its public
source: `WinPercent` (lichess-org/scalachess, ``core/src/main/scala/eval.scala``), `AccuracyPercent`
and `AccuracyCP` (lichess-org/lila, ``modules/analyse/src/main``), and ``Maths`` of
lichess-org/scalalib. Scores are White's.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, pstdev

from crawlers.evaluations import Score

INITIAL = Score(cp=15)
"""What every first position counts as, whatever an engine says of it: White moves first."""
CEILING_CP = 1000
"""What is more counts as that; so does a forced mate."""
STEEPNESS = 0.00368208
"""Fitted to results of rated games: https://github.com/lichess-org/lila/pull/11148."""
UNCERTAINTY = 1.0
"""A bonus for each move, because an analysis is not perfect either."""
WEIGHTS = (0.5, 12.0)
"""The least and the largest weight of a move."""
WINDOWS = (2, 8)
"""The shortest and the longest window that a weight is taken from."""
PERFECT = 100.0


def winning_chances(cp: float) -> float:
    """Return how likely White is to win, from -1 (never) to 1 (surely)."""
    return 2 / (1 + math.exp(-STEEPNESS * cp)) - 1


def win_percent(cp: int) -> float:
    """Return White's chances in per cent."""
    return 50 + 50 * winning_chances(max(-CEILING_CP, min(CEILING_CP, cp)))


def as_cp(score: Score) -> int | None:
    """Return *score* in centipawns, a mate as the ceiling; None where nothing is left to judge."""
    if score.mate is not None:
        return CEILING_CP if score.mate > 0 else -CEILING_CP
    return score.cp


def move_accuracy(before: float, after: float) -> float:
    """Return the accuracy of a move by the mover's win percentages before and after it."""
    if after >= before:
        return PERFECT
    curve = 103.1668100711649 * math.exp(-0.04354415386753951 * (before - after))
    return max(0.0, min(PERFECT, curve - 3.166924740191411 + UNCERTAINTY))


def game_accuracy(scores: Sequence[Score], *, white_first: bool) -> tuple[float, float] | None:
    """Return the accuracy of White and of Black by the *scores* after each ply.

    It is half the mean of the moves' accuracies, weighted by how much the game was swinging around
    each, and half their harmonic mean. None where one of the two has not moved.
    """
    chances = [win_percent(cp) for one in (INITIAL, *scores) if (cp := as_cp(one)) is not None]
    if len(chances) < 3:  # noqa: PLR2004 - the first position, and a move of each
        return None
    of: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    moves = zip(pairwise(chances), _weights(chances), strict=True)
    for place, ((before, after), weight) in enumerate(moves):
        is_white = (place % 2 == 0) == white_first
        pair = (before, after) if is_white else (after, before)
        of[is_white].append((move_accuracy(*pair), weight))
    return _combined(of[True]), _combined(of[False])


def _weights(chances: Sequence[float]) -> list[float]:
    """Return the weight of each move: the deviation of the *chances* in a window that ends there.

    The first moves share the first window.
    """
    shortest, longest = WINDOWS
    size = max(shortest, min(longest, (len(chances) - 1) // 10))
    sliding = [chances[at : at + size] for at in range(max(1, len(chances) - size + 1))]
    windows = [chances[:size]] * (min(size, len(chances)) - 2) + sliding
    least, largest = WEIGHTS
    return [max(least, min(largest, pstdev(window))) for window in windows]


def _combined(moves: Sequence[tuple[float, float]]) -> float:
    weighted = sum(one * weight for one, weight in moves) / sum(weight for _, weight in moves)
    harmonic = len(moves) / sum(1 / max(1.0, one) for one, _ in moves)
    return (weighted + harmonic) / 2


def average_loss(scores: Sequence[Score], *, white_first: bool) -> tuple[int | None, int | None]:
    """Return the average centipawn loss of White and of Black; None for who has not moved."""
    losses: dict[bool, list[int]] = {True: [], False: []}
    for place, (before, after) in enumerate(pairwise((INITIAL, *scores))):
        first, second = as_cp(before), as_cp(after)
        if first is not None and second is not None:
            is_white = (place % 2 == 0) == white_first
            change = _ceiled(first) - _ceiled(second)
            losses[is_white].append(max(0, change if is_white else -change))
    white, black = (math.floor(fmean(one) + 0.5) if one else None for one in losses.values())
    return white, black


def _ceiled(cp: int) -> int:
    return max(-CEILING_CP, min(CEILING_CP, cp))
