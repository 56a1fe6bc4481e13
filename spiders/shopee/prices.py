"""What a product costs: from numbers only, in minor units."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from crawlers.items.products import ProductVariant
from spiders.shopee.fields import block, first_of, flag, money, percent, text

SHOWN: Final = ("single_value", "range_min", "range_max")
DISCOUNTS: Final = ("show_discount", "raw_discount", "discount")


class Prices(NamedTuple):
    """Of a product or a card: the lowest price, the highest, the lowest one's before discount."""

    low: int | None = None
    high: int | None = None
    before: int | None = None
    discount: float | None = None
    is_hidden: bool | None = None
    """Whether the price is kept back; None where one is told, or nothing is said of it."""


HIDDEN: Final = Prices(is_hidden=True)


def is_hidden(*said: dict[str, Any]) -> bool:
    """Tell whether the price is a riddle, ``1?.000``: before a flash sale it is not told."""
    masks = [one.get(name) for one in said for name in ("hidden_price_display", "price_mask")]
    return any(map(text, masks)) or any(flag(one.get("hide_price")) for one in said)


def of_model(model: dict[str, Any], currency: str) -> tuple[int | None, int | None]:
    """Return the price of a variant, after vouchers where it says so, and that before a discount.

    The variant's own ``price`` is before vouchers.
    """
    final = money(block(model.get("price_info")).get("final_price"), currency)
    listed = money(model.get("price"), currency)
    before = [
        money(model.get("normal_price"), currency),
        money(model.get("price_before_discount"), currency),
        listed,
    ]
    price = first_of(final, listed)
    return price, above(price, before)


def of_product(
    item: dict[str, Any],
    shown: dict[str, Any],
    variants: tuple[ProductVariant, ...],
    currency: str,
) -> Prices:
    """Return the prices of a product with *variants*; *shown* is its block ``product_price``.

    What the page shows is after vouchers, but may be the price of one promoted variant: the lowest
    and the highest are of the variants too. The block ``item`` counts where nobody else knows.
    """
    price = block(shown.get("price"))
    if is_hidden(item, shown, price):
        return HIDDEN
    of_page = [money(price.get(name), currency) for name in SHOWN]
    prices = of_page + [variant.price_minor for variant in variants]
    said = shown.get("price_before_discount")
    said = said if isinstance(said, dict) else {"single_value": said}
    before = [money(said.get(name), currency) for name in ("single_value", "range_min")]
    if not any(prices):
        prices = [money(item.get(name), currency) for name in ("price", "price_min", "price_max")]
        names = ("price_min_before_discount", "price_before_discount")
        before += [money(item.get(name), currency) for name in names]
    low = lowest(prices)
    if low not in of_page and variants:
        before = []  # that of the page is not of the cheapest
    own = [variant.list_price_minor for variant in variants if variant.price_minor == low]
    return Prices(
        low,
        highest(prices),
        above(low, [*own, *before, *_before_vouchers(variants)]),
        percent(shown.get("discount"), *(item.get(name) for name in DISCOUNTS)),
    )


def lowest(prices: Iterable[int | None]) -> int | None:
    """Return the lowest of those that are known."""
    return min((price for price in prices if price is not None), default=None)


def highest(prices: Iterable[int | None]) -> int | None:
    """Return the highest of those that are known."""
    return max((price for price in prices if price is not None), default=None)


def above(price: int | None, before: Iterable[int | None]) -> int | None:
    """Return the first of *before* that is more than *price*: no other is before a discount."""
    return next((one for one in before if one and price is not None and one > price), None)


def _before_vouchers(variants: tuple[ProductVariant, ...]) -> Iterable[int | None]:
    """Return what the cheapest variant costs by itself, where the page shows less than that."""
    priced = [variant for variant in variants if variant.price_minor is not None]
    cheapest = min(priced, key=lambda variant: variant.price_minor or 0, default=None)
    return (cheapest.list_price_minor, cheapest.price_minor) if cheapest else ()
