"""Duels: replays with their matches and games, the cards that were seen, win rates."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from crawlers.api.openapi import errors
from crawlers.api.problems import Problem
from crawlers.api.reads.definitions import KEY, listing_of, way
from crawlers.api.reads.filters import at, flag, span, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.models import Answer, Count, Text
from crawlers.api.reads.summed import Summed, TheDerived
from crawlers.api.reads.things import Thing, add_thing
from crawlers.api.state import PublicDatabase
from crawlers.items.base import Item
from crawlers.items.duels import DuelCard, DuelGame, DuelMatch, DuelReplay
from crawlers.storage import duel_statistics
from crawlers.storage.versions import Version, version

router = reading("/v1/duels", "duels")

SEATS = (1, 2, 3, 4)
TESTS = "rated tag since until"
REPLAYS = listing_of(
    DuelReplay,
    way(by="-ended_at", tests=TESTS),
    way("player", by="-ended_at", tests=f"{TESTS} format"),
    way("player_id", by="-ended_at", tests=f"{TESTS} format"),
    way("format", by="-ended_at", tests=TESTS),
    filters={
        "player": text("the user name of a player", *(f"t.player{n}_name" for n in SEATS)),
        "player_id": text("the user id of a player", *(f"t.player{n}_id" for n in SEATS)),
        "format": text("two letters of the site, such as er"),
        "rated": flag("rated duels only, or unrated ones only"),
        "tag": flag("two against two only, or none of these"),
        **span("t.ended_at"),
    },
    sorts={"ended_at": at("t.ended_at")},
)
CARDS = listing_of(
    DuelCard,
    way("card", by="-replay", tests="player"),
    way("replay", by="replay", tests="player"),
    filters={
        "card": text("the name of a card"),
        "replay": text("the id of a replay"),
        "player": text("the user name of the player in whose deck it is"),
    },
    sorts={"replay": KEY},
)

add_list(router, "/replays", REPLAYS, "Replays")
OWNED: Mapping[str, type[Item]] = {"matches": DuelMatch, "games": DuelGame, "cards": DuelCard}
add_thing(router, "/replays/{replay}", Thing(DuelReplay, OWNED), "A replay: all of it")
add_list(router, "/cards", CARDS, "Cards that were seen, game by game")


class Matches(Answer):
    """Matches of one format, and how they ended for the player."""

    format: str
    matches: Count
    won: Count
    lost: Count
    undecided: Count


class Games(Answer):
    """Games, and how they ended. A game that is neither won nor lost was drawn or not finished."""

    games: Count
    won: Count
    lost: Count


class TurnOrder(Games):
    """Games in which the player, or his team, went first; or did not."""

    went_first: bool
    drawn: Count


class CardGames(Games):
    """Games in which a card was seen, by who has it in his deck."""

    copies_seen: float | None = Field(description="on average, where it was seen at all")


class CardOf(CardGames):
    """One of several cards."""

    card: str


class CardIn(CardGames):
    """A card in one format."""

    format: str


class DuelistStatistics(Summed):
    """What the stored replays say of a player."""

    player: str
    matches: list[Matches]
    turns: list[TurnOrder]
    cards: list[CardOf] = Field(description="the 100 that were seen most")


class CardStatistics(Summed):
    """What the stored replays say of a card."""

    card: str
    formats: list[CardIn]


class FormatStatistics(Summed):
    """What the stored replays say of a format."""

    format: str
    games: Count
    first_won: Count = Field(description="games won by who went first")
    second_won: Count
    turns: float | None = Field(description="of a game, on average")
    cards: list[CardOf] = Field(description="the 100 that were seen most")


@router.get("/statistics/player", response_model=DuelistStatistics, responses=errors(404))
async def read_player(
    database: PublicDatabase, derived: TheDerived, player: Annotated[Text, Query()]
) -> Response:
    """Return a player's win rates: by format, by who goes first, by the cards that he showed."""
    seen = await version(database, duel_statistics.READ_OF_PLAYER, {"player": player})

    async def make() -> dict[str, object]:
        return {"player": player, **await duel_statistics.of_player(database, player)}

    return await derived.get(("duelist", player), _known(seen, "player"), make)


@router.get("/statistics/card", response_model=CardStatistics, responses=errors(404))
async def read_card(
    database: PublicDatabase, derived: TheDerived, card: Annotated[Text, Query()]
) -> Response:
    """Return how games ended in which a card was seen, for each format."""
    seen = await version(database, duel_statistics.READ_OF_CARD, {"card": card})

    async def make() -> dict[str, object]:
        return {"card": card, "formats": await duel_statistics.of_card(database, card)}

    return await derived.get(("card", card), _known(seen, "card"), make)


@router.get("/statistics/format", response_model=FormatStatistics, responses=errors(404))
async def read_format(
    database: PublicDatabase, derived: TheDerived, name: Annotated[Text, Query(alias="format")]
) -> Response:
    """Return how often who goes first wins in a format, and the cards that are seen most."""
    seen = await version(database, duel_statistics.READ_OF_FORMAT, {"format": name})

    async def make() -> dict[str, object]:
        return {"format": name, **await duel_statistics.of_format(database, name)}

    return await derived.get(("format", name), _known(seen, "format"), make)


def _known(seen: Version, what: str) -> Version:
    if not seen.rows:
        raise Problem(404, f"nothing of this {what} is stored")
    return seen
