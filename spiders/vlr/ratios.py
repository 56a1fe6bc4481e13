"""Ratios that one generation of the markup shows and the other leaves to be computed."""

from typing import Any


def with_ratios(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return *numbers* with the ratios of first kills that are missing.

    Until July 2026 tables had first kills and first deaths for each round, since then the first
    kills for each first death. The counts are in both, and the site rounds to two digits.
    """
    kills, deaths = numbers.get("first_kills"), numbers.get("first_deaths")
    rounds = numbers.get("rounds")
    computed = {
        "fkpr": _ratio(kills, rounds),
        "fdpr": _ratio(deaths, rounds),
        "fkfd": _ratio(kills, deaths),
    }
    return computed | {name: value for name, value in numbers.items() if value is not None}


def _ratio(part: int | None, whole: int | None) -> float | None:
    """Round half up, as the site does; None without a whole to divide by."""
    if part is None or not whole:
        return None
    return (200 * part + whole) // (2 * whole) / 100
