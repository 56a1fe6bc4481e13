"""Prices over time: what a sighting of a product adds to them."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from crawlers.items.products import Product, ProductVariant
from crawlers.storage.postgres import Writer
from tests.storage.things import NOON, Look, harvest

DAY_S = 24 * 3600.0
HISTORY = (
    "select variant_id, at, price_minor, stock, availability from price_snapshots"
    " order by variant_id nulls first, at"
)


def product(price: int | None = 100, **more: Any) -> Product:
    """Return a product, by default in stock."""
    values = {"platform": "shopee", "id": "1", "currency": "SGD", "availability": "in_stock"}
    return Product(price_minor=price, **(values | more))


def variant(number: str, price: int, **more: Any) -> ProductVariant:
    """Return one of its variants."""
    values = {"platform": "shopee", "product_id": "1", "id": number, "currency": "SGD"}
    return ProductVariant(price_minor=price, **(values | more))


def history(look: Look) -> list[tuple[Any, ...]]:
    """Return variant, seconds since noon, price, stock and availability of all snapshots."""
    return [
        (row["variant_id"], seconds(row["at"]), *list(row.values())[2:])
        for row in look.rows(HISTORY)
    ]


def seconds(at: datetime) -> float:
    """Return the seconds since noon."""
    return (at - NOON).total_seconds()


async def test_a_change_of_price_stock_or_availability_adds_one(writer: Writer, look: Look) -> None:
    seen = [
        product(100, stock=5),
        product(100, stock=5, sold=3),
        product(90, stock=5, sold=4),
        product(90, stock=0, availability="out_of_stock"),
        product(90, stock=0, availability="gone"),
    ]
    for number, one in enumerate(seen):
        await writer.store(harvest(one, at=100 * number))
    assert history(look) == [
        (None, 0, 100, 5, "in_stock"),
        (None, 200, 90, 5, "in_stock"),
        (None, 300, 90, 0, "out_of_stock"),
        (None, 400, 90, 0, "gone"),
    ]


async def test_a_product_that_stays_as_it_is_adds_one_a_day(writer: Writer, look: Look) -> None:
    for quarter in range(12):
        await writer.store(harvest(product(), at=quarter * DAY_S / 4))
    assert [row[1] for row in history(look)] == [0, DAY_S / 2, 1.5 * DAY_S, 2.5 * DAY_S]


async def test_each_day_has_one_even_where_two_sightings_are_close(
    writer: Writer, look: Look
) -> None:
    midnight = DAY_S / 2
    for at in (midnight - 20, midnight - 10, midnight + 10, midnight + 20):
        await writer.store(harvest(product(variants=(variant("7", 100),)), at=at))
    expected = [midnight - 20, midnight + 10]
    assert [row[:2] for row in history(look)] == [
        *((None, at) for at in expected),
        *(("7", at) for at in expected),
    ]


async def test_days_that_come_in_one_batch_have_one_each(writer: Writer, look: Look) -> None:
    captured = [0, 3600, DAY_S, 2 * DAY_S, 2 * DAY_S + 30]
    await asyncio.gather(*(writer.store(harvest(product(), at=at)) for at in captured))
    assert [row[1] // DAY_S for row in history(look)] == [0, 1, 2]


async def test_what_is_delivered_again_adds_nothing(writer: Writer, look: Look) -> None:
    first, second = harvest(product(100)), harvest(product(90), at=DAY_S)
    for one in (first, second, first, second, second, first):
        await writer.store(one)
    assert [row[1:3] for row in history(look)] == [(0, 100), (DAY_S, 90)]


@pytest.mark.parametrize("at", [DAY_S / 4, -DAY_S])
async def test_what_comes_late_says_nothing_of_the_price(
    writer: Writer, look: Look, at: float
) -> None:
    await writer.store(harvest(product(100), at=0))
    await writer.store(harvest(product(100), at=DAY_S / 3))
    await writer.store(harvest(product(70, stock=3), at=at))
    assert [row[1:3] for row in history(look)] == [(0, 100)]


async def test_a_card_that_does_not_know_the_stock_changes_nothing(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(product(100, stock=5)))
    await writer.store(harvest(product(100, availability=None), at=100))
    await writer.store(harvest(product(None), at=200))
    assert len(history(look)) == 1


async def test_a_stock_lasts_as_long_as_the_availability_that_it_was_seen_with(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(product(stock=0, availability="out_of_stock")))
    await writer.store(harvest(product(), at=100))
    await writer.store(harvest(product(stock=7), at=200))
    await writer.store(harvest(product(availability="out_of_stock"), at=300))
    assert history(look) == [
        (None, 0, 100, 0, "out_of_stock"),
        (None, 100, 100, None, "in_stock"),
        (None, 200, 100, 7, "in_stock"),
        (None, 300, 100, None, "out_of_stock"),
    ]


async def test_a_late_stock_is_not_that_of_a_later_sighting(writer: Writer, look: Look) -> None:
    await writer.store(harvest(product(), at=DAY_S))
    await writer.store(harvest(product(70, stock=3)))
    await writer.store(harvest(product(), at=2 * DAY_S))
    assert history(look) == [
        (None, DAY_S, 100, None, "in_stock"),
        (None, 2 * DAY_S, 100, None, "in_stock"),
    ]


PRICES = "select price_minor, price_max_minor, list_price_minor, discount_percent from products"


async def test_what_belongs_to_a_price_goes_with_it(writer: Writer, look: Look) -> None:
    dear = {"price_max_minor": 170, "list_price_minor": 150, "discount_percent": 33.0}
    await writer.store(harvest(product(100, name="Lamp", **dear)))
    await writer.store(harvest(product(None, sold=7), at=100))
    assert [tuple(row.values()) for row in look.rows(PRICES)] == [(100, 170, 150, 33)]
    await writer.store(harvest(product(150), at=200))
    assert [tuple(row.values()) for row in look.rows(PRICES)] == [(150, 170, None, None)]
    late = await writer.store(harvest(product(90, **dear, brand="Noname"), at=50))
    assert late.changed == 1, "a late sighting tells the brand"
    assert [tuple(row.values()) for row in look.rows(PRICES)] == [(150, 170, None, None)]
    assert [row["name"] for row in look.rows("select name from products")] == ["Lamp"]


async def test_a_late_price_where_there_was_none_brings_what_belongs_to_it(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(product(None), at=100))
    await writer.store(harvest(product(100, list_price_minor=150)))
    assert [tuple(row.values()) for row in look.rows(PRICES)] == [(100, None, 150, None)]


async def test_a_product_of_which_nothing_is_known_has_no_history(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(product(None, availability=None)))
    assert history(look) == []
    await writer.store(harvest(product(80), at=10))
    assert history(look) == [(None, 10, 80, None, "in_stock")]


async def test_each_variant_has_a_history_of_its_own(writer: Writer, look: Look) -> None:
    await writer.store(harvest(product(100, variants=(variant("7", 100), variant("8", 120)))))
    await writer.store(
        harvest(product(100, variants=(variant("7", 100), variant("8", 110))), at=100)
    )
    await writer.store(harvest(product(100, variants=(variant("7", 100),)), at=200))
    assert [row[:3] for row in history(look)] == [
        (None, 0, 100),
        ("7", 0, 100),
        ("8", 0, 120),
        ("8", 100, 110),
    ]


async def test_a_price_that_is_hidden_today_is_not_yesterdays(writer: Writer, look: Look) -> None:
    shown = product(100, price_max_minor=200, list_price_minor=150)
    await writer.store(harvest(shown))
    await writer.store(harvest(product(None, is_price_hidden=True), at=DAY_S))
    assert [row["price_minor"] for row in look.rows(HISTORY)] == [100, None]
    [row] = look.rows("select * from products")
    prices = ("price_minor", "price_max_minor", "list_price_minor")
    assert [row[name] for name in prices] == [None] * 3
    await writer.store(harvest(shown, at=2 * DAY_S))
    assert [row["price_minor"] for row in look.rows(HISTORY)] == [100, None, 100]


async def test_a_price_that_comes_late_is_none_of_a_day_on_which_it_was_hidden(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(product(None, is_price_hidden=True), at=DAY_S))
    await writer.store(harvest(product(70)))
    assert [row["price_minor"] for row in look.rows(HISTORY)] == [None]


async def test_a_status_that_nobody_knows_takes_the_place_of_what_was_known(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(product(70, stock=5)))
    await writer.store(harvest(product(70, availability="unknown"), at=60))
    [row] = look.rows("select availability, stock from products")
    assert row == {"availability": "unknown", "stock": None}


async def test_the_highest_price_is_what_a_page_said_last_even_if_a_card_overtook_it(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(product(100, is_price_hidden=False), at=1))
    await writer.store(harvest(product(100, price_max_minor=170, is_price_hidden=False)))
    assert [tuple(row.values()) for row in look.rows(PRICES)] == [(100, 170, None, None)]
    await writer.store(harvest(product(None, is_price_hidden=True), at=3))
    await writer.store(harvest(product(90, price_max_minor=160, is_price_hidden=False), at=2))
    assert [tuple(row.values()) for row in look.rows(PRICES)] == [(None, None, None, None)]
