"""Single values of the site's JSON: None where absent or empty; else TypeError or ValueError."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from crawlers.clean import count_of, minor_units

Block = Mapping[str, Any]

PLAIN: Final = re.compile(r"[0-9]{1,24}(?:\.[0-9]{1,24})?")
"""A decimal number as the site writes it; never "97.043" for 97043: that stands in other fields."""


def block(within: Block, name: str) -> Block:
    """Return the object called *name*; an empty one where it is absent."""
    value = within.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError(f"{name} is no object")
    return value


def blocks(within: Block, name: str) -> list[Block]:
    """Return the objects in the list called *name*; none where it is absent."""
    value = within.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"{name} is no list of objects")
    return value


def text(within: Block, name: str) -> str | None:
    """Return a text without white space around it."""
    value = within.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} is {str(value)[:40]!r}, no text")
    return value.strip() or None


def required(within: Block, name: str) -> str:
    """Return a text that must be there."""
    if (found := text(within, name)) is None:
        raise ValueError(f"no {name}")
    return found


def decimal(within: Block, name: str) -> Decimal | None:
    """Return a number, or a plain decimal number in a text."""
    value = within.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"{name} is {str(value)[:40]!r}, no number")
    if not PLAIN.fullmatch(shown := str(value)):
        raise ValueError(f"{name} is {shown[:40]!r}, no plain number")
    return Decimal(shown)


def money(within: Block, name: str, currency: str | None) -> int | None:
    """Return an amount in the minor unit of *currency*."""
    if (amount := decimal(within, name)) is None:
        return None
    if currency is None:
        raise ValueError(f"{name} has no currency")
    return minor_units(amount, currency)


def count(within: Block, name: str) -> int | None:
    """Return a count: a number, or a text such as "16031" or "500+"."""
    value = within.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return count_of(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} is {str(value)[:40]!r}, no count")
    return value


def stars(within: Block, name: str) -> float | None:
    """Return a mean of 1 to 5 stars; the site writes 0 where nobody has given any."""
    return float(found) if (found := decimal(within, name)) else None


def whole(within: Block, name: str) -> int | None:
    """Return a code, such as a status."""
    value = within.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError(f"{name} is {str(value)[:40]!r}, no code")
    return value


def pictures(within: Block, name: str) -> tuple[str, ...] | None:
    """Return the first address of each picture."""
    found = []
    for picture in blocks(within, name):
        addresses = picture.get("url_list") or []
        if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
            raise ValueError(f"url_list in {name} is no list of addresses")
        found += addresses[:1]
    return tuple(found) or None
