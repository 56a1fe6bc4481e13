"""Who sits where: the players of a record."""

from collections.abc import Mapping
from typing import Any

from crawlers.items.duels import DuelMatch


def player(data: dict[str, Any], seat: str, matches: list[DuelMatch]) -> dict[str, Any]:
    """Return the columns of *seat*, ``player1`` or ``player2``, with the ratings of *matches*."""
    player = data[seat]
    nobody = not player["username"]
    changes = [getattr(match, f"{seat}_rating_change") for match in matches]
    after = [getattr(match, f"{seat}_rating_after") for match in matches]
    known = [change for change in changes if change is not None]
    values = {
        "id": _user_id(player),
        "name": player["username"] or None,
        "rating": player.get("rating"),
        "rating_change": sum(known) if known else None,
        "rating_after": next((rating for rating in after[::-1] if rating is not None), None),
        "experience": player.get("experience"),
        "legality": player.get("legality"),
        "main_total": player.get("main_total"),
        "side_total": player.get("side_total", _length(player.get("side"))),
        "extra_total": player.get("extra_total"),
    }
    return {f"{seat}_{name}": None if nobody else value for name, value in values.items()}


def partner(data: dict[str, Any], seat: str) -> dict[str, Any]:
    """Return the columns of *seat*, ``player3`` or ``player4``, of a tag duel."""
    player = data.get(seat) or {}
    return {f"{seat}_id": _user_id(player), f"{seat}_name": player.get("username") or None}


def _user_id(player: Mapping[str, Any]) -> str | None:
    return str(player["user_id"]) if player.get("user_id") else None


def _length(cards: Any) -> int | None:
    return len(cards) if isinstance(cards, list) else None
