"""The pages of TikTok Shop against spoilt data: fewer values or an error, never a wrong value."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crawlers.errors import CrawlersError
from crawlers.items.base import Item
from crawlers.items.products import Product, ProductKeyword, ProductVariant, Shop
from crawlers.page import Page
from spiders.tiktok_shop.pages import KeywordPage, ListPage, ProductPage
from tests.replica.market import Good
from tests.replica.tiktok_pages import REVIEWER, VISITOR, html, route
from tests.replica.tiktok_shop import TikTokShopReplica, TikTokShopWorld

GENERATIONS = ("old", "new", "mix")
SPOILT: tuple[Any, ...] = (
    None,
    "",
    "x",
    "-1",
    "1e3",
    "1_000",
    -1,
    -1.5,
    True,
    [],
    {},
    [None],
    ["x"],
    [{}],
    {"x": 1},
)
"""Values of wrong types or without sense, none of which is a right amount of money."""

Steps = tuple[Any, ...]


def shop_of(generation: str = "new", **more: Any) -> TikTokShopReplica:
    """Return a stand-in that is only asked what it would show."""
    return TikTokShopReplica(TikTokShopWorld(generation=generation, **({"products": 4} | more)))


def page_of(kind: type[Page], shop: TikTokShopReplica, path: str, name: str, sort: str) -> Any:
    """Return a page class, its address and the JSON that stands in the page."""
    components = shop._found(sort, name)
    return kind, f"https://shop.tiktok.com{path}", route(shop.market, "", components)


def pages(generation: str) -> list[Any]:
    """Return one page of each kind."""
    shop = shop_of(generation)
    product = list(shop.market.goods)[2]  # with three variants
    seller = next(iter(shop.market.shops))
    return [
        page_of(ProductPage, shop, f"/view/product/{product}", product, "pdp"),
        page_of(KeywordPage, shop, "/us/s?q=no", "no", "k"),
        page_of(ListPage, shop, f"/us/store/x/{seller}", seller, "store"),
    ]


def read(kind: type[Page], url: str, data: Any) -> list[Item]:
    """Return the rows of a page, or nothing where it is refused; other errors pass through."""
    body = json.dumps(data).encode()
    try:
        found = list(kind(url, kind.redact(body)).items())
    except CrawlersError:
        return []
    return [row for one in found if isinstance(one, Item) for row in one.rows()]


def paths(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """Yield where every value stands."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(one, (*path, name))


def holder(data: Any, path: Steps) -> Any:
    """Return what holds the value at *path*."""
    for name in path[:-1]:
        data = data[name]
    return data


def facts(rows: list[Item]) -> dict[tuple[str, Any], dict[str, Any]]:
    """Return the values of each row by its identity."""
    return {(row.table, row.key): row.model_dump(include=set(row.columns)) for row in rows}


def wrong(rows: list[Item], right: dict[tuple[str, Any], dict[str, Any]]) -> list[str]:
    """Return what *rows* say of money, stock and places that the unspoilt page does not."""
    watched = {"price_minor", "list_price_minor", "price_max_minor", "position", "product_id"}
    found = []
    for key, values in facts(rows).items():
        if key not in right:
            found.append(f"a row that is not there: {key}")
            continue
        found += [
            f"{key} {name}: {values[name]} for {right[key][name]}"
            for name in watched & set(values)
            if values[name] not in {None, right[key][name]}
        ]
    return found


@pytest.mark.parametrize("generation", GENERATIONS)
def test_no_value_of_a_wrong_type_becomes_a_wrong_row(generation: str) -> None:
    for kind, url, data in pages(generation):
        right = facts(read(kind, url, data))
        refused = accepted = 0
        for path in paths(data):
            for value in SPOILT:
                spoilt = deepcopy(data)
                holder(spoilt, path)[path[-1]] = value
                rows = read(kind, url, spoilt)
                assert wrong(rows, right) == [], (path, value)
                refused, accepted = refused + (not rows), accepted + bool(rows)
        assert refused > 100
        assert accepted > 500


@pytest.mark.parametrize("generation", GENERATIONS)
def test_nothing_that_is_missing_or_there_twice_becomes_a_wrong_row(generation: str) -> None:
    for kind, url, data in pages(generation):
        right = facts(read(kind, url, data))
        for path in paths(data):
            spoilt = deepcopy(data)
            within = holder(spoilt, path)
            if isinstance(within, list):
                within.insert(path[-1], within[path[-1]])
            else:
                del within[path[-1]]
            shifts = kind is KeywordPage and "products" in path
            assert shifts or wrong(read(kind, url, spoilt), right) == [], path


