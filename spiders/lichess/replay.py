"""Play a game's moves again: from SAN to UCI, in the game's own variant."""

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
"""Every variant of the API's ``VariantKey``."""


NULL_MOVE: Final = "0000"
"""python-chess reads ``--`` as a move; in a game it is none."""


def board_of(variant: str, initial_fen: str | None) -> chess.Board:
    """Return the position before the first move. Raise KeyError for an unknown *variant*."""
    board_class = BOARDS[variant]
    if initial_fen is None:
        return board_class(chess960=variant == "chess960")
    board = board_class(initial_fen, chess960=variant == "chess960")
    if variant == "fromPosition" and board.has_chess960_castling_rights():
        board.chess960 = True
    return board


def replay(board: chess.Board, san: tuple[str, ...]) -> tuple[str, ...]:
    """Play *san* on *board* and return UCI. Raise ValueError for a move that is not legal.

    Castling is the king's two squares (``e1g1``), or king takes rook (``e1h1``) on a chess960
    board, as Lichess itself writes it.
    """
    parse, push = board.parse_san, board.push
    uci = []
    for text in san:
        move = parse(text)
        push(move)
        uci.append(move.uci())
    if NULL_MOVE in uci:
        raise ValueError(f"ply {uci.index(NULL_MOVE) + 1} is a null move")
    return tuple(uci)
