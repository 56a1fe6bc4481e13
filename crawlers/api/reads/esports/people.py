"""Teams with rosters and transactions; players with agents."""

from collections.abc import Mapping
from datetime import date

from crawlers.api.reads.definitions import listing_of, way
from crawlers.api.reads.filters import at, beginning, flag, named, span, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.things import Thing, add_thing
from crawlers.items.base import Item
from crawlers.items.esports import (
    EsportsPlayer,
    EsportsPlayerAgent,
    EsportsRosterMember,
    EsportsTeam,
    EsportsTransaction,
)

router = reading("/v1/esports", "esports")

NAME, BY_NAME = named("t.name")
ALIAS, BY_ALIAS = named("t.alias")
TEAMS = listing_of(
    EsportsTeam,
    way(by="name", tests="active"),
    way("name", by="name", tests="active"),
    way("region", by="rank"),
    way("country", by="name", tests="active"),
    filters={
        "name": beginning("the beginning of the name, in any case", NAME),
        "region": text("the region in which it is ranked", "t.rank_region"),
        "country": text("the code of the flag"),
        "active": flag("active teams only, or the others"),
    },
    sorts={"name": BY_NAME, "rank": at("t.rank", int, may_be_null=True)},
)
PLAYERS = listing_of(
    EsportsPlayer,
    way(by="alias"),
    way("alias", by="alias"),
    way("country", by="alias"),
    filters={
        "alias": beginning("the beginning of the alias, in any case", ALIAS),
        "country": text("the code of the flag"),
    },
    sorts={"alias": BY_ALIAS},
)
TRANSACTIONS = listing_of(
    EsportsTransaction,
    way(by="-happened_on", tests="since until"),
    way("team", by="-happened_on", tests="since until action"),
    way("player", by="-happened_on", tests="since until action"),
    filters={
        "team": text("the id of the team", "t.team_id"),
        "player": text("the id of the player", "t.player_id"),
        "action": text("join, leave, inactive, ..."),
        **span("t.happened_on", date),
    },
    sorts={"happened_on": at("t.happened_on", date, may_be_null=True)},
)

OWNED: Mapping[str, type[Item]] = {
    "roster": EsportsRosterMember,
    "transactions": EsportsTransaction,
}
add_list(router, "/teams", TEAMS, "Teams")
add_thing(router, "/teams/{team}", Thing(EsportsTeam, OWNED), "A team, with roster and moves")
add_list(router, "/players", PLAYERS, "Players")
add_thing(
    router,
    "/players/{player}",
    Thing(EsportsPlayer, {"agents": EsportsPlayerAgent}),
    "A player, with agents by span of time",
)
add_list(router, "/transactions", TRANSACTIONS, "Who joins and who leaves")
