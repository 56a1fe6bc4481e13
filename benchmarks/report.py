"""The table on the terminal, and the same in ``benchmarks/results.md``."""

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Comparison, Series
from crawlers.storage.system import programs

LONG_PART = "\n<!-- What takes long, once each -->\n\n"
"""Stands between the two reports in one file."""

HEADINGS = ("benchmark", "ours", "peer", "ratio", "target", "reached")
PROFILES = Path(__file__).parent / "profiles"
"""Where the time goes, for a target that is not reached: ``<benchmark>.md``, written by people."""


def cells(one: Comparison) -> tuple[str, ...]:
    """Return a line of the table as text."""
    peer = f"{number(one.peer.median)} {one.peer.unit} ({one.peer.name})" if one.peer else "-"
    ratio = number(one.result) if one.peer else "-"
    reached = {True: "yes", False: "no", None: "-"}[one.reached]
    ours = f"{number(one.ours.median)} {one.ours.unit}"
    return (one.benchmark, ours, peer, ratio, str(one.target or "-"), reached)


def number(value: float) -> str:
    """Write *value* with three digits, or whole when it is large."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004 - three digits


def show(comparisons: Sequence[Comparison]) -> None:
    """Print the table."""
    table = Table(*HEADINGS)
    for one in comparisons:
        table.add_row(*cells(one), style="red" if one.reached is False else "")
    Console(width=None if os.isatty(1) else 160).print(table)


def write(comparisons: Sequence[Comparison], path: Path, runs: int, minutes: float) -> None:
    """Write the report to *path*; what ran once each is its second part, and the other is kept."""
    parts = path.read_text().split(LONG_PART) if path.exists() else []
    mine = "\n".join(_report(comparisons, runs, minutes)) + "\n"
    kept = [*parts, "", ""][:2]
    kept[runs == 1] = mine
    path.write_text(f"{kept[0]}{LONG_PART}{kept[1]}" if kept[1] else kept[0])


def _report(comparisons: Sequence[Comparison], runs: int, minutes: float) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Medians of {runs} runs in turns with their"
    yield f"peers; {minutes:.0f} minutes in all. Only the ratios mean something on another machine."
    yield ""
    yield from _table(HEADINGS, map(cells, comparisons))
    yield ""
    yield "Crawls count items over Scrapy's own `elapsed_time_seconds`: from the opening of the"
    yield "spider to its closing, commits included, imports and start of the process not. A ratio"
    yield "is ours over the peer's; start-up and memory are better when smaller."
    yield ""
    yield "## Spread"
    yield ""
    yield from _table(("benchmark", "who", "unit", "min", "median", "max"), _spread(comparisons))
    missed = [one for one in comparisons if one.reached is False]
    for one in missed:
        yield f"\n## Not reached: {one.benchmark}\n"
        profile = PROFILES / f"{one.benchmark.replace(',', '').replace(' ', '-')}.md"
        yield profile.read_text().strip() if profile.exists() else "No profile was taken."


def _spread(comparisons: Sequence[Comparison]) -> Iterator[tuple[str, ...]]:
    done = set()
    for one in comparisons:
        for series in filter(None, (one.ours, one.peer)):
            line = (one.benchmark, series.name, series.unit, *_range(series))
            if line not in done:
                done.add(line)
                yield line


def _range(series: Series) -> tuple[str, str, str]:
    return number(min(series.values)), number(series.median), number(max(series.values))


def _table(headings: Sequence[str], lines: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "|" + "---|" * len(headings)
    for line in lines:
        yield f"| {' | '.join(line)} |"


def machine() -> str:
    """Describe the machine and the programs in neutral words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    postgres = subprocess.run(
        [programs() / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()},"
        f" Scrapy {version('scrapy')}, PostgreSQL {postgres.stdout.split()[-1]}"
    )
