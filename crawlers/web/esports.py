"""A match: the score, each map round by round, every player, the economy."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from crawlers.api.access import requires
from crawlers.api.reads.esports.matches import OWNED
from crawlers.api.reads.models import Text
from crawlers.api.state import PublicDatabase, TheSources
from crawlers.items.esports import EsportsMatch
from crawlers.storage.things import thing
from crawlers.web.missing import NotStored
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("read"))])

WHOLE = "all"


@router.get("/esports/match")
async def show_match(
    request: Request,
    database: PublicDatabase,
    sources: TheSources,
    match: Annotated[Text, Query()],
) -> Response:
    """Show a match: all of it."""
    found = await thing(database, EsportsMatch, [match], OWNED)
    if found is None:
        raise NotStored(sources, EsportsMatch, [match])
    maps = sorted(found["maps"], key=lambda one: one["number"])
    return page(
        request,
        "esports_match.html",
        match=found,
        maps=[_map(found, one) for one in maps],
        players=_players(found, WHOLE),
        sides={1: found["team1_name"] or "Team 1", 2: found["team2_name"] or "Team 2"},
    )


def _map(found: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map with what belongs to it."""
    game = one["game_id"]
    economy = {row["number"]: row for row in found["round_economy"] if row["game_id"] == game}
    rounds = [row for row in found["rounds"] if row["game_id"] == game]
    return {
        "map": one,
        "rounds": [{**row, "economy": economy.get(row["number"])} for row in rounds],
        "players": _players(found, game),
        "economy": [row for row in found["economy"] if row["game_id"] == game],
    }


def _players(found: Mapping[str, Any], game: str) -> list[dict[str, Any]]:
    """Return the players of a map over both sides, the best of each team first."""
    rows = [one for one in found["players"] if one["game_id"] == game and one["side"] == "both"]
    return sorted(rows, key=lambda one: (one["team"], -(one["rating"] or 0), -(one["acs"] or 0)))