@pytest.mark.parametrize("generation", GENERATIONS)
def test_values_that_changed_places_raise_nothing_but_our_errors(generation: str) -> None:
    random = Random(5)  # noqa: S311 - the same in every run
    for kind, url, data in pages(generation):
        places = list(paths(data))
        assert read(kind, url, data)
        for _ in range(500):
            spoilt = deepcopy(data)
            one, two = (random.choice(places) for _ in "12")
            if one[: len(two)] == two[: len(one)]:  # one is within the other
                continue
            here, there = holder(spoilt, one), holder(spoilt, two)
            here[one[-1]], there[two[-1]] = there[two[-1]], here[one[-1]]
            read(kind, url, spoilt)


def test_two_prices_that_changed_places_are_told() -> None:
    kind, url, data = pages("new")[0]
    info = data["page_config"]["components_map"][-1]["component_data"]["product_info"]
    prices = info["promotion_model"]["promotion_product_price"]["skus_price"]
    one, two, *_ = prices
    prices[one], prices[two] = prices[two], prices[one]
    assert read(kind, url, data) == []


def rows_of(generation: str, currency: str, good: Good) -> list[Item]:
    """Return the rows of a product's page."""
    shop = shop_of(generation, products=24, currency=currency)
    args = page_of(ProductPage, shop, f"/us/pdp/x/{good.id}", good.id, "pdp")
    return read(*args)


@pytest.mark.parametrize("currency", ["USD", "VND", "IDR", "JPY", "THB"])
def test_the_cheapest_variant_decides_in_every_generation(currency: str) -> None:
    for good in shop_of(products=24, currency=currency).market.goods.values():
        found = [rows_of(generation, currency, good) for generation in GENERATIONS]
        for product, *rest in found:
            assert isinstance(product, Product)
            variants = [row for row in rest if isinstance(row, ProductVariant)]
            offers = good.offers(good.world.begin)
            assert [row.price_minor for row in variants] == [offer.price for offer in offers]
            cheapest = min(offers, key=lambda offer: offer.price)
            assert product.price_minor == cheapest.price
            assert product.list_price_minor == cheapest.list_price
            assert product.price_max_minor == max(offer.price for offer in offers)
            assert product.discount_percent == 100 - 100 * cheapest.price // cheapest.list_price
        assert len({row[0].model_copy(update=ALIKE) for row in found}) == 1


ALIKE = {"ratings_by_stars": None, "variants": None}
"""What the older pages do not tell, or tell with less."""


def test_people_are_left_out_of_what_is_kept() -> None:
    shop = shop_of("old")
    product = next(iter(shop.market.goods))
    kind, url, data = page_of(ProductPage, shop, f"/view/product/{product}", product, "pdp")
    for body in (
        json.dumps(data),
        html("A thing", {"loaderData": {"a": data}}, f"Reviewed by {REVIEWER}"),
    ):
        assert REVIEWER in body
        kept = kind.redact(body.encode())
        assert REVIEWER.encode() not in kept
        assert VISITOR.encode() not in kept
        assert b"Security" not in kept
        assert [type(item) for item in kind(url, kept).items()] == [Product, Shop]


def test_what_cannot_be_read_is_not_kept() -> None:
    broken = f'{{"review_items": [{{"name": "{REVIEWER}"}}'
    assert ProductPage.redact(broken.encode()) == b""
    page = f'<p>{REVIEWER}</p><script id="__MODERN_ROUTER_DATA__">{broken}</script>'
    assert REVIEWER.encode() not in ProductPage.redact(page.encode())


def test_redacting_a_title_that_is_cut_at_a_space_twice_changes_nothing_more() -> None:
    kept = ProductPage.redact(b"<html><title>%b %b</title>" % (b"a" * 299, b"b" * 9))
    assert kept == b"<html><title>%b</title>" % (b"a" * 299)
    assert ProductPage.redact(kept) == kept


def test_a_script_cannot_end_early_by_what_is_written_in_it() -> None:
    shop = shop_of()
    product = next(iter(shop.market.goods))
    kind, url, data = page_of(ProductPage, shop, f"/view/product/{product}", product, "pdp")
    model = data["page_config"]["components_map"][-1]["component_data"]["product_info"]
    model["product_model"]["name"] = "A </script><title>Security Check</title> thing"
    body = html("A thing", {"loaderData": {"a": data}}).encode()
    (item, _) = kind(url, kind.redact(body)).items()
    assert item.name == "A </script><title>Security Check</title> thing"


def test_a_keywords_places_are_counted_with_the_cards_that_cannot_be_read() -> None:
    kind, url, data = pages("new")[1]
    data["page_config"]["components_map"][-1]["component_data"]["products"][1]["title"] = 5
    rows = read(kind, url, data)
    places = [row.position for row in rows if isinstance(row, ProductKeyword)]
    assert places == [1, 3, 4]


def test_the_golden_bodies_hold_no_people() -> None:
    folder = Path(__file__).parents[1] / "golden" / "tiktok_shop"
    for path in folder.glob("*/*/body.*"):
        assert b"secret" not in ProductPage.redact(path.read_bytes())
