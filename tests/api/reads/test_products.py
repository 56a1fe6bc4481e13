"""Products: by region, shop, keyword and price; history and statistics."""

from datetime import timedelta
from typing import Any

from crawlers.items.products import Product, ProductKeyword, ProductVariant, Shop
from tests.api.reads.reading import NOON, Reads

PLACE: dict[str, Any] = {"platform": "shopee", "region": "sg"}
WIDE = "9007199254740993"
"""An id that no number of JavaScript holds."""


def product(id: str, price: int | None, **more: Any) -> Product:  # noqa: A002 - the field's name
    """Return a product of Singapore."""
    values = PLACE | {"currency": "SGD", "name": f"Lamp {id}", "availability": "in_stock"}
    return Product(id=id, price_minor=price, **values | more)


async def ids(reads: Reads, **query: Any) -> list[str]:
    """Return the ids of the products that are found."""
    return [row["id"] for row in await reads.rows("/products", limit=1, **query)]


async def put_products(reads: Reads) -> None:
    """Store four products, three of which a keyword finds."""
    await reads.put(
        product("1", 300, sold=5, shop_id="7"),
        product("2", 100, sold=9, availability="out_of_stock"),
        product("3", None, shop_id="7"),
        product(WIDE, 200, region="my", currency="MYR"),
        *(
            ProductKeyword(**PLACE, keyword="lamp", product_id=one, position=n, is_ad=False)
            for n, one in enumerate(("3", "1", "2"), 1)
        ),
        Shop(**PLACE, id="7", name="Lamps & more", followers=3),
    )


async def test_products_are_found_by_place_shop_and_availability(reads: Reads) -> None:
    await put_products(reads)
    assert await ids(reads) == ["1", "2", "3", WIDE]
    assert await ids(reads, platform="tiktok_shop") == []
    assert await ids(reads, **PLACE, sort="price") == ["2", "1", "3"]
    assert await ids(reads, **PLACE, sort="-sold") == ["2", "1", "3"]
    assert await ids(reads, **PLACE, sort="price", min_price=101, currency="SGD") == ["1"]
    assert await ids(reads, **PLACE, availability="out_of_stock") == ["2"]
    assert await ids(reads, platform="shopee", shop="7", sort="-id") == ["3", "1"]


async def test_products_are_found_by_keyword_in_the_order_of_the_site(reads: Reads) -> None:
    await put_products(reads)
    assert await ids(reads, **PLACE, keyword="lamp") == ["3", "1", "2"]
    assert await ids(reads, **PLACE, keyword="lamp", max_price=100) == ["2"]
    rows = await reads.rows("/keywords", **PLACE, keyword="lamp", limit=2)
    assert [(one["product_id"], one["position"]) for one in rows] == [("3", 1), ("1", 2), ("2", 3)]
    assert await ids(reads, platform="shopee", keyword="lamp", sort="-position") == ["2", "1", "3"]
    rows = await reads.rows("/keywords", platform="shopee", keyword="lamp", limit=2)
    assert [one["product_id"] for one in rows] == ["3", "1", "2"]
    rows = await reads.rows("/keywords", platform="shopee", product="2")
    assert [one["keyword"] for one in rows] == ["lamp"]


async def test_a_product_comes_with_its_variants_and_its_id_as_text(reads: Reads) -> None:
    variant = ProductVariant(platform="shopee", product_id=WIDE, id="5", price_minor=2**62)
    await reads.put(product(WIDE, 1, variants=(variant,), description="<i>x</i>"))
    found = await reads.get(f"/products/shopee/{WIDE}")
    assert (found["id"], found["description"]) == (WIDE, "<i>x</i>")
    assert [(one["id"], one["price_minor"]) for one in found["variants"]] == [("5", 2**62)]


async def test_the_history_of_a_product_and_of_a_variant_are_two(reads: Reads) -> None:
    for day, price in enumerate((300, 200, 200, 250)):
        variant = ProductVariant(platform="shopee", product_id="1", id="5", price_minor=price + 1)
        await reads.put(product("1", price, variants=(variant,)), at=NOON + timedelta(days=day))
    rows = await reads.rows("/products/shopee/1/history", limit=1)
    assert [one["price_minor"] for one in rows] == [250, 200, 200, 300]
    rows = await reads.rows("/products/shopee/1/history", variant="5", sort="at", limit=3)
    assert [one["price_minor"] for one in rows] == [301, 201, 201, 251]
    since = {"since": "2026-01-02T00:00Z", "until": "2026-01-03T00:00Z"}
    rows = await reads.rows("/products/shopee/1/history", **since)
    assert [one["price_minor"] for one in rows] == [200]


async def test_the_statistics_of_prices_are_those_of_the_views(reads: Reads) -> None:
    for day, price in enumerate((300, 100, 200)):
        await reads.put(product("1", price), at=NOON + timedelta(days=day))
    await reads.put(
        ProductKeyword(**PLACE, keyword="lamp", product_id="1", position=1, is_ad=False)
    )
    found = await reads.get("/products/shopee/1/statistics")
    (row,) = found["rows"]
    names = ("first_minor", "price_minor", "lowest_minor", "highest_minor", "median_minor")
    assert [row[name] for name in names] == [300, 200, 100, 300, 200]
    assert (row["since_yesterday_percent"], row["since_first_percent"]) == (100.0, -33.33)
    found = await reads.get("/keyword-statistics", **PLACE, keyword="lamp")
    (row,) = found["rows"]
    assert (row["products"], row["priced"], row["median_minor"]) == (1, 1, 200)


async def test_shops_are_found_by_region_and_name(reads: Reads) -> None:
    await put_products(reads)
    assert [one["id"] for one in await reads.rows("/shops", **PLACE)] == ["7"]
    found = await reads.rows("/shops", platform="shopee", name="LAMPS &")
    assert [one["id"] for one in found] == ["7"]
    assert (await reads.get("/shops/shopee/7"))["followers"] == 3
