"""What a product costs and did cost, and several of them side by side."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from crawlers.api.access import requires
from crawlers.api.reads.models import Text
from crawlers.api.state import PublicDatabase, TheSources
from crawlers.clean import EXPONENTS
from crawlers.items.products import Platform, Product, ProductVariant
from crawlers.storage import prices
from crawlers.storage.database import Database
from crawlers.storage.prices import Watched
from crawlers.storage.things import thing
from crawlers.web.alert_form import watching
from crawlers.web.missing import NotStored
from crawlers.web.plots import Plot, Point, Series, plot
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("read"))])

SPANS = (7, 30, 90, 365)
VARIANTS = 7
"""Variants that are drawn, beside the product."""
COMPARED = 8
GONE = {"out_of_stock", "gone"}
SHOWN = 50

Days = Annotated[int | None, Query(ge=1, le=36_500)]


@router.get("/products/product")
async def show_product(
    request: Request,
    database: PublicDatabase,
    sources: TheSources,
    platform: Annotated[Platform, Query()],
    product: Annotated[Text, Query()],
    days: Days = None,
) -> Response:
    """Show a product, its variants and their prices over time."""
    found = await thing(database, Product, [platform, product], {"variants": ProductVariant})
    if found is None:
        raise NotStored(sources, Product, [platform, product])
    watched = (await prices.products(database, [platform], product))[0]
    one, since = prices.Series(platform, product), since_of(watched, days)
    points = await prices.history(database, one, since)
    return page(
        request,
        "product.html",
        found=found,
        watched=watched,
        watch=watching(found),
        days=days,
        spans=SPANS,
        statistics=await prices.statistics(database, one, since),
        points=points[: -SHOWN - 1 : -1],
        plots_of=await _plots(database, watched, found["variants"], since),
    )


@router.get("/products/compare")
async def compare(
    request: Request,
    database: PublicDatabase,
    of: Annotated[list[str], Query(max_length=COMPARED)] = [],  # noqa: B006 - FastAPI copies it
    days: Days = None,
) -> Response:
    """Show the prices of several products in one plot. Of several currencies: against the first."""
    named = {name: await _product(database, name) for name in dict.fromkeys(of) if name}
    found = [one for one in named.values() if one is not None]
    lines = [(one, *await _line(database, one, since_of(one, days))) for one in found]
    currencies = {currency for _, currency, points in lines if points}
    is_relative = len(currencies) > 1
    series = [
        Series(
            one.name or f"{one.platform}:{one.id}",
            relative(points) if is_relative else points,
            "steps",
        )
        for one, _, points in lines
    ]
    unit = "per cent of the first price" if is_relative else next(iter(currencies), "")
    return page(
        request,
        "compare.html",
        of=[f"{one.platform}:{one.id}" for one in found],
        unknown=[name for name, one in named.items() if one is None],
        lines=lines,
        days=days,
        spans=SPANS,
        most=COMPARED,
        plot=plot("Prices", unit or "", series, until_of(found)),
    )


async def _plots(
    database: Database, watched: Watched, variants: Sequence[dict[str, str]], since: datetime | None
) -> list[Plot]:
    """Return a plot for each currency: of the product, and of some of its variants."""
    names: dict[str | None, str] = {None: "lowest of all variants"}
    names |= {one["id"]: one["name"] or one["id"] for one in variants[:VARIANTS]}
    by_currency: dict[str, list[Series]] = {}
    for variant, name in names.items():
        one = prices.Series(watched.platform, watched.id, variant)
        points = await prices.history(database, one, since)
        for currency in dict.fromkeys(p.currency for p in points if p.currency):
            found = Series(name, list(steps_of(points, currency)), "steps")
            by_currency.setdefault(currency, []).append(found)
    until = watched.checked_at.timestamp()
    drawn = (plot("Price", unit, series, until) for unit, series in by_currency.items())
    return [one for one in drawn if one is not None]


async def _line(
    database: Database, one: Watched, since: datetime | None
) -> tuple[str | None, list[Point]]:
    """Return the prices of a product in the currency that it has now."""
    found = await prices.history(database, prices.Series(one.platform, one.id), since)
    currency = next((point.currency for point in reversed(found) if point.currency), None)
    return currency, list(steps_of(found, currency))


async def _product(database: Database, name: str) -> Watched | None:
    platform, _, product = name.partition(":")
    found = await prices.products(database, [platform], product.strip()[:200])
    return found[0] if found else None


def steps_of(points: Sequence[prices.Point], currency: str | None) -> Iterator[Point]:
    """Yield the prices in *currency*, in its major unit; what a snapshot leaves out stays."""
    price, is_missing = None, False
    for one in points:
        if one.price_minor is not None and one.currency == currency:
            price = one.price_minor / 10 ** EXPONENTS.get(currency or "", 0)
        if one.availability:
            is_missing = one.availability in GONE
        if price is not None:
            yield Point(one.at.timestamp(), price, is_missing)


def relative(points: Sequence[Point]) -> list[Point]:
    """Return *points* in per cent of the first one that is not 0."""
    first = next((point.value for point in points if point.value), None)
    return [] if first is None else [p._replace(value=100 * p.value / first) for p in points]


def since_of(one: Watched, days: int | None) -> datetime | None:
    """Return the begin of the last *days* of UTC in which a product was seen."""
    today = one.checked_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1) if days else None


def until_of(found: Sequence[Watched]) -> float | None:
    """Return when the latest of *found* was seen."""
    return max((one.checked_at.timestamp() for one in found), default=None)
