"""Play a game's moves again: from SAN to UCI, in the game's own variant."""

from typing import Final

import chess

NULL_MOVE: Final = "0000"
"""python-chess reads ``--`` as a move; in a game it is none."""


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
