"""From what an engine says of each position of a game to what is said of its players."""

from collections import Counter
from collections.abc import Sequence

import chess

from crawlers.analysis.formulas import INITIAL, as_cp, average_loss, game_accuracy, win_percent
from crawlers.analysis.judgments import judge
from crawlers.analysis.positions import Position
from crawlers.evaluations import Evaluation, Ply, Score, Side, StoredGame, Verdict

LINE_PLIES = 12
"""So much of a best line is kept, as at Lichess: the rest of it is hardly searched."""


def over(position: Position) -> Evaluation:
    """Return what is said of a *position* in which the game is over: a draw is worth 0."""
    is_drawn = position.winner is None
    return Evaluation(Score(cp=0) if is_drawn else Score(), (), 0)


def assess(game: StoredGame, positions: Sequence[Position], found: Sequence[Evaluation]) -> Verdict:
    """Return the verdict on *game* by what was *found* of each of its *positions*."""
    is_first = positions[0].board.turn == chess.WHITE
    scores = [one.score for one in found[1:]]
    plies = []
    for place, after in enumerate(found[1:]):
        before = INITIAL if place == 0 else found[place].score
        line = found[place].line[:LINE_PLIES]
        is_white = (place % 2 == 0) == is_first
        # The engine's own choice is no error, whatever it finds out a move later.
        is_other = bool(line) and line[0] != game.uci[place]
        judgment = judge(before, after.score, by_white=is_white) if is_other else None
        chances = _chances(positions[place + 1], after.score)
        plies.append(Ply(after.score, " ".join(line), chances, judgment))
    accuracy = game_accuracy(scores, white_first=is_first) or (None, None)
    loss = average_loss(scores, white_first=is_first)
    halves = plies[0 if is_first else 1 :: 2], plies[1 if is_first else 0 :: 2]
    white, black = (_side(*one) for one in zip(accuracy, loss, halves, strict=True))
    return Verdict(white, black, tuple(plies))


def _side(accuracy: float | None, loss: int | None, plies: Sequence[Ply]) -> Side:
    counts = Counter(ply.judgment for ply in plies)
    return Side(accuracy, loss, counts["Inaccuracy"], counts["Mistake"], counts["Blunder"])


def _chances(position: Position, score: Score) -> float:
    cp = as_cp(score)
    if cp is None:
        return 100.0 if position.winner == chess.WHITE else 0.0
    return win_percent(cp)
