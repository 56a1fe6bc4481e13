"""A product as its own page shows it, in any generation: the keys that are there decide."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from crawlers.items.base import Unknown
from crawlers.items.products import Attribute, Availability, Category, Product, ProductVariant
from spiders.tiktok_shop.cards import PLATFORM, address_of
from spiders.tiktok_shop.descriptions import plain_text, unknown_blocks
from spiders.tiktok_shop.prices import NO_PRICE, Price, price_in, price_of_product
from spiders.tiktok_shop.values import (
    Block,
    block,
    blocks,
    count,
    pictures,
    required,
    stars,
    text,
    whole,
)
from spiders.tiktok_shop.variants import prices_of, read_variants, skus_of, unknown_statuses

ON_SALE: Final = 1
STARS: Final = ("1", "2", "3", "4", "5")


def read_product(data: Block, region: str | None) -> Product:
    """Return the product in the *data* of its component."""
    info = block(data, "product_info")
    product = product_id(info)
    skus = skus_of(info)
    prices = prices_of(info, skus)
    price = price_of_product(prices, _own_price(info))
    variants = read_variants(product, skus, prices)
    return Product(
        platform=PLATFORM,
        id=product,
        region=region,
        url=address_of(product),
        price_minor=price.amount,
        price_max_minor=price.maximum,
        list_price_minor=price.before,
        discount_percent=price.percent,
        currency=price.currency,
        stock=_stock(variants or ()),
        availability=_availability(info, variants or ()),
        categories=_categories(data),
        attributes=_attributes(info),
        variants=variants,
        **_told(info),
        **_ratings(data, info),
    )


def unknown_in_product(data: Block) -> Iterator[Unknown]:
    """Yield the codes and kinds of blocks that are not understood."""
    info = block(data, "product_info")
    if (status := whole(info, "status")) not in {None, ON_SALE}:
        yield Unknown("product_status", str(status))
    yield from unknown_statuses(skus_of(info))
    yield from unknown_blocks(_description(info))


def product_id(info: Block) -> str:
    """Return the product's id; raise ValueError where there is none, or where there are two."""
    named = {text(block(info, "product_model"), "product_id"), text(info, "product_id")} - {None}
    if len(named) != 1:
        raise ValueError(f"expected one id of the product, found {len(named)}")
    return str(named.pop())


def _told(info: Block) -> dict[str, Any]:
    """Return what both generations tell under other names; newer names come first."""
    new, old = block(info, "product_model"), block(info, "product_base")
    sold = count(new, "sold_count")
    return {
        "shop_id": (
            text(new, "seller_id")
            or text(info, "seller_id")
            or text(block(info, "seller"), "seller_id")
        ),
        "name": text(new, "name") or text(old, "title"),
        "sold": count(old, "sold_count") if sold is None else sold,
        "images": pictures(new, "images") or pictures(old, "images"),
        "description": plain_text(_description(info)),
    }


def _description(info: Block) -> str | None:
    new, old = block(info, "product_model"), block(info, "product_base")
    return text(new, "description") or text(old, "desc_detail")


def _own_price(info: Block) -> Price:
    """Return the price that the page gives for the product as a whole."""
    promoted = block(block(info, "promotion_model"), "promotion_product_price")
    places = (
        block(promoted, "min_price"),
        block(info, "price"),
        block(block(info, "product_base"), "price"),
    )
    return next((one for one in map(price_in, places) if one.amount is not None), NO_PRICE)


def _stock(variants: Sequence[ProductVariant]) -> int | None:
    stocks = [variant.stock for variant in variants if variant.stock is not None]
    return sum(stocks) if stocks and len(stocks) == len(variants) else None


def _availability(info: Block, variants: Sequence[ProductVariant]) -> Availability | None:
    """Tell whether any variant can be had, as long as the product's own status is known."""
    states = {variant.availability for variant in variants}
    if whole(info, "status") not in {None, ON_SALE}:
        return "unknown"
    if "in_stock" in states:
        return "in_stock"
    return "out_of_stock" if states == {"out_of_stock"} else None


def _ratings(data: Block, info: Block) -> dict[str, Any]:
    new = block(block(data, "review_info"), "review_ratings")
    old = block(info, "product_detail_review")
    total = count(new, "review_count")
    return {
        "rating": stars(new, "overall_score") or stars(old, "product_rating"),
        "ratings_total": count(old, "review_count") if total is None else total,
        "ratings_by_stars": _by_stars(block(new, "rating_result")),
    }


def _by_stars(found: Block) -> tuple[int, ...] | None:
    if not found:
        return None
    counts = [count(found, name) for name in STARS]
    if set(found) != set(STARS) or None in counts:
        raise ValueError("rating_result has not 1 to 5 stars")
    return tuple(one for one in counts if one is not None)


def _categories(data: Block) -> tuple[Category, ...] | None:
    """Return the categories, the widest first: by their level, else as the page lists them."""
    found = blocks(data, "categories")
    levels = [whole(one, "level") for one in found]
    if None not in levels:
        found = sorted(found, key=lambda one: one["level"])
    named = (
        Category(id=required(one, "category_id"), name=text(one, "category_name")) for one in found
    )
    return tuple(named) or None


def _attributes(info: Block) -> tuple[Attribute, ...] | None:
    new = [
        Attribute(name=required(one, "property_name"), value=_values(one))
        for one in blocks(block(info, "product_model"), "product_properties")
    ]
    old = [
        Attribute(name=required(one, "name"), value=text(one, "value"))
        for one in blocks(block(info, "product_base"), "specifications")
    ]
    return tuple(new or old) or None


def _values(found: Block) -> str | None:
    values = [text(one, "property_value_name") for one in blocks(found, "property_values")]
    return ", ".join(filter(None, values)) or None
