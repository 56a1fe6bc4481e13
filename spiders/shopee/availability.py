"""Whether something can be bought. What is blank is unknown, never sold out."""

from typing import Any, Final

from crawlers.items.products import Availability, ProductVariant
from spiders.shopee.fields import count, flag, text

STATUSES: Final[dict[str, Availability]] = {
    "normal": "in_stock",
    "sold_out": "out_of_stock",
    "deleted": "gone",
}
"""What ``item_status`` says by itself."""


def of_variant(model: dict[str, Any]) -> Availability | None:
    """Return what the flags of *model* say, or else its stock."""
    has_stock = flag(model.get("has_stock"))
    if has_stock is None and flag(model.get("is_grayout")):
        has_stock = False
    if has_stock is None and (stock := count(model.get("stock"))) is not None:
        has_stock = stock > 0
    return None if has_stock is None else _said(is_there=has_stock)


def of_product(item: dict[str, Any], variants: tuple[ProductVariant, ...]) -> Availability | None:
    """Return what is known of a product or a card.

    Its status knows best what is gone or sold out, then its flag, its variants, its own stock. With
    a status that nobody knows it may be anything but in stock.
    """
    said = text(item.get("item_status"))
    found = _known(item, variants, STATUSES.get(said or ""))
    return "unknown" if found in {None, "in_stock"} and said not in {None, *STATUSES} else found


def _known(
    item: dict[str, Any], variants: tuple[ProductVariant, ...], status: Availability | None
) -> Availability | None:
    is_sold_out = flag(item.get("is_sold_out"))
    stock = count(item.get("stock"))
    if status in {"gone", "out_of_stock"}:
        return status
    if is_sold_out:
        return "out_of_stock"
    known = {variant.availability for variant in variants}
    if "in_stock" in known:
        return "in_stock"
    if known == {"out_of_stock"}:
        return "out_of_stock"
    if stock is not None:
        return _said(is_there=stock > 0)
    return "in_stock" if is_sold_out is False else status


def _said(*, is_there: bool) -> Availability:
    return "in_stock" if is_there else "out_of_stock"
