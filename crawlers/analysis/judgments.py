"""Inaccuracies, mistakes and blunders by the thresholds of Lichess.

The rules are those of `Advice` in its public source (lichess-org/lila,
``modules/tree/src/main/Advice.scala``). Scores are White's.
"""

from typing import Final, Literal

from crawlers.analysis.formulas import winning_chances
from crawlers.evaluations import Score

Judgment = Literal["Inaccuracy", "Mistake", "Blunder"]

LOSSES: Final[tuple[tuple[float, Judgment], ...]] = (
    (0.3, "Blunder"),
    (0.2, "Mistake"),
    (0.1, "Inaccuracy"),
)
"""By how much the mover's chances (-1 to 1) fall. The first that fits counts."""
LOST: Final[tuple[tuple[int, Judgment], ...]] = ((999, "Inaccuracy"), (700, "Mistake"))
"""Who is behind by more than so many centipawns loses little by a mate."""


def judge(before: Score, after: Score, *, by_white: bool) -> Judgment | None:
    """Judge a move that was not the engine's choice by the scores *before* and *after* it."""
    if before.cp is not None and after.cp is not None:
        change = winning_chances(before.cp) - winning_chances(after.cp)
        loss = change if by_white else -change
        return next((name for least, name in LOSSES if loss >= least), None)
    return _judge_mates(_of_mover(before, by_white=by_white), _of_mover(after, by_white=by_white))


def _judge_mates(before: Score, after: Score) -> Judgment | None:
    """Judge by the mover's scores, of which one has a mate."""
    if before.mate is None and after.mate is not None and after.mate < 0:  # he walks into one
        return _by_centipawns(-(before.cp or 0))
    if before.mate is None or before.mate <= 0 or after == Score():
        return None
    if after.mate is None or after.mate < 0:  # he had one
        return _by_centipawns(after.cp or 0)
    return None


def _by_centipawns(cp: int) -> Judgment:
    return next((name for least, name in LOST if cp > least), "Blunder")


def _of_mover(score: Score, *, by_white: bool) -> Score:
    if by_white:
        return score
    return Score(*(None if one is None else -one for one in score))
