"""From the command to the first request that arrives at the server."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Comparison, Series, Target, in_turns
from benchmarks.processes import ROOT, STOCK, crawl, shop
from benchmarks.store import store
from crawlers.storage.embedded import drop

OURS = ["ours", "-s", "SPIDER_MODULES=spiders,benchmarks"]
"""The project's own sources are there too, as in a real crawl."""


def first_request(
    folder: Path, command: list[str], home: Path | None = None, ends: str | None = "finished"
) -> float:
    """Return the seconds until the first request of *command*."""
    environment = {"CRAWLERS_HOME": str(home), "CRAWLERS_TEST": "1"} if home else {}
    with shop(1, 1, "--announce") as (origin, said):
        asked = ["-a", f"origin={origin}", "-a", "pages=1"]
        done = crawl(folder, [*command, *asked], environment, ends)
        return round(float(said.readline()) - done.began, 3)


def cold() -> float:
    """Return the seconds of a first crawl ever: a database is made, started, migrated."""
    with TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "home"
        try:
            # It cannot store: only the benchmarks' own databases have the benchmarks' table.
            return first_request(ROOT, OURS, home, ends=None)
        finally:
            drop(home)


def measure(runs: int) -> Iterator[Comparison]:
    """Yield the comparison."""
    with store() as data:
        ways: dict[str, Callable[[], float]] = {
            "ours, warm database": partial(first_request, ROOT, OURS, data.home),
            "bare Scrapy": partial(first_request, STOCK, ["shop"]),
        }
        in_turns(1, ways)  # modules are compiled, as they are after the first crawl anywhere
        series = {
            name: Series(name, "s", tuple(values)) for name, values in in_turns(runs, ways).items()
        }
    mine, bare = series.values()
    yield Comparison("start-up", mine, bare, Target("most", 1.5))
    yield Comparison("start-up, first crawl ever", Series("ours", "s", (cold(),)), bare)
