"""Chess: players, ratings, games, moves, statistics."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Response

from crawlers.api.problems import Problem
from crawlers.api.reads.answers import age_s, answer
from crawlers.api.reads.definitions import KEY, listing_of, way
from crawlers.api.reads.filters import LowerText, at, beginning, flag, lower, named, span, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.models import AGE, Answer, Count, Int64, Text
from crawlers.api.reads.summed import Summed, TheDerived
from crawlers.api.reads.things import Thing, add_thing, missing
from crawlers.api.state import PublicDatabase
from crawlers.items.chess import ChessGame, ChessPlayer, RatingPoint
from crawlers.storage import chess_statistics
from crawlers.storage.things import rows
from crawlers.storage.versions import version as version_of

router = reading("/v1/chess", "chess")

NAME, BY_NAME = named("t.name")
PLAYERS = listing_of(
    ChessPlayer,
    way(by="name games"),
    way("name", by="name"),
    way("title", by="-games"),
    filters={
        "name": beginning("the beginning of the name, in any case", NAME),
        "title": text("GM, IM, ..., or BOT"),
    },
    sorts={"name": BY_NAME, "games": at("t.games", int, may_be_null=True)},
)

RATINGS = listing_of(
    RatingPoint,
    way("player", by="-day"),
    way("player", "perf", by="-day", tests="since until"),
    filters={
        "player": lower("the player's name, in any case"),
        "perf": text("the rating category"),
        **span("t.day", date),
    },
    sorts={"day": KEY},
)

ARRAYS = ("san", "uci", "clock_cs", "eval_cp", "mate", "best", "judgment")
ANY_GAME = "rated since until"
GAMES = listing_of(
    ChessGame,
    way(by="-created_at", tests=ANY_GAME),
    way("player", by="-created_at", tests=f"{ANY_GAME} perf opening status"),
    way("white", by="-created_at", tests=f"{ANY_GAME} perf opening status black"),
    way("black", by="-created_at", tests=f"{ANY_GAME} perf opening status"),
    way("perf", by="-created_at", tests=ANY_GAME),
    way("opening", by="-created_at", tests=f"{ANY_GAME} perf"),
    filters={
        "player": lower("of this player, by name in any case", "t.white_id", "t.black_id"),
        "white": lower("the player of White", "t.white_id"),
        "black": lower("the player of Black", "t.black_id"),
        "perf": text("the rating category: blitz, ..."),
        "rated": flag("rated games only, or casual ones only"),
        "opening": text("the code of the opening, such as B20", "t.opening_eco"),
        "status": text("how it ended: mate, resign, ..."),
        **span("t.created_at"),
    },
    sorts={"created_at": at("t.created_at")},
    without=ARRAYS,
)

add_list(router, "/players", PLAYERS, "Players that are stored")
add_thing(router, "/players/{player}", Thing(ChessPlayer, in_lower_case=["player"]), "A player")
add_list(router, "/players/{player}/ratings", RATINGS, "A player's ratings, day by day")
add_list(router, "/games", GAMES, "Games, without their moves")
add_thing(router, "/games/{game}", Thing(ChessGame), "A game, with its moves as lists")


class Move(Answer):
    """A half-move."""

    ply: int
    san: str
    uci: str
    clock_cs: Int64 | None
    eval_cp: Int64 | None
    mate: Int64 | None
    best: str | None
    judgment: str | None


class Moves(Answer):
    """The moves of a game, the first one first."""

    game: str
    age_s: int = AGE
    rows: list[Move]


class Results(Answer):
    """Games, and how they ended for the player."""

    color: str
    games: Count
    wins: Count
    draws: Count
    losses: Count


class Record(Results):
    """What the player did in one rating category with one colour."""

    perf: str
    rated_games: Count
    analysed_games: Count
    accuracy: float | None
    acpl: float | None
    highest_rating: Int64 | None
    lowest_rating: Int64 | None
    opponents_rating: float | None
    first_at: datetime
    last_at: datetime


class Opening(Results):
    """An opening that the player often has."""

    opening_eco: str
    opening_name: str | None


class Rating(Answer):
    """The player's rating in one category over time."""

    perf: str
    days: Count
    first_day: date
    last_day: date
    first_rating: Int64
    last_rating: Int64
    lowest_rating: Int64
    highest_rating: Int64


class PlayerStatistics(Summed):
    """What the stored games and ratings say of a player."""

    player: str
    records: list[Record]
    openings: list[Opening]
    ratings: list[Rating]


@router.get("/games/{game}/moves", response_model=Moves)
async def read_moves(database: PublicDatabase, game: Annotated[Text, Path()]) -> Response:
    """Return every move of a game: clocks, evaluations, better moves."""
    columns = ", ".join(Move.model_fields)
    query = f"select {columns} from chess_moves where game = %(game)s order by ply"  # noqa: S608
    found = await rows(database, query, {"game": game})
    of_game = "select checked_at from chess_games where id = %(game)s"
    stored = await rows(database, of_game, {"game": game})
    if not stored:
        raise missing(ChessGame)
    age = age_s(stored[0])
    return answer({"game": game, "age_s": age, "rows": found}, age)


@router.get("/players/{player}/statistics", response_model=PlayerStatistics)
async def read_statistics(
    database: PublicDatabase, derived: TheDerived, player: Annotated[LowerText, Path()]
) -> Response:
    """Return a player's results by category and colour, openings, accuracy and ratings."""
    version = await version_of(database, chess_statistics.READ, {"player": player})
    if not version.rows:
        raise Problem(404, "no games or ratings of this player are stored")

    async def make() -> dict[str, object]:
        return {"player": player, **await chess_statistics.statistics(database, player)}

    return await derived.get(("chess", player), version, make)
