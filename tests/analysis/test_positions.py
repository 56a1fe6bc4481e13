"""The positions of a game: what each is known by, and games that have none."""

import chess
import pytest

from crawlers.analysis.assessment import assess, over
from crawlers.analysis.positions import positions_of
from crawlers.boards import board_of
from crawlers.errors import GameRefusedError
from crawlers.evaluations import Evaluation, Score, StoredGame
from tests.analysis.stored import FOOLS_MATE

CHESS960 = "rkbnrnqb/pppppppp/8/8/8/8/PPPPPPPP/RKBNRNQB w KQkq - 0 1"
STALEMATE = "7k/8/5KQ1/8/8/8/8/8 w - - 0 1"


def game(moves: str, variant: str = "standard", fen: str | None = None) -> StoredGame:
    """Return a game with *moves* in SAN."""
    board = board_of(variant, fen)
    uci = tuple(board.push_san(san).uci() for san in moves.split())
    return StoredGame("aaaaaaaa", variant, fen, uci)


def test_there_is_a_position_before_the_first_move_and_one_after_each() -> None:
    found = positions_of(game(FOOLS_MATE))
    assert len(found) == 5
    assert found[0].key == "chess rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0"
    assert [one.is_over for one in found] == [False] * 4 + [True]
    assert found[-1].winner == chess.BLACK


def test_one_position_has_one_key_however_it_was_reached() -> None:
    one, other = (positions_of(game(moves)) for moves in ("d4 d5 Nf3 Nf6", "Nf3 d5 d4 Nf6"))
    assert one[-1].key != other[-1].key  # the 50 moves begin at another one
    one, other = (positions_of(game(moves)) for moves in ("Nf3 d5 d4", "d4 d5 Nf3 h6 Ng1 h5 Nf3"))
    assert one[2].key not in {position.key for position in other}
    one, other = (positions_of(game(moves)) for moves in ("Nf3 d6 e4", "e4 d6 Nf3"))
    assert one[-1].board.board_fen() == other[-1].board.board_fen()


def test_earlier_positions_matter_only_where_one_has_been_there_twice() -> None:
    shuffle = "Nf3 Nf6 Ng1 Ng8"
    found = positions_of(game(f"{shuffle} {shuffle} e4 e5"))
    assert [bool(one.board.move_stack) for one in found] == [False] * 4 + [True] * 5 + [False] * 2
    assert " after " in found[4].key
    assert " after " not in found[9].key
    # The same position, once without and once with a draw at hand.
    assert found[0].board.board_fen() == found[4].board.board_fen() == found[8].board.board_fen()
    assert len({found[0].key, found[4].key, found[8].key}) == 3


def test_a_chess960_board_is_another_one_as_long_as_it_may_castle() -> None:
    standard, free = (
        positions_of(game("e4")),
        positions_of(game("e4", "chess960", chess.STARTING_FEN)),
    )
    assert standard[0].key != free[0].key
    assert free[0].board.chess960
    assert positions_of(game("g4 g6", "chess960", CHESS960))[0].key.startswith("chess rkbnrnqb")


@pytest.mark.parametrize(
    ("variant", "fen", "uci", "reason"),
    [
        ("standard", None, (), "it has no moves"),
        ("standard", None, ("e2e4", "e7e4"), "its move at ply 2 is not legal"),
        ("standard", None, ("e2e4", "0000"), "its move at ply 2 is not legal"),
        ("standard", None, ("e2e4", "\x1b[31m"), "its move at ply 2 is not legal"),
        ("standard", None, ("e2e9",), "its move at ply 1 is not legal"),
        ("fourPlayer", None, ("e2e4",), "its variant fourPlayer is unknown"),
        ("fromPosition", "nonsense", ("e2e4",), "its first position is none"),
        ("fromPosition", "8/8/8/8/8/8/8/8 w - - 0 1", ("e2e4",), "its first position breaks the"),
        ("fromPosition", "k6K/8/8/8/8/8/8/R7 w - - 0 1", ("a1a2",), "its first position breaks"),
    ],
)
def test_a_game_that_cannot_be_played_again_is_refused_with_the_reason(
    variant: str, fen: str | None, uci: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(GameRefusedError, match=reason):
        positions_of(StoredGame("aaaaaaaa", variant, fen, uci))


def test_a_mate_is_a_win_and_a_stalemate_is_worth_nothing() -> None:
    for moves, fen, score, chances in (
        ("Qf7", STALEMATE, Score(cp=0), 50),
        ("Qg7", STALEMATE, Score(), 100),
    ):
        one = game(moves, "fromPosition", fen)
        before, after = positions_of(one)
        said = [Evaluation(Score(mate=1), ("g6g7",), 1), over(after)]
        verdict = assess(one, [before, after], said)
        assert verdict.plies[0].score == score
        assert verdict.plies[0].win_percent == chances


def test_the_choice_of_the_engine_is_no_error_whatever_comes_of_it() -> None:
    one = game("e4 e5")
    positions = positions_of(one)
    said = [Evaluation(Score(cp), (move,), 1) for cp, move in
            ((15, "e2e4"), (-300, "d7d5"), (300, ""))]  # fmt: skip
    verdict = assess(one, positions, said)
    assert [ply.judgment for ply in verdict.plies] == [None, "Blunder"]
    assert (verdict.white.blunders, verdict.black.blunders) == (0, 1)


def test_where_black_moves_first_the_errors_are_his() -> None:
    fen = "4k3/8/8/8/8/8/8/4K2R b K - 0 1"
    one = game("Kd7 O-O", "fromPosition", fen)
    said = [Evaluation(Score(cp), ("e8e7",), 1) for cp in (500, 2000, 500)]
    verdict = assess(one, positions_of(one), said)
    assert (verdict.black.blunders, verdict.white.mistakes) == (1, 1)
    assert verdict.white.acpl == 500
    assert verdict.black.acpl == 985
