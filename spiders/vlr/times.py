"""The times of VLR.gg. None of them says its zone; each place on the site has its own.

Match pages write US Eastern into an attribute called ``data-utc-ts``; brackets of events write
epochs there; what is plain text is in the viewer's zone. All of these raise ValueError for
text of another shape.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LOCAL: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_SLASHED: Final = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})", re.ASCII)
_NAMED: Final = re.compile(r"(?:[A-Za-z]+, )?([A-Za-z]+)\.? (\d{1,2}), (\d{4})", re.ASCII)
_DAY: Final = re.compile(r"(?:([A-Za-z]{3,9})\.? )?(\d{1,2})(?:, (\d{4}))?", re.ASCII)
_TO: Final = re.compile(r"\s*[-–—]\s*")  # noqa: RUF001 - the site's dashes
_SHOWN: Final = re.compile(
    r"([A-Za-z]{3,9}) (\d{1,2}), (\d{4}) at (\d{1,2}):(\d\d)(?: ?([AaPp][Mm])\b)?", re.ASCII
)
_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)", re.ASCII)


def eastern(text: str) -> datetime:
    """Return the instant of a match page's ``2025-10-05 07:00:00``, which is US Eastern time.

    In the hour that autumn has twice, the first is meant; the hour that spring leaves out counts
    as if the clock had not been changed yet.
    """
    year, month, day, hour, minute, second = map(int, _matched(_LOCAL, text).groups())
    local = datetime(year, month, day, hour, minute, second, tzinfo=_new_york())
    return local.astimezone(UTC)


def epoch(text: str) -> datetime:
    """Return the instant of a bracket's ``1778166000``, seconds since 1970 in UTC."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is no epoch")
    return EPOCH + timedelta(seconds=int(text))


def in_zone(text: str, zone: tzinfo) -> datetime | None:
    """Return the time of an article's ``Oct 1, 2025 at 04:29 IST``, taken to be in *zone*.

    The abbreviation says nothing for certain. None for text of another shape.
    """
    if not (found := _SHOWN.match(text.strip())):
        return None
    name, day, year, hour, minute, half = found.groups()
    hours = int(hour) % 12 + 12 * (half.upper() == "PM") if half else int(hour)
    try:
        on = date(int(year), month_number(name), int(day))
        return datetime.combine(on, time(hours, int(minute)), zone)
    except ValueError:
        return None


def slashed_date(text: str) -> date:
    """Read ``2022/12/05``."""
    year, month, day = map(int, _matched(_SLASHED, text).groups())
    return date(year, month, day)


def named_date(text: str) -> date:
    """Read ``June 19, 2026``, ``Sep 17, 2024`` or ``Sun, June 7, 2026``."""
    name, day, year = _matched(_NAMED, text).groups()
    return date(int(year), month_number(name), int(day))


def date_range(text: str) -> tuple[date | None, date | None]:
    """Read ``Jul 2, 2025 - Oct 13, 2025``, ``Apr 1 – May 18, 2026`` or ``Jul 9 – 23, 2026``.

    A day without a year has that of the end; without any year, or ``TBD``, it is None.
    """  # noqa: RUF002 - the site's dash
    first, *rest = _TO.split(text.strip())
    if len(rest) > 1:
        raise ValueError(f"{text[:40]!r} is no range of days")
    start, end = _day(first), _day(rest[0]) if rest else None
    if start and end:
        (month, _, year), (end_month, end_day, end_year) = start, end
        end = (end_month or month, end_day, end_year)
        if year is None and end_year:
            start = (month, start[1], end_year - (month > end[0]))
    elif not rest:
        end = start
    starts_on, ends_on = _dated(start), _dated(end)
    if starts_on and ends_on and ends_on < starts_on:
        raise ValueError(f"{text[:40]!r} ends before it begins")
    return starts_on, ends_on


def month_number(name: str) -> int:
    """Return 6 for ``Jun`` and ``June``."""
    if (start := name[:3].lower()) not in MONTHS:
        raise ValueError(f"{name[:40]!r} is no month")
    return MONTHS.index(start) + 1


def seconds(text: str) -> int:
    """Read a duration, ``42:45`` or ``1:02:45``."""
    hours, minutes, rest = _matched(_CLOCK, text).groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(rest)


def _day(text: str) -> tuple[int, int, int | None] | None:
    """Return month (0 if not said), day and year; None for a day that is to be announced."""
    if text.upper() == "TBD":
        return None
    name, day, year = _matched(_DAY, text).groups()
    return month_number(name) if name else 0, int(day), int(year) if year else None


def _dated(day: tuple[int, int, int | None] | None) -> date | None:
    return date(day[2], day[0], day[1]) if day and day[2] else None


@cache
def _new_york() -> ZoneInfo:
    return ZoneInfo("America/New_York")


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    if not (found := pattern.fullmatch(text.strip())):
        raise ValueError(f"{text[:40]!r} is not written like {pattern.pattern}")
    return found
