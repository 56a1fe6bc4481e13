"""Money, changes and times as people read them; text of others without what a terminal obeys."""

from datetime import datetime
from decimal import Decimal

from rich.text import Text

from crawlers.clean import EXPONENTS

HOUR_S, DAY_S = 3600, 24 * 3600


def money(minor: int | None, currency: str | None, sign: str = "") -> str:
    """Return *minor* in the currency's major unit; as it is where its digits are unknown."""
    if minor is None:
        return "-"
    if currency not in EXPONENTS:
        return f"{minor:{sign},} (minor units)"
    return f"{Decimal(minor).scaleb(-EXPONENTS[currency]):{sign},f}"


def change(minor: int | None, percent: Decimal | None, currency: str | None) -> Text:
    """Return how much dearer or cheaper, green where it is cheaper."""
    if minor is None:
        return Text("-")
    sign = "+" if minor else ""
    share = f" ({percent:{sign},.2f} %)" if percent is not None else ""
    colour = "green" if minor < 0 else "red" if minor > 0 else ""
    return Text(money(minor, currency, sign) + share, style=colour)


def instant(at: datetime) -> str:
    """Return *at* to the minute."""
    return f"{at:%Y-%m-%d %H:%M}"


def duration(seconds: int) -> str:
    """Return *seconds* in days and hours, or in hours and minutes."""
    days, rest = divmod(seconds, DAY_S)
    hours, rest = divmod(rest, HOUR_S)
    return f"{days:,} d {hours} h" if days else f"{hours} h {rest // 60} min"
