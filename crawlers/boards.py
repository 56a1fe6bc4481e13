"""The board of a chess game by its variant, as `chess_games` names it."""

from typing import Final

import chess
import chess.variant

BOARDS: Final[dict[str, type[chess.Board]]] = {
    "standard": chess.Board,
    "chess960": chess.Board,
    "fromPosition": chess.Board,
    "crazyhouse": chess.variant.CrazyhouseBoard,
    "antichess": chess.variant.AntichessBoard,
    "atomic": chess.variant.AtomicBoard,
    "horde": chess.variant.HordeBoard,
    "kingOfTheHill": chess.variant.KingOfTheHillBoard,
    "racingKings": chess.variant.RacingKingsBoard,
    "threeCheck": chess.variant.ThreeCheckBoard,
}


def board_of(variant: str, initial_fen: str | None) -> chess.Board:
    """Return the position before the first move.

    Raises KeyError for an unknown *variant*, ValueError for what is no FEN.
    """
    board_class = BOARDS[variant]
    if initial_fen is None:
        return board_class(chess960=variant == "chess960")
    board = board_class(initial_fen, chess960=variant == "chess960")
    if variant == "fromPosition" and board.has_chess960_castling_rights():
        board.chess960 = True
    return board
