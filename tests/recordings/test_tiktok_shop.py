"""Every recording of TikTok Shop through its page; money is compared field by field.

What must come out is taken from the payloads by the code below, which shares nothing with the
parsers: the recordings' shapes are written down here once more.
"""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crawlers.captures import Capture
from crawlers.items.products import Product, ProductKeyword, ProductVariant, Shop
from spiders.tiktok_shop.pages import KeywordPage, ProductPage
from spiders.tiktok_shop.saved import saved_pages

US_ID, VN_ID = "1729447605324124806", "1730196006903450541"
US = f"https://www.tiktok.com/shop/pdp/a-name/{US_ID}"
VN = f"https://shop.tiktok.com/vn/pdp/a-name/{VN_ID}"
KEYWORD = "https://shop.tiktok.com/vn/k/binh-giu-nhiet"
ROUTE = "shop/pdp/(product_name_slug$)/(product_id)/page"
Money = dict[tuple[str, str], tuple[Decimal | None, str]]


@pytest.fixture
def folder(recordings: Path) -> Path:
    """Return where the recordings of this source are."""
    return recordings / "tiktok_shop"


def number(minor: int | None, currency: str | None) -> Decimal | None:
    """Return a stored amount in whole units: dong have no smaller coin, a dollar has 100 cents."""
    return None if minor is None else Decimal(minor) / {"VND": 1, "USD": 100}[str(currency)]


def product_of(page: ProductPage) -> tuple[Product, Shop]:
    """Return the product and its shop; fail for anything beside them."""
    product, shop = page.items()
    assert isinstance(product, Product)
    assert isinstance(shop, Shop)
    return product, shop


def page_of(path: Path, url: str) -> ProductPage:
    return ProductPage(url, ProductPage.redact(path.read_bytes()))


def money_in(product: Product) -> Money:
    """Return every amount that was read, by variant and field."""
    found: Money = {}
    rows: list[Product | ProductVariant] = [product, *(product.variants or ())]
    for row in rows:
        name = row.id if isinstance(row, ProductVariant) else ""
        for field in ("price_minor", "price_max_minor", "list_price_minor"):
            if hasattr(row, field):
                found[name, field] = (number(getattr(row, field), row.currency), row.currency or "")
    return found


def us_money(info: dict[str, Any]) -> Money:
    """Return every amount in the payload of 2025: of the variants, and of the product itself."""
    found: Money = {}
    for sku in info["skus"]:
        real, before = sku["price"]["real_price"], sku["price"]["original_price_value"]
        found[sku["sku_id"], "price_minor"] = (Decimal(real["price_val"]), real["currency"])
        found[sku["sku_id"], "list_price_minor"] = (Decimal(before), real["currency"])
    price = info["product_base"]["price"]
    found["", "price_minor"] = (Decimal(price["min_sku_price"]), price["currency"])
    found["", "price_max_minor"] = (Decimal(price["max_sku_price"]), price["currency"])
    found["", "list_price_minor"] = (Decimal(price["min_sku_original_price"]), price["currency"])
    return found


def vn_money(info: dict[str, Any]) -> Money:
    """Return every amount in the payload of 2026."""
    prices = info["promotion_model"]["promotion_product_price"]
    found: Money = {}
    for name, price in [*prices["skus_price"].items(), ("", prices["min_price"])]:
        currency = price["currency_name"]
        found[name, "price_minor"] = (Decimal(price["sale_price_decimal"]), currency)
        found[name, "list_price_minor"] = (Decimal(price["origin_price_decimal"]), currency)
    highest = max(Decimal(price["sale_price_decimal"]) for price in prices["skus_price"].values())
    found["", "price_max_minor"] = (highest, prices["min_price"]["currency_name"])
    return found


