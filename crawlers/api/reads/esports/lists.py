"""Rankings, standings of circuits, statistics, news."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from crawlers.api.reads.definitions import Filter, Sort, listing_of, way
from crawlers.api.reads.filters import at, span, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.things import Thing, add_thing
from crawlers.items.esports import (
    EsportsCircuitStanding,
    EsportsNews,
    EsportsRanking,
    EsportsStats,
)

router = reading("/v1/esports", "esports")

RANKINGS = listing_of(
    EsportsRanking,
    way(by="rank"),
    way("scope", by="rank"),
    way("scope", "region", by="rank"),
    way("team", by="rank"),
    filters={
        "scope": Filter(
            Literal["world", "region"], "world: the best of each region; region: all of it"
        ),
        "region": text("europe, la-s, ..."),
        "team": text("the id of the team", "t.team_id"),
    },
    sorts={"rank": Sort({"t.scope": str, "t.region": str, "t.rank": int})},
)
STANDINGS = listing_of(
    EsportsCircuitStanding,
    way(by="rank"),
    way("year", by="rank"),
    way("year", "region", by="rank"),
    filters={
        "year": Filter(Annotated[int, Field(ge=2000, le=9999)], "the year of the circuit"),
        "region": text("the region, as shown"),
    },
    sorts={"rank": Sort({"t.year": int, "t.region": str, "t.rank": int})},
)
MEASURES = ("rating", "acs", "kd", "adr")
STATISTICS = listing_of(
    EsportsStats,
    way("query", by="-rating -acs -kd -adr"),
    way("event", by="-rating"),
    way("player", by="query"),
    filters={
        "query": text("the filters of the page, in one order: region=emea&span=60d&tier=vct"),
        "event": text("the id of an event: its own statistics", "t.event_id"),
        "player": text("the id of the player", "t.player_id"),
    },
    sorts={
        **{name: at(f"t.{name}", float, may_be_null=True) for name in MEASURES},
        "query": Sort({"t.query": str}),
    },
)
NEWS = listing_of(
    EsportsNews,
    way(by="-id -listed_on", tests="since until"),
    way("author", by="-id"),
    filters={"author": text("who wrote it"), **span("t.listed_on", date)},
    sorts={
        "id": Sort({"t.id::bigint": int}),
        "listed_on": at("t.listed_on", date, may_be_null=True),
    },
    without=("text", "links", "images", "videos"),
)

add_list(router, "/rankings", RANKINGS, "Rankings of teams")
add_list(router, "/standings", STANDINGS, "Standings of a year's circuits")
add_list(router, "/statistics", STATISTICS, "Statistics of players, for a choice of filters")
add_list(router, "/news", NEWS, "Headlines, the newest first")
add_thing(router, "/news/{article}", Thing(EsportsNews), "An article, with its text")
