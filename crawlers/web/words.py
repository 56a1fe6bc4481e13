"""Values as people read them: instants, ages, money, shares. Text of others stays text."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic_core import to_json

from crawlers.clean import EXPONENTS

NOTHING = "\N{EN DASH}"
CELL_MAX = 160
"""Characters of one value in a table."""
TURNING = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Characters that obey nobody's eye: controls, and those that turn the direction of others."""
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def plain(text: str) -> str:
    """Return *text* with a mark in the place of what would turn its neighbours round."""
    return TURNING.sub("\ufffd", text)


def instant(at: datetime | None) -> str:
    """Return *at* to the minute, in UTC."""
    return NOTHING if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def duration(seconds: float | None) -> str:
    """Return *seconds* in the two largest units: 3 d 4 h."""
    if seconds is None:
        return NOTHING
    left, parts = int(max(0, seconds)), list[str]()
    for size, name in UNITS:
        if left >= size or (name == "s" and not parts):
            parts.append(f"{left // size:,} {name}")
            left %= size
    return " ".join(parts[:2])


def moment(seconds: float) -> str:
    """Return the instant of so many *seconds* of the epoch, to the minute, in UTC."""
    return instant(datetime.fromtimestamp(seconds, UTC))


def latest(points: Sequence[Any], most: int) -> list[Any]:
    """Return the last *most* of *points*, the latest first."""
    return list(points[: -most - 1 : -1])


def age(at: datetime | None) -> str:
    """Return how long ago *at* was, in the largest unit."""
    if at is None:
        return "never"
    seconds = (datetime.now(UTC) - at).total_seconds()
    return "just now" if seconds < 1 else f"{' '.join(duration(seconds).split()[:2])} ago"


def took(began: datetime | None, ended: datetime | None) -> str:
    """Return the time from *began* to *ended*, or to now."""
    if began is None:
        return NOTHING
    return duration(((ended or datetime.now(UTC)) - began).total_seconds())


def count(number: float | None) -> str:
    """Return a number with its thousands apart."""
    return NOTHING if number is None else f"{number:,}"


def about(number: int | None) -> str:
    """Return a number that is only estimated, in three digits."""
    if number is None or number < 1000:  # noqa: PLR2004 - that is exact enough
        return count(number)
    factor = 10 ** (len(str(number)) - 3)
    return f"≈ {round(number / factor) * factor:,}"


def share(part: float | None, digits: int = 0) -> str:
    """Return a share of one in per cent."""
    return NOTHING if part is None else f"{part:.{digits}%}".replace("%", " %")


def money(minor: int | None, currency: str | None) -> str:
    """Return an amount in the major unit of its currency; as it is where that is not known."""
    if minor is None:
        return NOTHING
    if currency not in EXPONENTS:
        return f"{minor:,} {currency or ''} (minor units)"
    return f"{Decimal(minor).scaleb(-EXPONENTS[currency]):,f} {currency}"


def value(row: Mapping[str, Any], column: str, most: int = CELL_MAX) -> str:
    """Return what *row* has in *column*: money with the currency that stands beside it."""
    if column.endswith("_minor"):
        own = f"{column.removesuffix('_minor')}_currency"
        return money(row[column], row.get(own) or row.get("currency"))
    return cell(row[column], most)


def cell(value: Any, most: int = CELL_MAX) -> str:
    """Return any value of a row as one short line."""
    match value:
        case None:
            text = NOTHING
        case bool():
            text = "yes" if value else "no"
        case datetime():
            text = instant(value)
        case date():
            text = value.isoformat()
        case int():
            text = str(value)
        case float() | Decimal():
            text = f"{value:.2f}".rstrip("0").rstrip(".")
        case list() | tuple() if not any(isinstance(one, dict | list) for one in value):
            text = ", ".join(NOTHING if one is None else str(one) for one in value) or NOTHING
        case str():
            text = value
        case _:
            text = to_json(value, inf_nan_mode="null").decode()
    return text if len(text) <= most else f"{text[: most - 1]}…"


def kinds(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return how columns are set: numbers (``n``) to the right, instants (``t``) in one line."""
    found = {"t": datetime, "n": int | float | Decimal}
    return {
        name: kind
        for row in rows
        for name, one in row.items()
        for kind, types in found.items()
        if isinstance(one, types) and not isinstance(one, bool)
    }


def named(column: str) -> str:
    """Return the name of a column as a heading: its unit stays."""
    return column.removesuffix("_at").removesuffix("_on").replace("_", " ")


def outside(url: Any) -> str | None:
    """Return *url* if a browser may be led there; anything that is not on the web is None."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        return None
    is_web = parts is not None and parts.scheme in {"http", "https"} and parts.hostname
    return url if is_web else None


def address(template: str, row: Mapping[str, Any]) -> str | None:
    """Return *template* with values of *row* in its braces; None where one is not there."""
    names = re.findall(r"{(\w+)}", template)
    if any(row.get(name) in {None, ""} for name in names):
        return None
    return template.format_map({name: quote(str(row[name]), safe="") for name in names})


FILTERS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (plain, instant, moment, duration, age, took, count, about, share, money,
                cell, value, kinds, named, latest, outside, address)
}  # fmt: skip
"""What templates may do with a value, by name."""
