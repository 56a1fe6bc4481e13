"""A game object written as PGN, the site's default format."""

import functools
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

RESULTS = {"white": "1-0", "black": "0-1"}
VARIANTS = {
    "fromPosition": "From Position",
    "kingOfTheHill": "King of the Hill",
    "racingKings": "Racing Kings",
    "threeCheck": "Three-check",
}
TERMINATIONS = {
    "created": "Unterminated",
    "started": "Unterminated",
    "aborted": "Abandoned",
    "noStart": "Abandoned",
    "timeout": "Time forfeit",
    "outoftime": "Time forfeit",
    "insufficientMaterialClaim": "Insufficient material",
    "cheat": "Rules infraction",
    "unknownFinish": "Unknown",
}


def pgn(game: dict[str, Any]) -> str:
    """Write *game* with its tags, and with clock comments where it has clocks."""
    tags = "".join(f'[{name} "{value}"]\n' for name, value in _tags(game).items())
    moves = _moves(game.get("moves", ""), tuple(game.get("clocks", ())))
    return f"{tags}\n{moves}{_result(game)}\n\n\n"


def _tags(game: dict[str, Any]) -> dict[str, object]:
    created = datetime.fromtimestamp(game["createdAt"] / 1000, UTC)
    white, black = game["players"]["white"], game["players"]["black"]
    tags: dict[str, object] = {
        "Event": f"{'rated' if game['rated'] else 'casual'} {game['perf']} game",
        "Site": f"https://lichess.org/{game['id']}",
        "Date": f"{created:%Y.%m.%d}",
        "Round": "-",
        "White": _name(white),
        "Black": _name(black),
        "Result": _result(game),
        "GameId": game["id"],
        "UTCDate": f"{created:%Y.%m.%d}",
        "UTCTime": f"{created:%H:%M:%S}",
        "WhiteElo": white.get("rating", "?"),
        "BlackElo": black.get("rating", "?"),
        "Variant": VARIANTS.get(game["variant"], game["variant"].title()),
        "TimeControl": _time_control(game),
        "Termination": TERMINATIONS.get(game["status"], "Normal"),
    }
    if fen := game.get("initialFen"):
        tags |= {"FEN": fen, "SetUp": "1"}
    return tags


def _name(player: dict[str, Any]) -> str:
    if "aiLevel" in player:
        return f"lichess AI level {player['aiLevel']}"
    name: str = player.get("user", player).get("name", "Anonymous")
    return name


def _time_control(game: dict[str, Any]) -> str:
    if clock := game.get("clock"):
        return f"{clock['initial']}+{clock['increment']}"
    days = game.get("daysPerTurn")
    return f"{days} days per move" if days else "-"


def _result(game: dict[str, Any]) -> str:
    if game["status"] in {"created", "started", "aborted"}:
        return "*"
    return RESULTS.get(game.get("winner", ""), "1/2-1/2")


@functools.lru_cache(4096)
def _moves(moves: str, clocks: tuple[int, ...]) -> str:
    parts = []
    sans = moves.split()
    for ply, (san, clock) in enumerate(zip_longest(sans, clocks[: len(sans)])):
        number = f"{ply // 2 + 1}{'...' if ply % 2 else '.'} "
        comment = "" if clock is None else f" {{ [%clk {_hms(clock)}] }}"
        parts.append(f"{number if comment or ply % 2 == 0 else ''}{san}{comment} ")
    return "".join(parts)


def _hms(centiseconds: int) -> str:
    seconds = centiseconds // 100
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
