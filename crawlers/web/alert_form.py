"""A rule as a form asks for it: products by their addresses, prices as people write them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from crawlers.alerts.wanted import RuleRequest
from crawlers.clean import EXPONENTS, minor_units
from crawlers.errors import AlertError
from crawlers.product_names import read_one
from crawlers.web.rendering import query

KINDS = {
    "below": "a price at the limit or under it",
    "above": "a price at the limit or over it",
    "fall_percent": "fallen by so many per cent",
    "new_lowest": "lower than ever",
    "any_change": "up or down",
    "out_of_stock": "in stock before",
    "back_in_stock": "out of stock before",
    "job_failed": "a job failed, or ended in part",
    "job_ended": "a job ended, however it did",
}
"""What each kind of rule waits for."""
COOLDOWNS = {
    "": "none",
    "3600": "an hour",
    "21600": "6 hours",
    "43200": "12 hours",
    "86400": "a day",
    "259200": "3 days",
    "604800": "a week",
}
"""For how long there is no other alert of the same product, by seconds."""
RARE = ("variant_id", "region", "platform", "source", "each_variant", "hysteresis_percent",
        "cooldown_s", "per_day", "quiet_from", "quiet_to", "zone", "digest",
        "digest_at")  # fmt: skip
"""Fields that few rules need."""
AS_IT_IS = ("name", "kind", "collection", "keyword", "percent", *RARE)
"""Fields that are read as they are."""
FIELDS = {"product_id": "product", "limit_minor": "limit"}
"""What a field is called in the form, where that is not its own name."""
PLAINLY = {
    "missing": "fill this in",
    "string_too_short": "fill this in",
    "string_pattern_mismatch": "this does not look like one",
}
"""What is said instead of words for programs, by the kind of error."""
NAME_MAX = 100
PROPOSED = Decimal("0.9")
"""The limit that is proposed, as a part of the price now."""


def read_rule(
    given: Mapping[str, str], channels: list[str]
) -> tuple[RuleRequest | None, dict[str, str]]:
    """Return the rule that a form asks for, or what is wrong with each of its fields."""
    values: dict[str, Any] = {name: text for name in AS_IT_IS if (text := given.get(name, ""))}
    problems = _read_product(given, values) | _read_price(given, values)
    try:
        rule = RuleRequest.model_validate(values | {"channels": channels})
    except ValidationError as error:
        return None, said(error) | problems
    return (None, problems) if problems else (rule, {})


def said(error: ValidationError | AlertError) -> dict[str, str]:
    """Return what *error* says, by the field that it is about; ``""``: by none."""
    if isinstance(error, AlertError):
        return {FIELDS.get(error.field or "", error.field or ""): str(error)}
    found: dict[str, str] = {}
    for one in error.errors(include_url=False):
        text = PLAINLY.get(one["type"]) or str(one["msg"]).removeprefix("Value error, ")
        name = str(one["loc"][0]) if one["loc"] else ""
        if one["type"] == "together":
            name, text = one["ctx"]["field"], text.replace("_", " ")
        found.setdefault(FIELDS.get(name, name), text)
    return found


def readable(text: str) -> str:
    """Return *text* of others as a name for a rule."""
    words = "".join(one if one.isprintable() else " " for one in text).split()
    return " ".join(words)[:NAME_MAX].strip()


def watching(product: Mapping[str, Any]) -> str:
    """Return the address of the form, filled in for *product* as it is stored."""
    given = {"kind": "below", "product": f"{product['platform']}:{product['id']}"}
    given["name"] = readable(product["name"] or given["product"])
    price, currency = product["price_minor"], product["currency"]
    if price is not None and currency in EXPONENTS:
        limit = Decimal(int(price * PROPOSED)).scaleb(-EXPONENTS[currency])
        given |= {"limit": f"{limit:f}", "currency": currency}
    return query("/alerts/new", given)


def _read_product(given: Mapping[str, str], values: dict[str, Any]) -> dict[str, str]:
    """Put the product into *values*; return what is wrong."""
    if word := given.get("product"):
        try:
            values["platform"], values["product_id"] = read_one(word)
        except ValueError as error:
            return {"product": str(error)}
    return {}


def _read_price(given: Mapping[str, str], values: dict[str, Any]) -> dict[str, str]:
    """Put limit and currency into *values*; return what is wrong."""
    currency, limit = given.get("currency", "").upper(), given.get("limit")
    if currency:
        values["currency"] = currency
    if not limit:
        return {}
    if currency not in EXPONENTS:
        return {"currency": "a limit has a currency that is known here, such as SGD"}
    try:
        values["limit_minor"] = minor_units(limit, currency)
    except ValueError as error:
        return {"limit": str(error)}
    return {}
