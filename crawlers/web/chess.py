"""A chess player: results, ratings and accuracy over time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import from_json

from crawlers.api.access import requires
from crawlers.api.problems import Problem
from crawlers.api.reads import chess
from crawlers.api.reads.filters import LowerText
from crawlers.api.reads.lists import window_of
from crawlers.api.reads.summed import TheDerived
from crawlers.api.state import PublicDatabase
from crawlers.items.chess import ChessPlayer
from crawlers.storage.database import Database
from crawlers.storage.listing import read as read_window
from crawlers.storage.things import thing
from crawlers.web.listings import BY_NAME, Listed
from crawlers.web.plots import Plot, Point, Series, plot
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("read"))])

DAYS_MAX = 8 * 366 * 8
"""Rating points of a plot: eight years of eight categories."""
GAMES = 1000
MEAN_OF = 20
"""Games whose mean accuracy is a point of the line."""
SHOWN = 20


@router.get("/chess/player")
async def show_player(
    request: Request,
    database: PublicDatabase,
    derived: TheDerived,
    player: Annotated[LowerText, Query()],
) -> Response:
    """Show a player with what his games and ratings say."""
    found = await thing(database, ChessPlayer, [player])
    try:
        answer = await chess.read_statistics(database, derived, player)
        summed: dict[str, Any] | None = from_json(bytes(answer.body))
    except Problem:
        summed = None
    if found is None and summed is None:
        raise Problem(404, "nothing of this player is stored")
    games = await newest(database, BY_NAME["chess-games"], {"player": player}, GAMES)
    return page(
        request,
        "chess_player.html",
        player=player,
        found=found,
        summed=summed,
        ratings=await ratings_of(database, player),
        accuracy=accuracy_of(games, player),
        games=games[:SHOWN],
        listed=BY_NAME["chess-games"],
    )


async def newest(
    database: Database, listed: Listed, given: Mapping[str, Any], most: int
) -> list[dict[str, Any]]:
    """Return up to *most* rows of a list in its own order, more than a page of the API has."""
    window = window_of(listed.listing, listed.query.model_validate(given), {})
    return (await read_window(database, replace(window, limit=most))).rows


async def ratings_of(database: Database, player: str) -> Plot | None:
    """Return the ratings of *player* over time, by category."""
    rows = await newest(database, BY_NAME["chess-ratings"], {"player": player}, DAYS_MAX)
    by_perf: dict[str, list[Point]] = {}
    for row in sorted(rows, key=lambda row: row["day"]):
        at = datetime.combine(row["day"], time(), UTC).timestamp()
        by_perf.setdefault(row["perf"], []).append(Point(at, row["rating"]))
    series = [Series(perf, points) for perf, points in by_perf.items()]
    series.sort(key=lambda one: -len(one.points))
    return plot("Ratings", "", series)


def accuracy_of(games: list[dict[str, Any]], player: str) -> Plot | None:
    """Return the accuracy of *player* in the analysed ones of *games*, and its moving mean."""
    points = list(_accuracies(reversed(games), player))
    found = [Series("each game", points, "dots")]
    if len(points) > MEAN_OF:
        values = [point.value for point in points]
        means = [
            Point(points[n].at, sum(values[n - MEAN_OF + 1 : n + 1]) / MEAN_OF)
            for n in range(MEAN_OF - 1, len(points))
        ]
        found.append(Series(f"mean of {MEAN_OF} games", means))
    return plot("Accuracy", "per cent, in games that were analysed", found)


def _accuracies(games: Iterator[dict[str, Any]], player: str) -> Iterator[Point]:
    for game in games:
        side = "white" if game["white_id"] == player else "black"
        value = game[f"{side}_accuracy"]
        if value is not None:
            yield Point(game["created_at"].timestamp(), value)
