"""What something costs. Numbers only: the texts beside them ("$24.17", "97.043") are never read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spiders.tiktok_shop.values import Block, block, decimal, money, text

OLD_DISCOUNT: Final = re.compile(r"-?([0-9]{1,3})%")
"""The one form in which the older pages tell a discount, which they tell in no number."""


@dataclass(frozen=True, slots=True)
class Price:
    """Money in minor units. *maximum* is known of a product only."""

    amount: int | None = None
    before: int | None = None
    currency: str | None = None
    percent: float | None = None
    maximum: int | None = None


NO_PRICE: Final = Price()


def price_in(found: Block) -> Price:
    """Return the price in a block of any generation, by the keys that it has."""
    if "sale_price_decimal" in found:
        return _promoted(found)
    if isinstance(found.get("real_price"), dict):
        return _old(found)
    if "min_sku_price" in found:
        return _range(found)
    return NO_PRICE


def price_of_product(variants: Sequence[Price], own: Price) -> Price:
    """Return the price of the cheapest of *variants*, or the product's *own* where one has none.

    A discount that only the product shows is that of the variant which costs as much.
    """
    priced = [(one.amount, one) for one in variants if one.amount is not None]
    if not priced or len(priced) < len(variants):
        return own
    if len({one.currency for _, one in priced}) > 1:
        raise ValueError("variants in several currencies")
    amount, cheapest = min(priced, key=lambda pair: pair[0])
    same = own.amount == amount and own.currency == cheapest.currency
    percent = own.percent if cheapest.percent is None and same else cheapest.percent
    maximum = max(amount for amount, _ in priced)
    return Price(amount, cheapest.before, cheapest.currency, percent, maximum)


def _promoted(found: Block) -> Price:
    currency = text(found, "currency_name")
    fraction = decimal(found, "discount_decimal")
    return Price(
        money(found, "sale_price_decimal", currency),
        _before(found, "origin_price_decimal", currency),
        currency,
        None if fraction is None else float(100 * fraction),
    )


def _old(found: Block) -> Price:
    real = block(found, "real_price")
    currency = text(real, "currency")
    return Price(
        money(real, "price_val", currency),
        _before(found, "original_price_value", currency),
        currency,
        _old_percent(found),
    )


def _range(found: Block) -> Price:
    """Read the span of a product's prices; it does not say which two belong to one variant."""
    currency = text(found, "currency")
    befores = [_before(found, f"{end}_sku_original_price", currency) for end in ("min", "max")]
    return Price(
        money(found, "min_sku_price", currency),
        befores[0] if befores[0] == befores[1] else None,
        currency,
        _old_percent(found),
        money(found, "max_sku_price", currency),
    )


def _before(found: Block, name: str, currency: str | None) -> int | None:
    """Return the price before the discount; nothing at all was never asked for."""
    return money(found, name, currency) or None


def _old_percent(found: Block) -> float | None:
    if (shown := text(found, "discount")) is None:
        return None
    if not (match := OLD_DISCOUNT.fullmatch(shown)):
        raise ValueError(f"a discount in an unknown form: {shown[:40]!r}")
    return float(match[1])
