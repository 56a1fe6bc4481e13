"""What buyers thought of it, and how many they were."""

import re
from typing import Any, Final, NamedTuple

from crawlers.clean import FACTORS, count_of
from spiders.shopee.fields import count, first_of, several, text

STARS: Final = 5

_WORDS: Final = "|".join(sorted(filter(None, FACTORS), key=len, reverse=True))
_LETTERS: Final = r"a-z\u00c0-\u024f\u1e00-\u1eff"
_NUMBER: Final = re.compile(
    rf"(?<![{_LETTERS}\d.,])\d[\d.,]*(?:\s?(?:{_WORDS}))?(?![{_LETTERS}]|[.,]?\d)\+?"
)
"""A Latin word that nobody is known to count in spoils the number that it is written to."""


class Ratings(NamedTuple):
    """The mean, how many there are, and how many of 1 to 5 stars."""

    mean: float | None
    total: int | None
    by_stars: tuple[int, ...] | None


def read_ratings(*said: dict[str, Any]) -> Ratings:
    """Return the ratings that the blocks *said* give, the first that knows; 0 of none is null."""
    counts = first_of(*map(_counts, said))
    total = counts[0] if counts else first_of(*(count(s.get("total_rating_count")) for s in said))
    mean = next((found for one in said if (found := mean_of(one.get("rating_star")))), None)
    return Ratings(mean if total != 0 else None, total, counts[1:] if counts else None)


def mean_of(value: Any) -> float | None:
    """Return a number of stars; 0 stands for none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:40]!r} is no rating")
    return float(value) or None


def _counts(said: dict[str, Any]) -> tuple[int, ...] | None:
    """Return all, then those of 1 to 5 stars; a summary of reviews would have the five only."""
    found = tuple(count(one) or 0 for one in several(said.get("rating_count")))
    if found and len(found) != STARS + 1:
        raise ValueError(f"{len(found)} numbers of ratings, expected {STARS + 1}")
    return found or None


def sold_in(numbers: list[Any], texts: list[Any]) -> tuple[int | None, str | None]:
    """Return how many were sold, and the text that says so if it cannot be read.

    The texts count where no number is left, and are rounded. Words may stand around the one number.
    """
    found = first_of(*map(count, numbers))
    shown = first_of(*map(text, texts))
    if found is not None or shown is None:
        return found, None
    try:
        (number,) = _NUMBER.findall(shown.lower())
        return count_of(number), None
    except ValueError:
        return None, shown
