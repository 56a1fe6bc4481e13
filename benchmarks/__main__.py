"""Run benchmarks: ``python -m benchmarks [NAME ...] [--runs N]``."""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import (
    alerts,
    analysis,
    api,
    backups,
    crawls,
    dashboard,
    followers,
    frontier,
    lichess,
    parsing,
    price_history,
    rendering,
    report,
    selectors,
    stall,
    startup,
    writer,
)
from benchmarks.measure import Comparison, say

FOLDER = Path(__file__).parent
Benchmarks = dict[str, Callable[[], Iterator[Comparison]]]


def short(runs: int) -> Benchmarks:
    """Return what ``make bench`` runs: a quarter of an hour."""
    return {
        "selectors": partial(selectors.measure, runs),
        "parsing": partial(parsing.measure, runs),
        "writer": partial(writer.measure, runs),
        "crawls": partial(crawls.measure, runs),
        "frontier": partial(frontier.measure, runs),
        "lichess": partial(lichess.measure, runs),
        "analysis": partial(analysis.measure, runs),
        "startup": partial(startup.measure, runs),
        "stall": stall.measure,
    }


LONG: Benchmarks = {
    "lichess-long": lichess.measure_long,
    "rendering": rendering.measure_long,
    "prices": price_history.measure_long,
    "followers": followers.measure_long,
    "api": api.measure_long,
    "alerts": alerts.measure_long,
    "dashboard": dashboard.measure_long,
    "backups": backups.measure_long,
}
"""What ``make bench-long`` runs, once each."""


def main() -> None:
    """Measure against named peers and print a table; without names also write the report."""
    asked = arguments()
    known = short(asked.runs) | LONG
    names = asked.names or list(LONG if asked.long else short(asked.runs))
    begin = time.monotonic()
    results: list[Comparison] = []
    for name in names:
        say(f"{name}:")
        results += known[name]()
    report.show(results)
    if not asked.names:
        runs = 1 if asked.long else asked.runs
        report.write(results, FOLDER / "results.md", runs, (time.monotonic() - begin) / 60)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    names = [*short(0), *LONG]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(names)}")
    parser.add_argument("--runs", type=int, default=5, help="runs of each thing (default 5)")
    parser.add_argument("--long", action="store_true", help="only what takes long")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(names):
        parser.error(f"unknown benchmark: {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    main()
