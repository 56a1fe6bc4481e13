"""What is stored of the prices of one product: who it is, its history, its statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from crawlers.storage.database import Database

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Series:
    """What has a history: a product (*variant* is None) or one of its variants."""

    platform: str
    product: str
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A product and its shop, and when it was last seen (to within a minute)."""

    platform: str
    id: str
    name: str | None
    url: str | None
    shop_id: str | None
    shop: str | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice of a product."""

    id: str
    name: str | None
    options: list[str] | None


@dataclass(frozen=True, slots=True)
class Point:
    """A snapshot. Money is in the minor unit of its currency."""

    at: datetime
    price_minor: int | None
    list_price_minor: int | None
    discount_percent: float | None
    currency: str | None
    stock: int | None
    sold: int | None
    rating: float | None
    availability: str | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of a series in one currency: the view `product_price_statistics`."""

    platform: str
    product_id: str
    variant_id: str | None
    currency: str | None
    points: int
    first_at: datetime
    last_at: datetime
    first_minor: int
    price_minor: int
    lowest_minor: int
    lowest_at: datetime
    highest_minor: int
    highest_at: datetime
    median_minor: int
    since_yesterday_minor: int | None
    since_yesterday_percent: Decimal | None
    since_first_minor: int
    since_first_percent: Decimal | None
    out_of_stock_spells: int
    out_of_stock_s: int


PRODUCTS = """
select p.platform, p.id, p.name, p.url, p.shop_id, coalesce(s.name, s.username) as shop,
       p.checked_at
from products as p left join shops as s on s.platform = p.platform and s.id = p.shop_id
where p.platform = any(%(platforms)s) and p.id = %(product)s order by p.platform
"""

VARIANTS = """
select id, name, options from product_variants
where platform = %(platform)s and product_id = %(product)s order by length(id), id
"""

HISTORY = """
select at, price_minor, list_price_minor, discount_percent, currency, stock, sold, rating,
       availability
from price_snapshots
where platform = %(platform)s and product_id = %(product)s and variant_id {variant}
  and at >= %(since)s
order by at
"""

STATISTICS = """
select * from price_statistics(%(since)s, 'infinity')
where platform = %(platform)s and product_id = %(product)s and variant_id {variant}
order by last_at desc
"""


async def products(database: Database, platforms: Sequence[str], product: str) -> list[Watched]:
    """Return the products with the id *product* on any of *platforms*."""
    values = {"platforms": list(platforms), "product": product}
    return await _rows(database, Watched, sql.SQL(PRODUCTS), values)


async def variants(database: Database, series: Series) -> list[Variant]:
    """Return the variants that the product has now."""
    return await _rows(database, Variant, sql.SQL(VARIANTS), asdict(series))


async def history(database: Database, series: Series, since: datetime | None = None) -> list[Point]:
    """Return the snapshots from *since* on, the oldest first."""
    return await _of_series(database, Point, HISTORY, series, since)


async def statistics(
    database: Database, series: Series, since: datetime | None = None
) -> list[Statistics]:
    """Return the statistics from *since* on: one for each currency, the latest first."""
    return await _of_series(database, Statistics, STATISTICS, series, since)


async def _of_series(
    database: Database, row: type[Row], query: str, series: Series, since: datetime | None
) -> list[Row]:
    # `is not distinct from` would not use the index.
    variant = "is null" if series.variant is None else "= %(variant)s"
    values = asdict(series) | {"since": since or "-infinity"}
    return await _rows(database, row, sql.SQL(query).format(variant=sql.SQL(variant)), values)


async def _rows(
    database: Database, row: type[Row], query: sql.SQL | sql.Composed, values: Mapping[str, Any]
) -> list[Row]:
    async def work(connection: AsyncConnection[Any]) -> list[Row]:
        async with connection.cursor(row_factory=class_row(row)) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchall()

    return await database.run(work)
