"""Statistics of keywords, computed by hand; what the writer's rows give; what a query reads."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from crawlers.items.products import Product, ProductKeyword, ProductVariant
from crawlers.storage.postgres import Writer
from tests.storage.snapshots import IN, OUT, day, find, insert, keywords
from tests.storage.things import Look, harvest

ONE_PRODUCT = "platform = 'shopee' and product_id = '77'"
ONE_KEYWORD = "platform = 'shopee' and keyword = 'lamp'"
SPAN = "'2026-03-02', '2026-03-09'"


def test_a_keyword_computed_by_hand(look: Look) -> None:
    insert(look, (0, 1000, IN), (1, 1100, IN), (2, 1100, OUT), product="1")  # +0 %, +10 %
    insert(look, (0, 2000, OUT), (1, 2000, IN), (2, 1800, IN), product="2")  # -10 %, -10 %
    insert(look, (0, 400, OUT), (1, 400, IN), (2, 500, OUT), product="3")  # +25 %, +25 %
    insert(look, (2, 300, IN), product="4")  # no yesterday, 0 %
    insert(look, (0, None, OUT), product="5")
    insert(look, (0, 1, IN), variant="7")  # variants do not count
    insert(look, (0, 9, IN), product="6")
    find(look, "lamp", "1", "2", "3", "4", "5")
    find(look, "fan", "6", "1")
    row = (5, 4, 300, 1800, 800, Decimal("0.00"), Decimal("5.00"), 3, 5)
    assert keywords(look) == [
        ("sg", "fan", "SGD", 2, 2, 9, 1100, 555, Decimal("0.00"), Decimal("5.00"), 1, 1),
        ("sg", "lamp", "SGD", *row),
    ]


def test_a_keyword_keeps_currencies_apart(look: Look) -> None:
    insert(look, (0, 1000, IN), product="1")
    insert(look, (0, 70, IN), product="2", currency="USD")
    insert(look, (0, 500, IN), product="3")
    insert(look, (1, 60, IN), product="3", currency="USD")  # its latest
    find(look, "lamp", "1", "2", "3")
    find(look, "lamp", "4", currency=None)
    assert [row[2:7] for row in keywords(look)] == [
        ("SGD", 1, 1, 1000, 1000),
        ("USD", 2, 2, 60, 70),
        (None, 1, 0, None, None),
    ]


def test_a_keyword_over_a_span(look: Look) -> None:
    insert(look, (0, 1000, OUT), (1, 900, IN), (2, 800, OUT), (3, 100, IN), product="1")
    insert(look, (3, 5, IN), product="2")
    find(look, "lamp", "1", "2")
    source = f"keyword_statistics('{day(1)}', '{day(3)}')"
    assert keywords(look, source) == [
        ("sg", "lamp", "SGD", 2, 1, 800, 800, 800, Decimal("-11.11"), Decimal("-11.11"), 1, 1)
    ]


async def test_what_the_writer_stores_has_statistics(writer: Writer, look: Look) -> None:
    def product(price: int, availability: Any) -> Product:
        values: dict[str, Any] = {"platform": "shopee", "currency": "SGD"}
        values |= {"price_minor": price, "availability": availability}
        variant = ProductVariant(product_id="1", id="7", **values)
        return Product(id="1", variants=(variant,), **values)

    found = ProductKeyword(
        platform="shopee", region="sg", keyword="*", product_id="1", position=1, is_ad=False
    )
    await writer.store(harvest(product(200, IN), found, at=0))
    await writer.store(harvest(product(150, OUT), found, at=3600))
    await writer.store(harvest(product(150, OUT), found, at=86_400))
    await writer.store(harvest(product(180, IN), found, at=90_000))
    rows = look.rows("select * from product_price_statistics order by variant_id nulls first")
    assert [row["variant_id"] for row in rows] == [None, "7"]
    prices = ("price_minor", "lowest_minor", "highest_minor", "median_minor")
    more = ("since_yesterday_minor", "since_first_minor", "out_of_stock_spells", "out_of_stock_s")
    for row in rows:
        assert [row[name] for name in prices] == [180, 150, 200, 165]
        assert [row[name] for name in more] == [30, -20, 1, 86_400]
    change = (Decimal("20.00"), Decimal("-10.00"))
    assert keywords(look) == [("sg", "*", "SGD", 1, 1, 180, 180, 180, *change, 0, 1)]


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parts of *plan* that read the snapshots."""
    if plan.get("Relation Name") == "price_snapshots":
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


@pytest.fixture
def many(look: Look) -> Look:
    """Give a database with 2,000 products of 20 days, one in a hundred of a keyword."""
    look.execute("""
        insert into price_snapshots (platform, product_id, at, price_minor, currency, availability)
        select 'shopee', product, timestamptz '2026-03-01 00:00Z' + day * interval '1 day',
          100 + day, 'SGD', case when day % 7 = 3 then 'out_of_stock' else 'in_stock' end
        from generate_series(1, 2000) as product, generate_series(0, 19) as day;
        insert into product_keywords
        select 'shopee', 'sg', 'lamp', product * 100, product, false, 'shopee', 'u',
          now(), now(), now(), now()
        from generate_series(1, 20) as product;
        analyze
    """)
    return look


@pytest.mark.parametrize(
    ("source", "condition"),
    [
        ("product_price_statistics", ONE_PRODUCT),
        ("product_price_statistics", f"{ONE_PRODUCT} and variant_id is null"),
        (f"price_statistics({SPAN})", ONE_PRODUCT),
        (f"stock_statistics({SPAN})", ONE_PRODUCT),
        ("product_stock_spells", ONE_PRODUCT),
        ("keyword_price_statistics", ONE_KEYWORD),
        (f"keyword_statistics({SPAN})", ONE_KEYWORD),
    ],
)
def test_who_asks_for_one_product_reads_no_other(many: Look, source: str, condition: str) -> None:
    [plan] = many.one(f"explain (format json) select * from {source} where {condition}")  # noqa: S608 - ours
    found = list(scans(plan["Plan"]))
    assert found
    for one in found:
        assert "product_id = " in one.get("Index Cond", one.get("Recheck Cond", "")), one
