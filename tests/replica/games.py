"""Random legal games in every variant, and what goes with their moves: clocks, analysis."""

import functools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import chess
import chess.variant

VARIANTS = (
    "standard",
    "chess960",
    "crazyhouse",
    "antichess",
    "atomic",
    "horde",
    "kingOfTheHill",
    "racingKings",
    "threeCheck",
    "fromPosition",
)
SHORTEST, LONGEST = 60, 80
"""Plies of a game that is not ended by its last move."""

_BOARDS: dict[str, type[chess.Board]] = {
    "crazyhouse": chess.variant.CrazyhouseBoard,
    "antichess": chess.variant.AntichessBoard,
    "atomic": chess.variant.AtomicBoard,
    "horde": chess.variant.HordeBoard,
    "kingOfTheHill": chess.variant.KingOfTheHillBoard,
    "racingKings": chess.variant.RacingKingsBoard,
    "threeCheck": chess.variant.ThreeCheckBoard,
}
_COLORS = {chess.WHITE: "white", chess.BLACK: "black"}


@dataclass(frozen=True)
class Game:
    """The moves of one game and its end; `status` is empty where the last move ends nothing."""

    variant: str
    initial_fen: str
    """Empty where the variant has one start."""
    sans: tuple[str, ...]
    analysis: tuple[dict[str, Any], ...]
    """One entry for each ply but a final one."""
    status: str
    winner: str
    """white, black, or empty."""


@functools.cache
def game(variant: str, seed: int, *, decisive: bool = False) -> Game:
    """Play at random; *decisive* games look for a last move, and are shorter."""
    rng = random.Random(f"{variant} {seed} {decisive}")  # noqa: S311 - repeatable, not secret
    tries = [_play(variant, rng, decisive=decisive)]
    while not _fits(tries[-1], decisive=decisive) and len(tries) < 40:
        tries.append(_play(variant, rng, decisive=decisive))
    if _fits(tries[-1], decisive=decisive):
        return tries[-1]
    return max(tries, key=lambda found: len(found.sans))


def _fits(found: Game, *, decisive: bool) -> bool:
    if decisive:
        return found.status in {"mate", "variantEnd"}
    return SHORTEST <= len(found.sans) <= LONGEST


def _play(variant: str, rng: random.Random, *, decisive: bool) -> Game:
    board = _start(variant, rng)
    initial_fen = board.fen() if variant in {"chess960", "fromPosition"} else ""
    if variant in {"horde", "racingKings"} and rng.random() < 0.5:
        initial_fen = board.fen()
    sans: list[str] = []
    analysis: list[dict[str, Any]] = []
    length = rng.randint(SHORTEST, LONGEST)
    while len(sans) < length and (moves := list(board.legal_moves)):
        if board.is_variant_end():
            break
        move = _choose(board, moves, rng, decisive=decisive and len(sans) > 20)
        analysis.append(_entry(board, moves, rng))
        sans.append(san(board, move))
        board.push(move)
    status, winner = _end(board)
    if status in {"mate", "variantEnd"}:
        analysis.pop()
    return Game(variant, initial_fen, tuple(sans), tuple(analysis), status, winner)


def _start(variant: str, rng: random.Random) -> chess.Board:
    if variant == "chess960":
        return chess.Board.from_chess960_pos(rng.randrange(960))
    board = _BOARDS.get(variant, chess.Board)()
    if variant == "fromPosition":
        for _ in range(12):
            board.push(rng.choice(list(board.legal_moves)))
        return chess.Board(board.fen())
    return board


def _choose(
    board: chess.Board, moves: list[chess.Move], rng: random.Random, *, decisive: bool
) -> chess.Move:
    rng.shuffle(moves)
    if decisive and (last := next(_last_moves(board, moves), None)):
        return last
    for move in moves[:8]:
        board.push(move)
        goes_on = not board.is_variant_end()
        board.pop()
        if goes_on and (not board.is_capture(move) or rng.random() < 0.4):
            return move
    return moves[0]


def _last_moves(board: chess.Board, moves: list[chess.Move]) -> Iterator[chess.Move]:
    for move in moves:
        board.push(move)
        ends = board.is_variant_end() or board.is_checkmate()
        board.pop()
        if ends:
            yield move


def _entry(board: chess.Board, moves: list[chess.Move], rng: random.Random) -> dict[str, Any]:
    entry: dict[str, Any] = {"eval": rng.randint(-600, 600)}
    if rng.random() < 0.04:
        entry = {"mate": rng.choice((-9, -4, -2, 2, 3, 7))}
    if rng.random() < 0.12:
        best = rng.choice(moves)
        entry |= {"best": best.uci(), "variation": _variation(board, best, rng)}
        if rng.random() < 0.8:
            name = rng.choice(("Inaccuracy", "Mistake", "Blunder"))
            comment = f"{name}. {san(board, best)} was best."
            entry["judgment"] = {"name": name, "comment": comment}
    return entry


def _variation(board: chess.Board, best: chess.Move, rng: random.Random) -> str:
    sans = [san(board, best)]
    board.push(best)
    if not board.is_variant_end() and (replies := list(board.legal_moves)):
        sans.append(san(board, rng.choice(replies)))
    board.pop()
    return " ".join(sans)


def san(board: chess.Board, move: chess.Move) -> str:
    """Write *move* as the site does: a dropped pawn has its letter."""
    text = board.san(move)
    return f"P{text}" if text.startswith("@") else text


def _end(board: chess.Board) -> tuple[str, str]:
    outcome = board.outcome()
    if outcome is None:
        return "", ""
    winner = "" if outcome.winner is None else _COLORS[outcome.winner]
    match outcome.termination:
        case chess.Termination.CHECKMATE:
            return "mate", winner
        case chess.Termination.STALEMATE:
            return "stalemate", ""
        case chess.Termination.VARIANT_WIN | chess.Termination.VARIANT_LOSS:
            return "variantEnd", winner
        case _:
            return "draw", ""


def clocks(
    plies: int, clock: tuple[int, int], *, berserk: bool, extra: bool, flagged: bool
) -> list[int]:
    """Give centiseconds left after each ply; one more at the end with *extra*.

    *clock* is initial time and increment in seconds; *flagged* ends with 0.
    """
    initial, increment = clock
    rng = random.Random(f"{plies} {initial} {increment}")  # noqa: S311 - repeatable, not secret
    start = initial * 50 if berserk else initial * 100
    gain = 0 if berserk else increment * 100
    left = [start + 3, start + 3]
    spent = max(1, (start + gain * plies // 2) // (plies + 20))
    values = left[:plies]
    for ply in range(2, plies + extra):
        side = ply % 2
        left[side] = max(1, left[side] - rng.randint(1, 3 * spent) // 2 + gain)
        values.append(left[side])
    if flagged and extra:
        values[-1] = 0
    return values
