"""``scrapy prices``: the history of a product, as a person and as a program see it."""

import argparse
import asyncio
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from scrapy.exceptions import UsageError

from crawlers.commands.prices_words import Words
from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.items.base import Item
from crawlers.items.products import Product, ProductVariant, Shop
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from crawlers.storage.prices import Series, Watched, history, statistics, variants
from crawlers.terminal.product import View, page
from tests.crawls.run import ROOT, Crawls

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "水瓶 \x1b[31mLamp\n[red]No. 1"
BOTH = ("shopee", "tiktok_shop")


def product(price: int | None, availability: Any, **more: Any) -> Product:
    """Return the product of these tests."""
    values: dict[str, Any] = {"platform": "shopee", "id": "12", "shop_id": "7", "name": NAME}
    values |= {"currency": "SGD", "url": "https://shopee.sg/x-i.7.12"} | more
    return Product(price_minor=price, availability=availability, **values)


def variant(number: str, price: int) -> ProductVariant:
    """Return a choice of it."""
    values: dict[str, Any] = {"platform": "shopee", "product_id": "12", "currency": "SGD"}
    return ProductVariant(id=number, options=("red", number), price_minor=price, **values)


def sightings() -> list[tuple[float, list[Item]]]:
    """Return what was seen when, in days."""
    choices = (variant("121", 1000), variant("122", 1200))
    cheaper = (variant("121", 1000), variant("122", 900))
    shop = Shop(platform="shopee", id="7", name="Lamps & Co")
    return [
        (0, [shop, product(1000, "in_stock", stock=5, sold=1, rating=4.5, variants=choices)]),
        (1, [product(800, "in_stock", stock=4, list_price_minor=2000, variants=cheaper)]),
        (2, [product(800, "out_of_stock", stock=0)]),
        (3, [product(850, "in_stock", stock=9)]),
        (3.25, [product(850, "in_stock", stock=9)]),
        (3.25, [Product(platform="tiktok_shop", id="12", name="Vase", currency="VND",
                        price_minor=97043)]),
        (3.25, [Product(platform="shopee", id="13", name="Nothing known")]),
    ]  # fmt: skip


@pytest.fixture
async def shown(crawls: Crawls, database_config: Config) -> Crawls:
    """Give commands on a database with a few days of prices."""
    database = Database(database_config)
    async with Writer(database) as writer:
        for day, items in sightings():
            at = BEGIN + timedelta(days=day)
            await writer.store(Harvest("shopee", "https://shopee.sg/", at, items=items))
    await database.close()
    return crawls


def lines(text: str) -> list[str]:
    """Return the lines of *text*, each gap as one space."""
    return [" ".join(line.split()) for line in text.splitlines()]


async def test_a_product_is_shown_with_what_changed(shown: Crawls) -> None:
    done = await shown.run_async("prices", "shopee:12")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    found = lines(done.stdout)
    assert found[:4] == [
        "水瓶 [31mLamp [red]No. 1",
        "shopee:12, shop Lamps & Co",
        "https://shopee.sg/x-i.7.12",
        "2 variants (--variant ID): 121 122",
    ]
    for line in (
        "price SGD 8.50",
        "since yesterday +0.50 (+6.25 %)",
        "since first seen -1.50 (-15.00 %)",
        "availability in stock, 9 left",
        "last seen 2026-03-04 18:00 UTC",
        "2026-03-01 2026-03-04",
        "┄ cannot be had",
        "lowest 8.00 2026-03-02 12:00",
        "highest 10.00 2026-03-01 12:00",
        "median 8.25 of each day's last",
        "out of stock 1 time 1 d 0 h",
    ):
        assert line in found
    assert found[-4:] == [
        "2026-03-04 12:00 8.50 - 9 1 4.50 in stock",
        "2026-03-03 12:00 8.00 - 0 1 4.50 out of stock",
        "2026-03-02 12:00 8.00 20.00 4 1 4.50 in stock",
        "2026-03-01 12:00 10.00 - 5 1 4.50 in stock",
    ]


async def test_days_narrow_the_span_but_not_what_changed(shown: Crawls) -> None:
    done = await shown.run_async("prices", "https://shopee.sg/x-i.7.12?a=b", "--days", "2")
    found = lines(done.stdout)
    assert "since yesterday +0.50 (+6.25 %)" in found
    assert "since first seen -1.50 (-15.00 %)" in found
    assert "of 2 days" in found
    assert "highest 8.50 2026-03-04 12:00" in found
    assert "2026-03-02" not in done.stdout


async def test_a_variant_has_prices_of_its_own(shown: Crawls) -> None:
    done = await shown.run_async("prices", "shopee:12", "--variant", "122")
    found = lines(done.stdout)
    assert "variant 122: red, 122" in found
    assert "price SGD 9.00" in found
    assert "since first seen -3.00 (-25.00 %)" in found
    assert "availability unknown" in found


