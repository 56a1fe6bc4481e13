"""Answers with fields that are null, of another type, swapped or repeated: never a wrong row."""

import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crawlers.clean import EXPONENTS
from crawlers.errors import CrawlersError
from crawlers.items.base import Item, Reject, Unknown
from crawlers.items.products import Product, ProductVariant, Shop
from crawlers.page import Page
from spiders.shopee.pages import ProductPage, SearchPage, ShopPage

GOLDEN = Path(__file__).parents[1] / "golden" / "shopee"
CASES: list[tuple[type[Page], str]] = [
    (ProductPage, "get-pc-price-after-vouchers-and-viewer-left-out"),
    (ProductPage, "get-pc-range-of-prices"),
    (ProductPage, "get-rw-money-as-text-and-a-dear-variant-sold-out"),
    (ProductPage, "item-get-v2-of-2019-stock-is-no-sum"),
    (ProductPage, "item-get-v4-of-2019-flat"),
    (SearchPage, "legacy-cards"),
    (SearchPage, "new-cards"),
    (SearchPage, "new-card-that-is-customised"),
    (SearchPage, "virtual-card-stands-for-a-real-item"),
    (ShopPage, "get-shop-base"),
]
WRONG: list[Any] = [
    *(None, 0, -1, -2, 1, 7.5, 1e300, 2**62, 2**70, True, False),
    *("", "x", "0", "-1", "12", [], [None], [[]], {}, {"a": 1}, "\N{SNOWMAN}" * 5000),
]
MONEY = ("price_minor", "price_max_minor", "list_price_minor")
Path_ = tuple[str | int, ...]


def paths(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Yield the way to every value in a document, itself excepted."""
    listed = value if isinstance(value, list) else ()
    for name, one in value.items() if isinstance(value, dict) else enumerate(listed):
        yield (*at, name)
        yield from paths(one, (*at, name))


def place(document: Any, path: Path_) -> Any:
    """Return what holds the last step of *path*."""
    for step in path[:-1]:
        document = document[step]
    return document


def numbers(value: Any) -> Iterator[Decimal]:
    """Yield every number of a document, in the currency's unit if it is money."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers(one)
    elif isinstance(value, int) or (isinstance(value, str) and value.lstrip("-").isdigit()):
        yield Decimal(value).scaleb(-5)


def rows_of(page: Page) -> list[Item]:
    """Read *page*; whatever else than rows, rejects and errors of ours comes of it, fails."""
    try:
        found = list(page.items())
    except CrawlersError:
        return []
    assert all(isinstance(one, Item | Reject | Unknown) for one in found)
    return [row for one in found if isinstance(one, Item) for row in one.rows()]


def check(document: Any, page_class: type[Page], url: str) -> None:
    """Read *document*; its rows must say nothing that it does not."""
    known = set(numbers(document))
    for row in rows_of(page_class(url, page_class.redact(json.dumps(document).encode()))):
        if not isinstance(row, Product | ProductVariant):
            continue
        for name in MONEY:
            if (minor := getattr(row, name, None)) is not None:
                assert minor > 0
                amount = Decimal(minor).scaleb(-EXPONENTS[row.currency or ""])
                assert amount in known, f"{name} {minor} of {row.id} is nowhere"
        if row.list_price_minor is not None:
            assert row.price_minor is not None
            assert row.list_price_minor > row.price_minor
        assert row.stock is None or Decimal(row.stock).scaleb(-5) in known
        if isinstance(row, Product):
            assert row.price_max_minor is None or row.price_max_minor >= (row.price_minor or 0)
            assert Decimal(row.id).scaleb(-5) in known


@pytest.mark.parametrize(
    ("page_class", "case"), CASES, ids=lambda one: getattr(one, "__name__", one)
)
def test_whatever_a_field_is_rows_say_only_what_the_payload_says(
    page_class: type[Page], case: str
) -> None:
    folder = GOLDEN / page_class.__name__ / case
    url = json.loads((folder / "request.json").read_text())["url"]
    document = json.loads((folder / "body.json").read_text())
    every = list(paths(document))
    random = Random(case)  # noqa: S311 - the same damage in every run
    for path in every:
        last = path[-1]
        for wrong in random.sample(WRONG, 6):
            changed = deepcopy(document)
            place(changed, path)[last] = wrong
            check(changed, page_class, url)
        without = deepcopy(document)
        del place(without, path)[last]
        check(without, page_class, url)
        swapped, other = deepcopy(document), random.choice(every)
        if other[: len(path)] != path != other and path[: len(other)] != other:
            one, two = place(document, path)[last], place(document, other)[other[-1]]
            place(swapped, path)[last], place(swapped, other)[other[-1]] = two, one
            check(swapped, page_class, url)
        if isinstance(last, int):
            repeated = deepcopy(document)
            place(repeated, path).append(place(repeated, path)[last])
            check(repeated, page_class, url)


@pytest.mark.parametrize("removed", ["item.stock", "item.models[].stock", "item.models.price"])
def test_what_the_server_withholds_is_unknown_wherever_it_stands(removed: str) -> None:
    folder = GOLDEN / "ProductPage" / "get-rw-money-as-text-and-a-dear-variant-sold-out"
    document = json.loads((folder / "body.json").read_text())
    document["removed_fields"].append(removed)
    url = json.loads((folder / "request.json").read_text())["url"]
    rows = rows_of(ProductPage(url, json.dumps(document).encode()))
    kinds = ProductVariant if "models" in removed else Product
    found = [row for row in rows if isinstance(row, kinds)]
    assert found
    for row in found:
        assert (row.price_minor if removed.endswith("price") else row.stock) in {None, 99000}


def test_a_page_that_is_blocked_gives_no_row_whatever_stands_beside_it() -> None:
    for page_class, case in CASES:
        folder = GOLDEN / page_class.__name__ / case
        url = json.loads((folder / "request.json").read_text())["url"]
        document = json.loads((folder / "body.json").read_text())
        for block in ({"error": 90309999}, {"error": 1, "error_msg": "blocked"}, {"3": 90309999}):
            body = json.dumps(document | block).encode()
            assert rows_of(page_class(url, page_class.redact(body))) == []


def test_shops_are_those_of_their_products() -> None:
    folder = GOLDEN / "ProductPage" / "get-pc-price-after-vouchers-and-viewer-left-out"
    url = json.loads((folder / "request.json").read_text())["url"]
    rows = rows_of(ProductPage(url, (folder / "body.json").read_bytes()))
    (shop,) = (row for row in rows if isinstance(row, Shop))
    (product,) = (row for row in rows if isinstance(row, Product))
    assert shop.id == product.shop_id
