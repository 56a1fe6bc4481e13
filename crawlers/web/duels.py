"""Win rates of duels: of a player, of a card, of a format."""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import from_json

from crawlers.api.access import requires
from crawlers.api.problems import Problem
from crawlers.api.reads import duels
from crawlers.api.reads.models import Text
from crawlers.api.reads.summed import TheDerived
from crawlers.api.state import PublicDatabase
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("read"))])

Asked = Annotated[Text | None, Query()]
Answer = Callable[..., Awaitable[Response]]
Row = Mapping[str, Any]
Z = 1.96
"""Of the normal distribution: 95 per cent lie within so many deviations."""
BARS = 15


class Rate(NamedTuple):
    """A share of *total* games, and where it lies with 95 % certainty (Wilson's interval)."""

    name: str
    share: float
    low: float
    high: float
    total: int


def rate(name: str, won: int, total: int) -> Rate:
    """Return how often something was won.

    >>> rate("first", 5, 10)
    Rate(name='first', share=0.5, low=0.237, high=0.763, total=10)
    """
    part, z2 = won / total, Z * Z
    middle = (part + z2 / (2 * total)) / (1 + z2 / total)
    spread = Z / (1 + z2 / total) * math.sqrt(part * (1 - part) / total + z2 / (4 * total**2))
    return Rate(name, part, round(middle - spread, 3), round(middle + spread, 3), total)


def rates(rows: Sequence[Row], name: Callable[[Row], str]) -> list[Rate]:
    """Return the rates of *rows* that were decided at all."""
    return list(_rates(rows, name))[:BARS]


def _rates(rows: Sequence[Row], name: Callable[[Row], str]) -> Iterator[Rate]:
    for row in rows:
        if decided := row["won"] + row["lost"]:
            yield rate(name(row), row["won"], decided)


@router.get("/duels/player")
async def show_player(
    request: Request, database: PublicDatabase, derived: TheDerived, player: Asked = None
) -> Response:
    """Show how a player's duels end."""
    found = await _found(duels.read_player, database, derived, player)
    plots = found and {
        "Matches won, by format": rates(found["matches"], lambda row: row["format"]),
        "Games won, by who goes first": rates(
            found["turns"], lambda row: "goes first" if row["went_first"] else "goes second"
        ),
        "Games won, by cards that were shown": rates(found["cards"], lambda row: row["card"]),
    }
    return page(request, "duels.html", what="player", name=player, found=found, plots_of=plots)


@router.get("/duels/card")
async def show_card(
    request: Request, database: PublicDatabase, derived: TheDerived, card: Asked = None
) -> Response:
    """Show how games end in which a card was seen."""
    found = await _found(duels.read_card, database, derived, card)
    title = "Games won by who has it, by format"
    plots = found and {title: rates(found["formats"], lambda row: row["format"])}
    return page(request, "duels.html", what="card", name=card, found=found, plots_of=plots)


@router.get("/duels/format")
async def show_format(
    request: Request,
    database: PublicDatabase,
    derived: TheDerived,
    name: Annotated[Text | None, Query(alias="format")] = None,
) -> Response:
    """Show who wins in a format, and with which cards."""
    found = await _found(duels.read_format, database, derived, name)
    plots = None
    if found:
        won, lost = found["first_won"], found["second_won"]
        order = [rate("goes first", won, won + lost)] if won + lost else []
        cards = rates(found["cards"], lambda row: row["card"])
        plots = {"Games won by who goes first": order, "Games won, by cards that were shown": cards}
    return page(request, "duels.html", what="format", name=name, found=found, plots_of=plots)


async def _found(
    answer: Answer, database: PublicDatabase, derived: TheDerived, name: str | None
) -> dict[str, Any] | None:
    """Return what the API answers; None where nothing is asked or stored."""
    if name is None:
        return None
    try:
        found: dict[str, Any] = from_json(bytes((await answer(database, derived, name)).body))
    except Problem:
        return None
    return found
