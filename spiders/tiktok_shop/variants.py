"""The variants of a product: what is chosen, what it costs, and whether it can be had."""

from collections.abc import Iterator, Sequence
from typing import Final

from crawlers.items.base import Unknown
from crawlers.items.products import Availability, ProductVariant
from spiders.tiktok_shop.prices import NO_PRICE, Price, price_in
from spiders.tiktok_shop.values import Block, block, blocks, count, required, text, whole

STOCK_STATUSES: Final[dict[int, Availability]] = {1: "in_stock", 2: "out_of_stock"}
"""What ``sku_stock_status`` of newer pages says."""
SOLD_OUT: Final = 2
STATUSES: Final = frozenset({0, 1, SOLD_OUT})
"""Of ``status`` in older pages: of 0 and 1 the stock decides; 2 is seen with no stock only."""


def skus_of(info: Block) -> list[Block]:
    """Return the variants as the page lists them."""
    return blocks(block(info, "product_model"), "skus") or blocks(info, "skus")


def prices_of(info: Block, skus: Sequence[Block]) -> list[Price]:
    """Return the price of each of *skus*, from whichever place this page has it in."""
    promoted = block(block(block(info, "promotion_model"), "promotion_product_price"), "skus_price")
    listed = blocks(info, "skus")
    plain = {text(one, "sku_id"): one for one in listed}
    if len(plain) < len(listed):
        raise ValueError("two variants with the same id")
    return [_price(sku, promoted, plain) for sku in skus]


def read_variants(
    product: str, skus: Sequence[Block], prices: Sequence[Price]
) -> tuple[ProductVariant, ...] | None:
    """Return the variants; None where the page lists none: everything that is sold has one."""
    found = tuple(_variant(product, sku, price) for sku, price in zip(skus, prices, strict=True))
    if len({variant.id for variant in found}) < len(found):
        raise ValueError("two variants with the same id")
    return found or None


def unknown_statuses(skus: Sequence[Block]) -> Iterator[Unknown]:
    """Yield the codes of whether a variant can be had that are not understood."""
    for sku in skus:
        stated, status = whole(sku, "sku_stock_status"), whole(sku, "status")
        if stated not in {None, *STOCK_STATUSES}:
            yield Unknown("sku_stock_status", str(stated))
        if stated is None and status not in {None, *STATUSES}:
            yield Unknown("sku_status", str(status))


def _price(sku: Block, promoted: Block, plain: dict[str | None, Block]) -> Price:
    name = required(sku, "sku_id")
    entry = block(promoted, name)
    if entry.get("sku_id", name) != name:
        raise ValueError(f"the price of variant {name} says that it is another one's")
    places = (entry, block(sku, "price"), block(plain.get(name, {}), "price"))
    return next((one for one in map(price_in, places) if one.amount is not None), NO_PRICE)


def _variant(product: str, sku: Block, price: Price) -> ProductVariant:
    options = _options(sku)
    stock = _stock(sku)
    return ProductVariant(
        platform="tiktok_shop",
        product_id=product,
        id=required(sku, "sku_id"),
        name=", ".join(options) or None,
        options=options or None,
        sku=text(sku, "sku_name"),
        price_minor=price.amount,
        list_price_minor=price.before,
        currency=price.currency,
        stock=stock,
        availability=_availability(sku, stock),
    )


def _options(sku: Block) -> tuple[str, ...]:
    """Return what is chosen, tier by tier."""
    old = [text(one, "prop_value") for one in blocks(sku, "sku_sale_props")]
    new = [text(one, "sku_property_value_name") for one in blocks(sku, "property_pairs")]
    return tuple(filter(None, new or old))


def _stock(sku: Block) -> int | None:
    stock = count(block(sku, "sku_quantity"), "available_quantity")
    return count(sku, "stock") if stock is None else stock


def _availability(sku: Block, stock: int | None) -> Availability | None:
    """Tell whether it can be had; a code that is not understood leaves that open."""
    if (stated := whole(sku, "sku_stock_status")) is not None:
        return STOCK_STATUSES.get(stated)
    status = whole(sku, "status")
    if status == SOLD_OUT:
        return "out_of_stock"
    if stock is None or status not in {None, *STATUSES}:
        return None
    return "in_stock" if stock else "out_of_stock"
