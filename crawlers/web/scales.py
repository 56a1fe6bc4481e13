"""Scales of plots: round numbers and whole days at their edges. Pure."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

STEPS = (1, 2, 2.5, 5, 10)
DAY_S = 86_400
FEW = 3
"""So many ticks at least, if there are as many days."""


class Tick(NamedTuple):
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


LEAST = 1e-9
"""No plot shows a smaller part of its values, and floats soon cannot tell it either."""


def nice(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers that enclose *low* and *high*, about *most* of them.

    >>> nice(3, 97)
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    span = max(high - low or abs(high) or 1, abs(high) * LEAST, abs(low) * LEAST, LEAST)
    size = 10 ** math.floor(math.log10(span / most))
    step = next(one * size for one in STEPS if one * size * most >= span)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def instants(first: float, last: float, most: int = 6) -> list[Tick]:
    """Return ticks between two instants (epoch seconds): years, months, days or hours, in UTC."""
    for ticks in (_years, _months, _days, _hours):
        found = [tick for tick in ticks(first, last) if first <= tick.at <= last]
        if len(found) >= FEW:
            return _thinned(found, most)
    return [Tick(at, f"{_at(at):%Y-%m-%d %H:%M}") for at in dict.fromkeys((first, last))]


def _thinned(ticks: Sequence[Tick], most: int) -> list[Tick]:
    return list(ticks[:: math.ceil(len(ticks) / most)])


def _years(first: float, last: float) -> Iterator[Tick]:
    for year in range(_at(first).year, _at(last).year + 1):
        yield Tick(datetime(year, 1, 1, tzinfo=UTC).timestamp(), str(year))


def _months(first: float, last: float) -> Iterator[Tick]:
    begin, end = _at(first), _at(last)
    for number in range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month):
        at = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        yield Tick(at.timestamp(), f"{at:%Y-%m}")


def _days(first: float, last: float) -> Iterator[Tick]:
    at = _at(first).replace(hour=0, minute=0, second=0, microsecond=0)
    while at.timestamp() <= last:
        yield Tick(at.timestamp(), f"{at:%m-%d}")
        at += timedelta(days=1)


def _hours(first: float, last: float) -> Iterator[Tick]:
    at = _at(first).replace(minute=0, second=0, microsecond=0)
    while at.timestamp() <= last:
        yield Tick(at.timestamp(), f"{at:%m-%d %H:%M}")
        at += timedelta(hours=1)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
