"""Every recorded answer of Shopee through its page; money is held against the payload's numbers."""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.items.base import Item
from crawlers.items.products import Product, ProductVariant, Shop
from crawlers.page import Page
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from crawlers.storage.queries import table_sizes
from spiders.shopee.pages import ProductPage, RenderedProductPage, ShopPage
from tests.storage.things import NOON

PRODUCT = "item_get_v2_id_2019.json"
SHOP = "shop_get_v2_id_2019.json"
RENDERED = "product_page_rendered_vn_2024.html"
PAGES: tuple[tuple[str, type[Page], str], ...] = (
    (PRODUCT, ProductPage, "https://shopee.co.id/product/14971334/793687457"),
    (SHOP, ShopPage, "https://shopee.co.id/shop/14971334"),
    (RENDERED, RenderedProductPage, "https://shopee.vn/product/983530276/16195543153"),
)


def page(folder: Path, name: str) -> Page:
    """Return the page of a recording, redacted."""
    ((page_class, url),) = ((cls, url) for file, cls, url in PAGES if file == name)
    return page_class(url, page_class.redact((folder / "shopee" / name).read_bytes()))


def items(folder: Path, name: str) -> list[Item]:
    """Return what is on the page of a recording; anything but items fails."""
    found = list(page(folder, name).items())
    assert all(isinstance(one, Item) for one in found)
    return [one for one in found if isinstance(one, Item)]


def is_amount(minor: int | None, scaled: Any, digits: int) -> bool:
    """Tell whether *minor* is exactly the payload's number, of 1/100000; 0 and -1 are none."""
    if scaled in (None, 0, -1):
        return minor is None
    return minor is not None and Fraction(minor, 10**digits) == Fraction(scaled, 100000)


def test_every_money_value_of_the_product_is_the_number_in_the_payload(
    recordings: Path, report: list[str]
) -> None:
    item = json.loads((recordings / "shopee" / PRODUCT).read_text())["item"]
    (product,) = items(recordings, PRODUCT)
    assert isinstance(product, Product)
    assert product.currency == item["currency"] == "IDR"
    models = {str(model["modelid"]): model for model in item["models"]}
    variants = {variant.id: variant for variant in product.variants or ()}
    assert variants.keys() == models.keys()
    checked = 0
    for number, model in models.items():
        variant = variants[number]
        assert is_amount(variant.price_minor, model["price"], 2)
        assert is_amount(variant.list_price_minor, model["price_before_discount"], 2)
        assert (variant.stock, variant.sold) == (model["stock"], model["sold"])
        assert variant.availability == ("in_stock" if model["stock"] else "out_of_stock")
        assert variant.options == (model["name"],)
        checked += 2
    prices = [model["price"] for model in item["models"]]
    assert is_amount(product.price_minor, min(prices), 2)
    assert is_amount(product.price_max_minor, max(prices), 2)
    assert is_amount(product.list_price_minor, item["price_before_discount"], 2)
    report.append(f"{'shopee':<16}{'amounts of money':<18}{checked + 3:>6}")


def test_the_rest_of_the_product_is_as_in_the_payload(recordings: Path) -> None:
    item = json.loads((recordings / "shopee" / PRODUCT).read_text())["item"]
    (product,) = items(recordings, PRODUCT)
    assert isinstance(product, Product)
    assert (product.id, product.shop_id) == (str(item["itemid"]), str(item["shopid"]))
    assert (product.name, product.stock, product.sold) == (item["name"], 24, 8314)
    assert product.stock == sum(variant.stock or 0 for variant in product.variants or ())
    assert product.availability == "in_stock"
    total, *stars = item["item_rating"]["rating_count"]
    assert (product.ratings_total, list(product.ratings_by_stars or ())) == (total, stars)
    assert [category.id for category in product.categories or ()] == ["33", "18213", "18218"]
    assert len(product.images or ()) == len(item["images"])


def test_the_shop_is_as_in_the_payload(recordings: Path) -> None:
    data = json.loads((recordings / "shopee" / SHOP).read_text())["data"]
    (shop,) = items(recordings, SHOP)
    assert isinstance(shop, Shop)
    assert (shop.id, shop.name) == (str(data["shopid"]), data["name"])
    assert (shop.username, shop.location) == ("barangsae", data["shop_location"])
    assert (shop.ratings_good, shop.ratings_normal, shop.ratings_bad) == (25573, 1175, 200)
    assert (shop.followers, shop.products_total, shop.rating) == (21889, 395, 4.67817)
    assert (shop.response_rate_percent, shop.response_time_s) == (94.0, 14827)


def test_the_rendered_page_gives_numbers_of_its_own_data_and_nothing_of_who_looked(
    recordings: Path,
) -> None:
    html = (recordings / "shopee" / RENDERED).read_text()
    product, shop = items(recordings, RENDERED)
    assert isinstance(product, Product)
    assert isinstance(shop, Shop)
    price = re.search(r'"offers":\{"@type":"Offer","price":"(\d+)\.00","priceCurrency":"VND"', html)
    assert price is not None
    assert product.price_minor == product.price_max_minor == int(price[1])
    assert product.variants is None
    assert (product.id, product.shop_id, shop.id) == ("16195543153", "983530276", "983530276")
    assert (product.ratings_total, product.ratings_by_stars) == (9883, (20, 19, 69, 344, 9400))
    assert (shop.name, shop.username) == ("KATHOLIC", "katholic")
    kept = page(recordings, RENDERED).body.decode()
    viewer = re.search(r'class="navbar__username">([^<]+)<', html)
    address = re.search(r'class="awxJLd">([^<]+)<', html)
    assert viewer is not None
    assert address is not None
    for private in (viewer[1], address[1], "shopee-product-rating"):
        assert private not in kept


@pytest.mark.parametrize("name", [PRODUCT, SHOP, RENDERED])
async def test_every_recording_is_stored(
    recordings: Path, database_config: Config, name: str
) -> None:
    database, found = Database(database_config), items(recordings, name)
    async with Writer(database) as writer:
        for _ in range(2):
            stored = await writer.store(Harvest("shopee", "https://x.test/", NOON, items=found))
            assert stored.quarantined == 0
    sizes = await table_sizes(database)
    await database.close()
    products = [one for one in found if isinstance(one, Product)]
    variants = [row for one in products for row in one.rows() if isinstance(row, ProductVariant)]
    assert (sizes["products"], sizes["product_variants"]) == (len(products), len(variants))
    assert sizes["price_snapshots"] == len(products) + len(variants)
