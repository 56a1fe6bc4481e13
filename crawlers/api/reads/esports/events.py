"""Events, with their prizes, teams, standings, matches and maps."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from crawlers.api.reads.definitions import KEY, Filter, listing_of, way
from crawlers.api.reads.filters import at, beginning, named, span, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.things import Thing, add_thing
from crawlers.items.base import Item
from crawlers.items.esports import (
    EsportsEvent,
    EsportsEventMap,
    EsportsEventMatch,
    EsportsEventTeam,
    EsportsPrize,
    EsportsStanding,
)

router = reading("/v1/esports", "esports")

NAME, BY_NAME = named("t.name")
STATUS = "coalesce(t.listed_status, t.status)"
Status = Literal["upcoming", "ongoing", "completed", "paused"]
EVENTS = listing_of(
    EsportsEvent,
    way(by="-starts_on name", tests="since until"),
    way("status", by="-starts_on", tests="since until region"),
    way("region", by="-starts_on", tests="since until"),
    way("series", by="-starts_on", tests="since until"),
    way("name", by="name"),
    filters={
        "status": Filter(Status, "as the list of events says, or else its own page", (STATUS,)),
        "region": text("the region, as shown"),
        "series": text("the id of the series", "t.series_id"),
        "name": beginning("the beginning of the name, in any case", NAME),
        **span("t.starts_on", date),
    },
    sorts={"starts_on": at("t.starts_on", date, may_be_null=True), "name": BY_NAME},
)
OF_EVENT = text("the id of the event", "t.event_id")
STANDINGS = listing_of(
    EsportsStanding,
    way("event", by="place"),
    way("event", "stage", by="place"),
    filters={"event": OF_EVENT, "stage": text("the stage, as shown")},
    sorts={"place": KEY},
)
EVENT_MATCHES = listing_of(
    EsportsEventMatch,
    way("event", by="starts_at", tests="status stage"),
    filters={
        "event": OF_EVENT,
        "status": text("upcoming, live, completed, tbd"),
        "stage": text("the stage, as shown"),
    },
    sorts={"starts_at": at("t.starts_at", may_be_null=True)},
)

OWNED: Mapping[str, type[Item]] = {
    "prizes": EsportsPrize,
    "teams": EsportsEventTeam,
    "standings": EsportsStanding,
    "matches": EsportsEventMatch,
    "maps": EsportsEventMap,
}
add_list(router, "/events", EVENTS, "Events")
add_thing(router, "/events/{event}", Thing(EsportsEvent, OWNED), "An event: all of it")
add_list(router, "/events/{event}/standings", STANDINGS, "The groups of an event")
add_list(router, "/events/{event}/matches", EVENT_MATCHES, "The place of an event's matches in it")
