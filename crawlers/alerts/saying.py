"""What has happened to a product, in a phrase; and money as messages write it."""

from decimal import Decimal
from typing import Any

from crawlers.clean import EXPONENTS

SAID = {
    "below": "{price}, the limit is {limit}",
    "above": "{price}, the limit is {limit}",
    "fall_percent": "{price}, fallen from {reference} ({percent})",
    "new_lowest": "{price}, the lowest so far; it was {reference}",
    "any_change": "{price}, was {reference} ({percent})",
    "out_of_stock": "out of stock",
    "back_in_stock": "back in stock",
}
"""What has happened to a product, by the kind of its rule."""


def said(kind: str, facts: dict[str, Any]) -> str:
    """Return what a rule of *kind* has found, from the *facts* of an alert."""
    found = {"price": money(facts.get("price_minor"), facts.get("currency"))}
    for name in ("limit", "reference"):
        found[name] = money(facts.get(f"{name}_minor"), facts.get("currency"))
    return SAID[kind].format(percent=_percent(facts), **found)


def money(minor: int | None, currency: str | None) -> str:
    """Return an amount as people write it; in minor units where the digits are unknown."""
    if minor is None:
        return "no price"
    if currency not in EXPONENTS:
        return f"{minor:,} (minor units) {currency or ''}".strip()
    return f"{Decimal(minor).scaleb(-EXPONENTS[currency]):,f} {currency}"


def _percent(facts: dict[str, Any]) -> str:
    """Return how much of the price before the change is."""
    before, now = facts.get("reference_minor"), facts.get("price_minor")
    if not before or now is None:
        return "from nothing"
    return f"{Decimal(100 * (now - before)) / before:+.2f} %"