def us_data(folder: Path) -> dict[str, Any]:
    """Return the data of the product's component, found in the text of the page itself."""
    page = (folder / "pdp_us_2025-07.html").read_text()
    found = re.findall(r'id="__MODERN_ROUTER_DATA__">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    loaded = json.loads(found[0])
    router = json.loads((folder / "pdp_us_2025-07_router_data.json").read_text())
    assert loaded == router
    components = loaded["loaderData"][ROUTE]["page_config"]["components_map"]
    (data,) = [
        one["component_data"] for one in components if one["component_type"] == "product_info"
    ]
    found_data: dict[str, Any] = data
    return found_data


@pytest.mark.parametrize("name", ["pdp_us_2025-07.html", "pdp_us_2025-07_router_data.json"])
def test_every_amount_of_the_page_of_2025_is_the_number_in_the_payload(
    folder: Path, name: str, report: list[str]
) -> None:
    info = us_data(folder)["product_info"]
    product, shop = product_of(page_of(folder / name, US))
    expected = us_money(info)
    assert money_in(product) == expected
    assert len(expected) == 2 * 40 + 3
    assert product.discount_percent == 24
    assert [variant.stock for variant in product.variants or ()] == [
        sku["stock"] for sku in info["skus"]
    ]
    assert product.stock == sum(sku["stock"] for sku in info["skus"])
    assert [variant.options for variant in product.variants or ()] == [
        tuple(prop["prop_value"] for prop in sku["sku_sale_props"]) for sku in info["skus"]
    ]
    out = {v.id for v in product.variants or () if v.availability == "out_of_stock"}
    assert out == {sku["sku_id"] for sku in info["skus"] if sku["status"] == 2}
    assert (product.id, product.region, product.sold) == (US_ID, "us", 30762)
    assert (product.rating, product.ratings_total) == (4.5, 2868)
    assert [one.id for one in product.categories or ()] == ["601152", "842760", "601291", "902416"]
    assert len(product.attributes or ()) == 18
    assert len(product.images or ()) == 9
    assert (shop.id, shop.name, shop.products_total) == ("7495278230053096070", "KatchMe US", 110)
    report.append(f"{'tiktok_shop':<16}{name[:30]:<32}{len(expected):>6} amounts")


def test_every_amount_of_the_page_of_2026_is_the_number_in_the_payload(
    folder: Path, report: list[str]
) -> None:
    path = folder / "pdp_component_vn_2026-09.min.json"
    data = json.loads(path.read_text())["product_info"]
    info = data["product_info"]
    product, shop = product_of(page_of(path, VN))
    expected = vn_money(info)
    assert money_in(product) == expected
    assert len(expected) == 2 * 4 + 1
    assert (product.price_minor, product.currency) == (97043, "VND")
    skus = info["product_model"]["skus"]
    assert [(one.id, one.stock, one.sku) for one in product.variants or ()] == [
        (sku["sku_id"], sku["sku_quantity"]["available_quantity"], sku["sku_name"]) for sku in skus
    ]
    assert [one.availability for one in product.variants or ()] == [
        {1: "in_stock", 2: "out_of_stock"}[sku["sku_stock_status"]] for sku in skus
    ]
    assert product.sold == int(info["product_model"]["sold_count"])
    assert product.ratings_total == sum(product.ratings_by_stars or ()) == 1660
    assert product.region == "vn"
    assert (
        product.description == "Thông tin sản phẩm\nChất liệu: Inox 304 cao cấp\nDung tích: 510ml"
    )
    assert (shop.id, shop.rating, shop.followers, shop.sold) == (
        data["shop_info"]["seller_id"],
        3.1,
        31,
        79624,
    )
    report.append(f"{'tiktok_shop':<16}{path.name[:30]:<32}{len(expected):>6} amounts")


def test_the_cards_of_a_keyword_are_read(folder: Path) -> None:
    path = folder / "keyword_components_vn_2026-09.min.json"
    (card,) = json.loads(path.read_text())[1]["component_data"]["products"]
    page = KeywordPage(KEYWORD, KeywordPage.redact(path.read_bytes()))
    product, place, shop = page.items()
    assert isinstance(product, Product)
    price = card["product_price_info"]
    assert money_in(product) == {
        ("", "price_minor"): (Decimal(price["sale_price_decimal"]), "VND"),
        ("", "list_price_minor"): (Decimal(price["origin_price_decimal"]), "VND"),
        ("", "price_max_minor"): (None, "VND"),
    }
    assert product.discount_percent == pytest.approx(33)
    assert (product.name, product.sold, product.brand) == (card["title"], 59960, "LocknLock")
    assert place == ProductKeyword(
        platform="tiktok_shop",
        region="vn",
        keyword="binh giu nhiet",
        product_id="1",
        position=1,
        is_ad=False,
    )
    assert shop == Shop(platform="tiktok_shop", id="10", region="vn", name="Shop 10")


def test_every_recording_is_known_for_what_it_is(folder: Path) -> None:
    kinds = {
        path.name: next(iter(saved_pages([Capture(str(path), body=path.read_bytes())])))
        for path in sorted(folder.iterdir())
    }
    assert {name: (found.kind, found.is_whole) for name, found in kinds.items()} == {
        "keyword_components_vn_2026-09.min.json": ("list", True),
        "pdp_component_vn_2026-09.min.json": ("product", True),
        "pdp_us_2025-07.html": ("product", True),
        "pdp_us_2025-07_router_data.json": ("product", True),
    }
    assert f"/{US_ID}" in str(kinds["pdp_us_2025-07.html"].url)


def test_reviewers_and_visitors_are_left_out_of_what_is_kept(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        kept = ProductPage.redact(path.read_bytes())
        for word in (b"review_user", b"web_id", b"I love the look"):
            assert word not in kept
    assert b"review_user" in (folder / "pdp_us_2025-07.html").read_bytes()