async def test_programs_get_minor_units(shown: Crawls) -> None:
    done = await shown.run_async("prices", "shopee:12", "--json", "--days", "3")
    found = json.loads(done.stdout)
    assert (found["product"]["name"], found["product"]["shop"]) == (NAME, "Lamps & Co")
    assert found["product"]["checked_at"] == "2026-03-04T18:00:00+00:00"
    assert found["variants"][0] == {"id": "121", "name": None, "options": ["red", "121"]}
    assert [point["price_minor"] for point in found["points"]] == [800, 800, 850]
    [whole], [part] = found["statistics"], found["of_days"]
    assert (whole["highest_minor"], part["highest_minor"]) == (1000, 850)
    assert (whole["since_first_minor"], whole["since_first_percent"]) == (-150, -15.0)


async def test_a_currency_without_a_minor_unit_has_no_decimals(shown: Crawls) -> None:
    done = await shown.run_async("prices", "tiktok_shop:12")
    assert "price VND 97,043" in lines(done.stdout)
    assert "since yesterday -" in lines(done.stdout)


async def test_a_product_without_a_price_says_so(shown: Crawls) -> None:
    done = await shown.run_async("prices", "shopee:13")
    assert done.returncode == 0, done.stderr
    assert "price unknown" in lines(done.stdout)
    assert "no snapshot" in done.stdout


@pytest.mark.parametrize("more", [[], ["--json"]])
async def test_a_reader_who_has_seen_enough_is_no_error(shown: Crawls, more: list[str]) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    command = shown.command("prices", "shopee:12", *more)
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        env=shown.full_environment,
        stdout=ours,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["99"], 1, "no product 99 is stored"),
        (["shopee:12", "--variant", "5"], 1, "nothing is stored of a variant '5'"),
        (["12"], 2, "say shopee:12 or tiktok_shop:12"),
    ],
)
async def test_what_is_not_there_is_one_clear_line(
    shown: Crawls, words: list[str], code: int, expected: str
) -> None:
    done = await shown.run_async("prices", *words)
    assert (done.returncode, done.stdout) == (code, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("scrapy prices: ")
    assert expected in line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "say which product"),
        (["1", "2"], "say which product"),
        (["lamp"], "neither the address of a product nor an id: 'lamp'"),
        (["1", "--days", "0"], "--days takes a number from 1"),
    ],
)
def test_wrong_use_is_one_clear_line_and_asks_no_database(
    crawls: Crawls, words: list[str], expected: str
) -> None:
    crawls.environment["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    done = crawls.run("prices", *words)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert expected in line


def test_without_a_database_it_says_so(crawls: Crawls) -> None:
    crawls.environment["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    done = crawls.run("prices", "1")
    assert done.returncode == 1
    assert "the database cannot be used" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_it_has_help(crawls: Crawls) -> None:
    done = crawls.run("prices", "--help")
    assert done.returncode == 0
    assert "PLATFORM:ID" in done.stdout


@pytest.mark.parametrize(
    ("word", "platforms", "expected"),
    [
        ("20000000000000003", BOTH, "20000000000000003"),
        ("shopee:3", BOTH[:1], "3"),
        ("tiktok_shop:1729", BOTH[1:], "1729"),
        ("https://shopee.co.id/Botol-1.5L-i.12.345?sp_atk=1&x=/9", BOTH[:1], "345"),
        ("shopee.vn/product/12/345/", BOTH[:1], "345"),
        ("https://shop.tiktok.com/view/product/1729?region=US", BOTH[1:], "1729"),
        ("https://www.tiktok.com/shop/pdp/a-lamp-2000/1729", BOTH[1:], "1729"),
        ("https://www.tiktok.com/shop/vn/pdp/1729", BOTH[1:], "1729"),
        ("https://shop.tiktok.com/my/pdp/lamp/1729#reviews", BOTH[1:], "1729"),
        ("https://shop-id.tokopedia.com/pdp/lampu/1729", BOTH[1:], "1729"),
    ],
)
def test_a_product_is_named_by_address_or_id(
    word: str, platforms: tuple[str, ...], expected: str
) -> None:
    words = Words.read([word], argparse.Namespace(days=None, variant=None, json=False))
    assert (tuple(words.platforms), words.id) == (platforms, expected)


@pytest.mark.parametrize(
    "word",
    ["0", "-5", "amazon:1", "shopee:x", "1" * 21, "https://shopee.sg/shop/5", "٣",
     "https://vt.tiktok.com/ZS1/", "https://www.tiktok.com/@a/video/7", ""],
)  # fmt: skip
def test_what_names_no_product_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        Words.read([word], argparse.Namespace(days=None, variant=None, json=False))


@pytest.mark.parametrize("width", [160, 80, 44, 36])
async def test_a_page_fits_its_terminal(shown: Crawls, database_config: Config, width: int) -> None:
    assert shown.home
    database, series = Database(database_config), Series("shopee", "12")
    found, points = await statistics(database, series), await history(database, series)
    watched = Watched("shopee", "12", "x" * 200, "https://shopee.sg/" + "y" * 200, "7", None, BEGIN)
    choices = await variants(database, series)
    await database.close()
    view = View(watched, None, choices, found, None, found, points * 5)
    screen = Console(file=StringIO(), width=width, markup=False)
    with screen.capture() as captured:
        screen.print(page(view, width, is_plain=True))
    text = captured.get()
    assert max(map(len, text.splitlines())) <= width
    assert "8.50" in text
    assert "and 10 more" in " ".join(text.split())
    assert text.isascii()
