"""Snapshots of prices for tests, and what the views say of them. Times are days: see `day`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.storage.things import Look

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
IN, OUT, GONE = "in_stock", "out_of_stock", "gone"
INSERT = """
insert into price_snapshots
    (platform, product_id, variant_id, at, price_minor, currency, availability)
values ('shopee', %s, %s, %s, %s, %s, %s)
"""
Point = tuple[float, int | None, str | None]
"""When, the price, the availability."""


def day(number: float) -> datetime:
    """Return the instant *number* days after the first midnight."""
    return MIDNIGHT + timedelta(days=number)


def days(at: datetime | None) -> float | None:
    """Return what `day` was given."""
    return None if at is None else (at - MIDNIGHT) / timedelta(days=1)


def insert(
    look: Look,
    *points: Point,
    product: str = "1",
    variant: str | None = None,
    currency: str | None = "SGD",
) -> None:
    """Store the snapshots of one series."""
    with psycopg.connect(look.url, autocommit=True) as connection:
        for at, price, availability in points:
            row = [product, variant, day(at), price, currency, availability]
            connection.execute(INSERT, row)


def spells(look: Look) -> list[tuple[Any, ...]]:
    """Return product, variant, begin, end and how long it is known, of all spells."""
    query = """
        select product_id, variant_id, began_at, ended_at, known_until from product_stock_spells
        order by product_id, variant_id nulls first, began_at
    """
    return [
        (row["product_id"], row["variant_id"], *map(days, list(row.values())[2:]))
        for row in look.rows(query)
    ]


def statistics(look: Look, source: str = "product_price_statistics") -> list[dict[str, Any]]:
    """Return the statistics of all series, times in days."""
    query = f"select * from {source} order by product_id, variant_id nulls first, currency"  # noqa: S608 - ours
    return [
        {name: days(value) if name.endswith("_at") else value for name, value in row.items()}
        for row in look.rows(query)
    ]


def over(since: float, until: float) -> str:
    """Return the statistics of a span, for `statistics`."""
    return f"price_statistics('{day(since)}', '{day(until)}')"


def keywords(look: Look, source: str = "keyword_price_statistics") -> list[tuple[Any, ...]]:
    """Return the statistics of all keywords, without the platform."""
    query = f"select * from {source} order by region, keyword, currency"  # noqa: S608 - ours
    return [tuple(row.values())[1:] for row in look.rows(query)]


def find(look: Look, keyword: str, *products: str, currency: str | None = "SGD") -> None:
    """Store that *keyword* has found *products*."""
    for number, product in enumerate(products, 1):
        look.execute(f"""
            insert into product_keywords values ('shopee', 'sg', '{keyword}', '{product}', {number},
              false, 'shopee', 'u', now(), now(), now(), now());
            insert into products (platform, id, currency, source, source_url, fetched_at,
              first_seen_at, changed_at, checked_at)
            values ('shopee', '{product}', {f"'{currency}'" if currency else "null"},
              'shopee', 'u', now(), now(), now(), now()) on conflict do nothing
        """)  # noqa: S608 - ours
