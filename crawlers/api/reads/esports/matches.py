"""Matches: maps, rounds, players, performance, economy."""

from collections.abc import Mapping
from typing import Literal

from crawlers.api.reads.definitions import Filter, Sort, each, listing_of, way
from crawlers.api.reads.filters import at, span, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.things import Thing, add_thing
from crawlers.items.base import Item
from crawlers.items.esports import (
    EsportsMap,
    EsportsMapEconomy,
    EsportsMapPerformance,
    EsportsMapPlayer,
    EsportsMatch,
    EsportsRound,
    EsportsRoundEconomy,
)

router = reading("/v1/esports", "esports")

# A line over the whole match and both sides is in each match that has players.
OF_PLAYER = each("esports_map_players as p", "esports_matches as m where m.id = p.match_id")
LINE = "p.game_id = 'all' and p.side = 'both'"
MATCHES = listing_of(
    EsportsMatch,
    way(by="-starts_at", tests="since until"),
    way("status", by="-starts_at", tests="since until"),
    way("event", by="-starts_at", tests="status since until"),
    way("team", by="-starts_at", tests="status since until event"),
    way(
        "player",
        by="-id",
        tests="status event",
        source=OF_PLAYER,
        key={"p.match_id": str},
        always=LINE,
    ),
    filters={
        "status": Filter(Literal["upcoming", "live", "completed"], "how far it is"),
        "event": text("the id of the event", "t.event_id"),
        "team": text("the id of a team in it", "t.team1_id", "t.team2_id"),
        "player": text("the id of a player in it", "p.player_id"),
        **span("t.starts_at"),
    },
    sorts={
        "starts_at": at("t.starts_at", may_be_null=True),
        "id": Sort({"p.match_id::bigint": int}),
    },
)

OWNED: Mapping[str, type[Item]] = {
    "maps": EsportsMap,
    "rounds": EsportsRound,
    "players": EsportsMapPlayer,
    "performances": EsportsMapPerformance,
    "economy": EsportsMapEconomy,
    "round_economy": EsportsRoundEconomy,
}
add_list(router, "/matches", MATCHES, "Matches: to come, live, completed")
add_thing(router, "/matches/{match}", Thing(EsportsMatch, OWNED), "A match: all of it")
