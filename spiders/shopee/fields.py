"""Values of the payloads: strict about types, and null where nothing is said.

Raises ValueError or TypeError for what is not as described; the page turns them into PageError.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from crawlers.clean import minor_units

SCALE_DIGITS: Final = 5
"""Money is an integer of 1/100000 of the currency's unit."""

NOT_SET: Final = frozenset({0, -1})
"""Amounts that mean that there is none."""

LATEST_S: Final = 2**32
"""No instant is later than that, in the year 2106: milliseconds are none."""

_INTEGER: Final = re.compile(r"-?[0-9]{1,20}")
_PERCENT: Final = re.compile(r"(\d{1,3})%?")
_FILE: Final = re.compile(r"[A-Za-z0-9_.-]{4,200}")


def integer(value: Any) -> int | None:
    """Return a whole number, which some payloads write as text; never one that was a float."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{str(value)[:40]!r} is no whole number")


def count(value: Any) -> int | None:
    """Return a number of things."""
    found = integer(value)
    if found is not None and found < 0:
        raise ValueError(f"{found} is no count")
    return found


def money(value: Any, currency: str) -> int | None:
    """Return an amount in minor units, exactly; None where it is not set."""
    found = integer(value)
    if found is None or found in NOT_SET:
        return None
    return minor_units(Decimal(found).scaleb(-SCALE_DIGITS), currency)


def percent(*values: Any) -> float | None:
    """Return the first discount of *values*, ``31``, ``"31"`` or ``"31%"``; None without any.

    What comes after it is not read: where a number says it, no text has to.
    """
    return next((found for found in map(_percent, values) if found is not None), None)


def _percent(value: Any) -> float | None:
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value)):
        value = match[1]
    found = integer(value)
    return None if found is None or found in NOT_SET else float(found)


def identifier(value: Any) -> str | None:
    """Return an id as text; 0 is none."""
    found = count(value)
    return str(found) if found else None


def same(*values: Any) -> str | None:
    """Return the id that some of *values* give; they may be missing, never differ."""
    found = {one for one in map(identifier, values) if one}
    if len(found) > 1:
        raise ValueError(f"one thing has the ids {', '.join(sorted(found))}")
    return found.pop() if found else None


def instant(value: Any) -> datetime | None:
    """Return epoch seconds as an instant."""
    found = count(value)
    if found and found > LATEST_S:
        raise ValueError(f"{str(found)[:40]} is no instant in seconds")
    return datetime.fromtimestamp(found, UTC) if found else None


def text(value: Any) -> str | None:
    """Return a text without the space around it; None for nothing."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value.strip() or None


def flag(value: Any) -> bool | None:
    """Return yes or no, which some payloads write as 1 or 0."""
    if value is None:
        return None
    if value in (0, 1):
        return bool(value)
    raise ValueError(f"{str(value)[:40]!r} is neither yes nor no")


def block(value: Any) -> dict[str, Any]:
    """Return an object; an empty one where there is none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError(f"{str(value)[:40]!r} is no object")
    return value


def blocks(value: Any) -> list[dict[str, Any]]:
    """Return a list of objects; an empty one where there is none."""
    return [block(one) for one in several(value)]


def several(value: Any) -> list[Any]:
    """Return a list; an empty one where there is none."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError(f"{str(value)[:40]!r} is no list")
    return value


def first_of(*values: Any) -> Any:
    """Return the first that is something."""
    return next((one for one in values if one is not None), None)


def image_urls(value: Any, region: str) -> tuple[str, ...] | None:
    """Return addresses of images, which the payloads name by their hashes."""
    found = []
    for name in several(value):
        if not isinstance(name, str) or not _FILE.fullmatch(name):
            raise ValueError(f"{str(name)[:40]!r} is no image")
        found.append(f"https://down-{region}.img.susercontent.com/file/{name}")
    return tuple(found) or None
