"""Whole crawls of the site: what it sells is stored as it is, in every generation of its pages."""

from typing import Any

import pytest

from tests.replica.market import facts
from tests.replica.tiktok_pages import REVIEWER, VISITOR
from tests.tiktok_shop.conftest import NewShop
from tests.tiktok_shop.site import ONLY_SOME, TikTokShop

DAY_S = 24 * 3600
PRICES = (
    "select id, price_minor, price_max_minor, list_price_minor, currency, availability"
    " from products order by id"
)
VARIANTS = (
    "select id, options, price_minor, list_price_minor, stock, availability"
    " from product_variants order by id"
)


def prices(shop: TikTokShop) -> list[tuple[Any, ...]]:
    """Return what `PRICES` must find."""
    goods = shop.market.goods.values()
    return [(good.id, *facts(good, shop.market.now).values()) for good in goods]


def variants(shop: TikTokShop) -> list[tuple[Any, ...]]:
    """Return what `VARIANTS` must find."""
    return [
        (
            offer.id,
            list(offer.options) or None,
            offer.price,
            offer.list_price,
            offer.stock,
            "in_stock" if offer.stock else "out_of_stock",
        )
        for good in shop.market.goods.values()
        for offer in good.offers(shop.market.now)
    ]


def test_products_are_stored_as_they_are_and_once(new_shop: NewShop) -> None:
    shop = new_shop(products=12)
    shop.stores(urls=shop.urls())
    assert shop.query(PRICES) == prices(shop)
    assert shop.query(VARIANTS) == variants(shop)
    sold = {good.id: good.sold(shop.market.now) for good in shop.market.goods.values()}
    assert dict(shop.query("select id, sold from products")) == sold
    assert dict(shop.query("select id, name from shops")) == shop.market.shops
    (first, *_) = shop.market.goods.values()
    described = shop.query(
        "select name, shop_id, region, description, rating, ratings_total, categories,"
        " attributes, images from products where id = %s",
        first.id,
    )
    assert described == [
        (
            first.name,
            first.shop,
            "us",
            f"About {first.name}\nlight\nstrong",
            None,
            0,
            [{"id": "600001", "name": "Everything"}, {"id": "700000", "name": "Bottle"}],
            [{"name": "Material", "value": "Steel"}],
            [f"https://images.test/{first.id}.webp"],
        )
    ]
    kept = shop.everything_kept()
    assert REVIEWER.encode() not in kept
    assert VISITOR.encode() not in kept
    tables, snapshots = shop.tables(), shop.snapshots
    shop.stores(urls=shop.urls())
    assert (shop.tables(), shop.snapshots) == (tables, snapshots)
    assert shop.counts == {"unchanged": sum(map(len, tables.values())) + 12 - 3}


@pytest.mark.parametrize("currency", ["USD", "VND"])
def test_every_generation_of_the_pages_gives_the_same_tables(
    new_shop: NewShop, currency: str
) -> None:
    found = []
    for generation in ("old", "new", "mix"):
        shop = new_shop(products=9, generation=generation, currency=currency, region="vn")
        shop.stores(urls=shop.urls(), keywords="no", categories="700001", region="vn")
        assert shop.query(PRICES) == prices(shop)
        found.append(shop.tables(**ONLY_SOME))
    assert found[0] == found[1] == found[2]


def test_a_browser_finds_the_same_as_plain_http(new_shop: NewShop) -> None:
    shop, other = new_shop(products=4), new_shop(products=4)
    shop.stores(urls=shop.urls(), keywords="no", region="us")
    other.stores(urls=other.urls(), keywords="no", region="us", fetch="browser")
    assert other.tables() == shop.tables()
    assert other.snapshots == shop.snapshots


def test_lists_give_cards_and_take_nothing_away(new_shop: NewShop) -> None:
    shop = new_shop(products=30)
    first, *rest = shop.market.goods
    (store, *_) = shop.market.shops
    shop.stores(urls=shop.urls(first))
    before = shop.query("select * from product_variants order by id")
    described = shop.query("select name, images, description, stock from products")
    shop.stores(keywords="lamp,no", region="us", shops=store)
    assert shop.query("select * from product_variants order by id") == before
    after = "select name, images, description, stock from products where id = %s"
    assert shop.query(after, first) == described
    assert set(shop.column("select id from products")) == {first, *rest}
    lamps = [good.id for good in shop.market.found("lamp")]
    found = "select product_id from product_keywords where keyword = %s order by position"
    assert shop.column(found, "lamp") == lamps
    assert shop.column(found, "no") == list(shop.market.goods)
    positions = (
        "select array_agg(position order by position) from product_keywords where keyword = %s"
    )
    assert shop.column(positions, "lamp") == [[*range(1, len(lamps) + 1)]]
    assert shop.query("select followers from shops where id = %s", store) == [(31,)]


def test_stored_pages_read_again_give_the_same_rows(new_shop: NewShop) -> None:
    shop = new_shop(products=3)
    shop.stores(urls=shop.urls(), keywords="no", region="us")
    tables, snapshots = shop.tables(), shop.snapshots
    shop.query("delete from product_keywords returning 1")
    shop.query("update raw_pages set page_version = 0 returning 1")
    done = shop.crawls.run("reparse", "tiktok_shop")
    assert done.returncode == 0, done.stderr
    assert (shop.tables(), shop.snapshots) == (tables, snapshots)
