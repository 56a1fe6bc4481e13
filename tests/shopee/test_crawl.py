"""Whole crawls of the site: by HTTP and by a real browser, of both generations."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.crawls.source import Rows
from tests.replica.market import Good, facts
from tests.replica.shopee_answers import category, ratings
from tests.shopee.conftest import NewShopee
from tests.shopee.site import Shopee

PRICES = (
    "select id, price_minor, price_max_minor, list_price_minor, currency, availability"
    " from products order by id"
)
VARIANTS = (
    "select id, price_minor, list_price_minor, availability, options from product_variants"
    " where product_id = %s order by id"
)


def expected(goods: list[Good], at: float) -> Rows:
    """Return what `PRICES` finds after a crawl of *goods* at that time."""
    return sorted((good.id, *facts(good, at).values()) for good in goods)


def check_products(shopee: Shopee, goods: list[Good]) -> None:
    """Hold products, variants and shops against the market."""
    at = shopee.world.begin
    assert shopee.query(PRICES) == expected(goods, at)
    for good in goods:
        assert shopee.query(VARIANTS, good.id) == [
            (
                offer.id,
                offer.price,
                offer.list_price,
                "in_stock" if offer.stock else "out_of_stock",
                list(offer.options) or None,
            )
            for offer in good.offers(at)
        ]
        ((name, sold, total, stars, shop),) = shopee.query(
            "select name, sold, ratings_total, ratings_by_stars, shop_id from products"
            " where id = %s",
            good.id,
        )
        counts = ratings(good)["rating_count"]
        assert (name, sold, shop) == (good.name, good.sold(at), good.shop)
        assert (total, stars) == (counts[0], counts[1:])
    shops = {good.shop: shopee.market.shops[good.shop] for good in goods}
    assert dict(shopee.query("select id, name from shops")) == shops


@pytest.mark.parametrize("generation", ["new", "old"])
@pytest.mark.parametrize("fetch", ["http", "browser"])
def test_products_are_stored_as_the_market_has_them_and_again_without_a_second_row(
    shopee: NewShopee, fetch: str, generation: str
) -> None:
    one = shopee(products=7, generation=generation)
    goods = list(one.market.goods.values())
    one.stores(urls=one.urls(), fetch=fetch)
    check_products(one, goods)
    tables = one.tables()
    kept = one.everything_kept()
    for private in (b"Secret Street", b"sign-of-somebody", b"SECRET10"):
        assert private not in kept
    one.stores(urls=one.urls(), fetch=fetch)
    assert one.tables() == tables
    assert set(one.counts) == {"unchanged"}


def test_of_a_pages_calls_that_about_its_own_product_is_taken(shopee: NewShopee) -> None:
    one = shopee(products=2)
    good = next(iter(one.market.goods.values()))
    one.stores(urls=one.url(good))
    assert one.stored == {good.id}
    assert len(one.asked) == 2, "the page's widget made the same call for another product"


@pytest.mark.parametrize("fetch", ["http", "browser"])
def test_a_keyword_finds_products_page_after_page(shopee: NewShopee, fetch: str) -> None:
    one = shopee(products=130, ads=1)
    one.stores(keywords="No.,teapot", pages=2, fetch=fetch)
    goods = list(one.market.goods.values())
    assert one.stored == {good.id for good in goods[:120]} | {
        good.id for good in one.market.found("teapot")
    }
    places = one.query(
        "select product_id, position, is_ad from product_keywords where keyword = 'No.'"
        " order by position, product_id"
    )
    assert len(places) == 120
    ranks = {number: (position, is_ad) for number, position, is_ad in places}
    assert ranks[goods[0].id] == (2, False), "an advertisement stands before it"
    assert ranks[goods[59].id] == (61, False), "not where somebody paid for it"
    assert [row for row in places if row[0] == goods[119].id] == [(goods[119].id, 120, False)]
    searched = [target for target in one.asked if "keyword=No." in target]
    assert len(searched) == 2
    tables = one.tables()
    one.stores(keywords="No.,teapot", pages=2, fetch=fetch)
    assert one.tables() == tables


@pytest.mark.parametrize("fetch", ["http", "browser"])
def test_a_shop_is_stored_with_its_products_and_a_category_with_its_own(
    shopee: NewShopee, fetch: str
) -> None:
    one = shopee(products=30)
    goods = list(one.market.goods.values())
    (first, second, _) = one.market.shops
    shelf = category(goods[2])
    both = f"https://shopee.sg/shop_0?page=1,{second}"
    one.stores(shops=both, categories=f"{shelf},11.{shelf}", pages=9, fetch=fetch)
    wanted = {good.id for good in goods if good.shop in {first, second} or category(good) == shelf}
    assert one.stored == wanted
    ((name, username, followers, rate, official),) = one.query(
        "select name, username, followers, response_rate_percent, is_official from shops"
        " where id = %s",
        first,
    )
    assert (name, username, followers, rate, official) == ("Shop 0", "shop_0", 1200, 94.0, False)
    assert one.query("select * from product_keywords") == []


def test_a_large_shop_is_read_in_several_sorts(shopee: NewShopee) -> None:
    one = shopee(products=700, shops=2)
    one.stores(shops="shop_1", pages=99, fetch="http")
    found = one.market.of_shop(
        next(number for number, name in one.market.shops.items() if "1" in name)
    )
    assert len(found) == 350
    assert one.stored == {good.id for good in found}
    sorts = [target.partition("by=")[2].partition("&")[0] for target in one.asked[1:]]
    assert sorts[:8] == ["relevancy"] * 4 + ["ctime"] * 4


def test_both_generations_give_the_same_tables(shopee: NewShopee) -> None:
    tables = []
    for generation in ("new", "old"):
        one = shopee(products=25, generation=generation)
        one.stores(urls=one.urls(), keywords="*", shops="shop_1", fetch="http")
        # The new payloads do not tell the stock; of variants also not what was sold, nor the SKU.
        found = one.tables(
            products=("stock",),
            product_variants=("stock", "sold", "sku"),
            price_snapshots=("stock", "sold"),
        )
        found["price_snapshots"] = [
            row for row in found["price_snapshots"] if '"variant_id": null' not in row
        ]
        tables.append(found)
    assert tables[0] == tables[1]


def test_prices_over_time_follow_the_clock_of_the_site(shopee: NewShopee) -> None:
    one = shopee(products=40, changes_per_day=0.3)
    begin, goods = one.world.begin, one.market.goods
    times = [begin + half * 12 * 3600 for half in range(7)]
    wanted: set[tuple[str, datetime, int, str]] = set()
    last: dict[str, tuple[Any, ...]] = {}
    for at in times:
        assert one.site.control("clock", at) == at
        one.stores(keywords="*", fetch="http", settings={"SIMULATED_CLOCK": 1})
        for good in goods.values():
            known = facts(good, at)
            state = (known["price_minor"], known["availability"], at // 86400)
            if last.get(good.id) != state:
                wanted.add((good.id, datetime.fromtimestamp(at, UTC), *state[:2]))
            last[good.id] = state
    found = one.query("select product_id, at, price_minor, availability from price_snapshots")
    assert set(found) == wanted
    assert len(found) == len(wanted) > len(goods) * 3
    later = one.site.control("clock", {"advance": 86400})
    assert later == times[-1] + 86400
    good = next(iter(goods.values()))
    one.stores(urls=one.url(good), settings={"SIMULATED_CLOCK": 1})
    newest = one.column("select max(at) from price_snapshots where product_id = %s", good.id)
    assert newest == [datetime.fromtimestamp(later, UTC)], "a browser tells the site's time too"


def test_each_variant_has_prices_over_time(shopee: NewShopee) -> None:
    one = shopee(products=5, changes_per_day=1.0, generation="old")
    goods, begin = list(one.market.goods.values()), one.world.begin
    wanted: set[tuple[str, datetime, int, int, int]] = set()
    last: dict[str, tuple[int, ...]] = {}
    for at in (begin + hours * 3600 for hours in (0, 6, 30, 36, 54)):
        one.site.control("clock", at)
        one.stores(urls=one.urls(), fetch="http", settings={"SIMULATED_CLOCK": 1})
        for offer in (offer for good in goods for offer in good.offers(at)):
            state = (offer.price, offer.list_price, offer.stock)
            if last.get(offer.id) != (*state, at // 86400):
                wanted.add((offer.id, datetime.fromtimestamp(at, UTC), *state))
            last[offer.id] = (*state, at // 86400)
    found = one.query(
        "select variant_id, at, price_minor, list_price_minor, stock from price_snapshots"
        " where variant_id is not null"
    )
    assert set(found) == wanted
    assert len(found) == len(wanted)
