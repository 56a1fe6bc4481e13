"""From one game object of an export to a `ChessGame`."""

from typing import Any, Final

from crawlers.boards import board_of
from crawlers.errors import PageError
from crawlers.items.chess import ChessGame
from spiders.lichess.instants import instant
from spiders.lichess.replay import replay
from spiders.lichess.vocabulary import STATUSES, VARIANTS

CHECKMATED: Final = frozenset({"standard", "chess960", "fromPosition"})
"""Variants in which the status ``mate`` means checkmate and nothing else."""

ANALYSED_PLIES: Final = 200
"""The server analyses only the first 300 plies of a game, in former years the first 200."""

BERSERK_INCREMENTS: Final = 40
"""Going berserk costs no time when the initial time is below so many increments."""


def read_game(url: str, data: dict[str, Any]) -> ChessGame:
    """Read one game. Raise PageError, or what pydantic and python-chess raise."""
    for field, known in (("status", STATUSES), ("variant", VARIANTS)):
        value = data.get(field)
        if not isinstance(value, str) or value not in known:
            raise PageError(url, f"unknown {field} {value!r}"[:300])
    if data.get("winner") not in (None, "white", "black"):
        raise PageError(url, f"winner is {data['winner']!r}, expected white or black")
    clocks = data.get("clocks")
    return ChessGame(
        id=data["id"],
        rated=data["rated"],
        variant=data["variant"],
        speed=data["speed"],
        perf=data["perf"],
        created_at=instant(data["createdAt"]),
        last_move_at=instant(data["lastMoveAt"]),
        status=data["status"],
        winner=data.get("winner"),
        origin=data.get("source"),
        clock_cs=None if clocks is None else tuple(clocks),
        **_side(data, "white"),
        **_side(data, "black"),
        **_event(data),
        **_course(data),
        **_moves(url, data),
        **_analysis(url, data),
    )


def _side(data: dict[str, Any], color: str) -> dict[str, Any]:
    """Read one player: an account, the machine, an imported name, or nobody known."""
    player = data["players"][color]
    user = player.get("user") or {}
    rating = player.get("rating")
    analysis = player.get("analysis") or {}
    phases = analysis.get("phases") or {}
    values = {
        "id": user.get("id"),
        "name": user.get("name") or player.get("name"),
        "title": user.get("title"),
        "rating": rating,
        "rating_diff": player.get("ratingDiff"),
        "provisional": None if rating is None else player.get("provisional", False),
        "ai_level": player.get("aiLevel"),
        "team": player.get("team"),
        "berserk": player.get("berserk") or _halved(data, color),
        "inaccuracies": analysis.get("inaccuracy"),
        "mistakes": analysis.get("mistake"),
        "blunders": analysis.get("blunder"),
        "acpl": analysis.get("acpl"),
        "accuracy": _percent(analysis.get("accuracy")),
        "accuracy_opening": _percent(phases.get("opening")),
        "accuracy_middlegame": _percent(phases.get("middlegame")),
        "accuracy_endgame": _percent(phases.get("endgame")),
    }
    return {f"{color}_{name}": value for name, value in values.items()}


def _percent(value: float | None) -> float | None:
    """Take whole numbers too: the API documents an integer, and has sent fractions."""
    return None if value is None else float(value)


def _halved(data: dict[str, Any], color: str) -> bool | None:
    """Say by the clock whether a player of an arena went berserk; None where it cannot tell.

    Only an arena's own export says so in words. A first value may exceed its time a little:
    the server gives lag back.
    """
    clock, clocks = data.get("clock"), data.get("clocks")
    black_begins = " b " in (data.get("initialFen") or "")
    ply = int(black_begins == (color == "white"))
    if not clock or not clocks or ply >= len(clocks) or _arena(data)[0] is None:
        return None
    if clock["initial"] == 0 or clock["initial"] < BERSERK_INCREMENTS * clock["increment"]:
        return None
    return bool(clocks[ply] < 75 * clock["initial"])


def _arena(data: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return id and name. Until early 2026 the id alone came, as ``tournament``."""
    arena = data.get("arenaTour") or {}
    return arena.get("id", data.get("tournament")), arena.get("name")


def _event(data: dict[str, Any]) -> dict[str, Any]:
    """Read the time control, and the event that the game belongs to."""
    clock = data.get("clock") or {}
    arena_id, arena_name = _arena(data)
    return {
        "clock_initial_s": clock.get("initial"),
        "clock_increment_s": clock.get("increment"),
        "clock_total_s": clock.get("totalTime"),
        "days_per_turn": data.get("daysPerTurn"),
        "arena_id": arena_id,
        "arena_name": arena_name,
        "swiss_id": (data.get("swissTour") or {}).get("id", data.get("swiss")),
        "import_date": (data.get("import") or {}).get("date"),
    }


def _course(data: dict[str, Any]) -> dict[str, Any]:
    """Read opening, phases, first and last position."""
    opening = data.get("opening") or {}
    division = data.get("division") or {}
    return {
        "opening_eco": opening.get("eco"),
        "opening_name": opening.get("name"),
        "opening_ply": opening.get("ply"),
        "middlegame_ply": division.get("middle"),
        "endgame_ply": division.get("end"),
        "initial_fen": data.get("initialFen"),
        "last_fen": data.get("lastFen"),
        "last_move": data.get("lastMove") or None,
    }


def _moves(url: str, data: dict[str, Any]) -> dict[str, Any]:
    """Replay the moves, and hold clocks and ending against them."""
    san = tuple(data["moves"].split())
    clocks = data.get("clocks")
    if clocks is not None and len(clocks) - len(san) not in {0, 1}:
        raise PageError(url, f"{len(clocks)} clock values for {len(san)} plies")
    board = board_of(data["variant"], data.get("initialFen"))
    uci = replay(board, san)
    if data["status"] == "mate" and data["variant"] in CHECKMATED and not board.is_checkmate():
        raise PageError(url, f"status is mate, but {board.fen()} is no checkmate")
    return {"san": san, "uci": uci}


def _analysis(url: str, data: dict[str, Any]) -> dict[str, Any]:
    """Turn the evaluations into one array for each figure."""
    if (entries := data.get("analysis")) is None:
        return {}
    plies = len(data["moves"].split())
    if not min(plies, ANALYSED_PLIES) - 1 <= len(entries) <= plies:
        raise PageError(url, f"{len(entries)} evaluations for {plies} plies")
    return {
        "eval_cp": tuple([entry.get("eval") for entry in entries]),
        "mate": tuple([entry.get("mate") for entry in entries]),
        "best": tuple([entry.get("best") for entry in entries]),
        "judgment": tuple([(entry.get("judgment") or {}).get("name") for entry in entries]),
    }
