"""Accuracy, loss and judgments. The cases of accuracy are those of Lichess's own tests."""

import pytest

from crawlers.analysis.formulas import average_loss, game_accuracy, move_accuracy, win_percent
from crawlers.analysis.judgments import judge
from crawlers.evaluations import Score


def scores(*centipawns: int) -> list[Score]:
    """Return a score for each ply."""
    return [Score(cp=cp) for cp in centipawns]


@pytest.mark.parametrize(
    ("centipawns", "white", "black", "tolerance"),
    [
        ([15, 15], 100, 100, 1),
        ([-900, -900], 10, 100, 5),
        ([15, 900], 100, 10, 5),
        ([-900, 0], 10, 10, 5),
        ([15] * 20, 100, 100, 1),
        ([15] * 20 + [-900], 50, 100, 5),
        ([15] * 21 + [900], 100, 50, 5),
        ([-50, 15] * 5, 76, 76, 8),
        ([-50, 15] * 50, 76, 76, 8),
        ([-135, 15] * 50, 54, 54, 8),
        ([-435, 15] * 50, 20, 20, 8),
    ],
)
def test_the_accuracy_of_a_game_is_that_of_lichess(
    centipawns: list[int], white: float, black: float, tolerance: float
) -> None:
    found = game_accuracy(scores(*centipawns), white_first=True)
    assert found is not None
    assert list(found) == pytest.approx([white, black], abs=tolerance)


@pytest.mark.parametrize(
    ("centipawns", "white", "black"),
    [([15, 15], 100, 100), ([900, 900], 100, 10), ([15, -900], 10, 100), ([900, 0], 10, 10)],
)
def test_where_black_moves_first_the_first_error_is_his(
    centipawns: list[int], white: float, black: float
) -> None:
    found = game_accuracy(scores(*centipawns), white_first=False)
    assert found is not None
    assert list(found) == pytest.approx([white, black], abs=5)


@pytest.mark.parametrize("centipawns", [[], [15]])
def test_a_game_in_which_not_both_have_moved_has_no_accuracy(centipawns: list[int]) -> None:
    assert game_accuracy(scores(*centipawns), white_first=True) is None


def test_the_win_percentage_is_that_of_the_published_curve() -> None:
    assert win_percent(0) == 50
    assert win_percent(100) == pytest.approx(59.1, abs=0.05)
    assert win_percent(-100) == pytest.approx(40.9, abs=0.05)
    assert win_percent(30_000) == win_percent(1000) == pytest.approx(97.5, abs=0.05)


def test_a_move_that_loses_nothing_is_perfect_and_none_is_below_zero() -> None:
    assert move_accuracy(50, 50) == move_accuracy(50, 60) == 100
    assert move_accuracy(50, 40) == pytest.approx(64.6, abs=0.1)
    assert move_accuracy(100, 0) == 0


def test_losses_are_averaged_for_each_player_and_never_negative() -> None:
    assert average_loss(scores(-85, 15, 65, 65), white_first=True) == (50, 50)
    assert average_loss(scores(115, 215), white_first=False) == (0, 100)
    assert average_loss(scores(15), white_first=True) == (0, None)


def test_a_mate_counts_as_the_ceiling() -> None:
    found = average_loss([Score(mate=-3), Score(cp=-2000)], white_first=True)
    assert found == (1015, 0)
    assert average_loss([Score(mate=2), Score()], white_first=True) == (0, None)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Score(0), Score(-50), None),
        (Score(0), Score(-55), "Inaccuracy"),
        (Score(0), Score(-111), "Mistake"),
        (Score(0), Score(-170), "Blunder"),
        (Score(0), Score(300), None),
        (Score(0), Score(mate=-5), "Blunder"),
        (Score(-701), Score(mate=-5), "Mistake"),
        (Score(-1000), Score(mate=-5), "Inaccuracy"),
        (Score(0), Score(mate=5), None),
        (Score(mate=3), Score(600), "Blunder"),
        (Score(mate=3), Score(701), "Mistake"),
        (Score(mate=3), Score(1000), "Inaccuracy"),
        (Score(mate=3), Score(mate=-1), "Blunder"),
        (Score(mate=3), Score(mate=9), None),
        (Score(mate=-3), Score(mate=-2), None),
        (Score(mate=-3), Score(-900), None),
        (Score(mate=1), Score(), None),
    ],
)
def test_a_move_is_judged_by_what_it_loses_whoever_makes_it(
    before: Score, after: Score, expected: str | None
) -> None:
    assert judge(before, after, by_white=True) == expected
    mirrored = [Score(*(one and -one for one in score)) for score in (before, after)]
    assert judge(*mirrored, by_white=False) == expected
