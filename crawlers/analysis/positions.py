"""The positions of a stored game, as an engine is asked for them, and what each is known by."""

from collections import Counter
from dataclasses import dataclass

import chess

from crawlers.boards import board_of
from crawlers.errors import GameRefusedError
from crawlers.evaluations import StoredGame


@dataclass(frozen=True, slots=True)
class Position:
    """A position: the *board* as an engine is told it, and its *key*.

    The key has all that an engine's answer depends on. Earlier positions of the game matter only
    where some have been on the board twice, because the next time is a draw: then they are part of
    both, otherwise of neither.
    """

    key: str
    board: chess.Board

    @property
    def is_over(self) -> bool:
        """Whether the game ends here by its rules, so that there is nothing to ask an engine."""
        return self.board.is_variant_end() or not any(self.board.legal_moves)

    @property
    def winner(self) -> chess.Color | None:
        """Who has won, where the game is over; None: nobody."""
        outcome = self.board.outcome()
        return outcome.winner if outcome else None


def positions_of(game: StoredGame) -> list[Position]:
    """Return the position before the first move of *game*, and that after each.

    Raises GameRefusedError for what cannot be played again.
    """
    board = _first(game)
    if not game.uci:
        raise GameRefusedError("it has no moves")
    found = [_position(board, Counter())]
    seen = Counter([_repeatable(board)])
    for ply, text in enumerate(game.uci, 1):
        _play(board, text, ply)
        if board.halfmove_clock == 0:  # nothing from before can come again
            seen.clear()
        seen[_repeatable(board)] += 1
        found.append(_position(board, seen))
    return found


def _first(game: StoredGame) -> chess.Board:
    try:
        board = board_of(game.variant, game.initial_fen)
    except KeyError:
        raise GameRefusedError(f"its variant {game.variant} is unknown") from None
    except ValueError:
        raise GameRefusedError("its first position is none") from None
    if not board.is_valid():  # an engine may do anything with such a one, even crash
        raise GameRefusedError("its first position breaks the rules")
    return board


def _play(board: chess.Board, text: str, ply: int) -> None:
    try:
        move = board.parse_uci(text)
    except ValueError:
        move = chess.Move.null()
    if not move:
        raise GameRefusedError(f"its move at ply {ply} is not legal")
    board.push(move)


def _position(board: chess.Board, seen: Counter[str]) -> Position:
    twice = sorted(one for one, times in seen.items() if times > 1)
    key = " after ".join([_key(board), *twice])
    return Position(key, board.copy(stack=bool(twice)))


def _key(board: chess.Board) -> str:
    """Return variant and FEN without the number of the move, which no engine looks at."""
    fen = board.shredder_fen() if board.chess960 else board.fen()
    return f"{type(board).uci_variant} {fen.rpartition(' ')[0]}"


def _repeatable(board: chess.Board) -> str:
    return board.epd(shredder=board.chess960)
