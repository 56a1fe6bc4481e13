"""Prices over time: 30 days of 10,000 products, what is kept of them, and how fast it is found.

The shop's stand-in is crawled four times a day by plain HTTP; its clock is set between crawls.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import quantiles

import psycopg

from benchmarks.measure import Comparison, Series, Target, say
from benchmarks.processes import ROOT, Crawl, crawl
from benchmarks.store import Store, store
from crawlers.config import Config
from crawlers.storage import prices
from crawlers.storage.database import Database
from tests.replica.market import DAY_S, QUARTERS, Good, Market, MarketWorld, facts
from tests.replica.process import ReplicaProcess, replica_process

PRODUCTS, DAYS = 10_000, 30
ON_A_PAGE = 60
ASKED = 2_000
"""Products whose history is asked for."""
PERCENTILES = 100
SNAPSHOTS = """
select product_id, variant_id, extract(epoch from at)::bigint,
       price_minor, list_price_minor, currency, availability
from price_snapshots
"""
KEPT = ("price_minor", "list_price_minor", "currency", "availability")
Snapshot = tuple[object, ...]
"""The columns of `SNAPSHOTS`."""


def moments(world: MarketWorld, days: int) -> list[int]:
    """Return when the shop is crawled, in epoch seconds."""
    return [world.begin + quarter * DAY_S // QUARTERS for quarter in range(days * QUARTERS)]


def expected(world: MarketWorld, times: Sequence[int]) -> set[Snapshot]:
    """Return what crawls at *times* must leave: one snapshot a day, and one for each change."""
    return {row for good in Market(world).goods.values() for row in _of_good(good, times)}


def _of_good(good: Good, times: Sequence[int]) -> Iterator[Snapshot]:
    day, last = None, None
    for at in times:
        seen = facts(good, at)
        found = tuple(seen[name] for name in KEPT)
        if at // DAY_S != day or found != last:
            yield (good.id, None, at, *found)
        day, last = at // DAY_S, found


def differences(url: str, world: MarketWorld, times: Sequence[int]) -> int:
    """Count the snapshots at *url* that should not be there, and those that are missing."""
    with psycopg.connect(url) as connection:
        found = set(connection.execute(SNAPSHOTS))
    return len(found ^ expected(world, times))


async def timed(
    database: Database, ask: Callable[[Database, prices.Series], Awaitable[object]], ids: list[str]
) -> list[float]:
    """Return the milliseconds that *ask* takes for each of *ids*."""
    found = []
    for product in ids:
        begin = time.perf_counter()
        if not await ask(database, prices.Series("shopee", product)):
            raise RuntimeError(f"nothing is stored of {product}")
        found.append(1000 * (time.perf_counter() - begin))
    return found


async def queries(config: Config, world: MarketWorld, asked: int) -> dict[str, list[float]]:
    """Ask for the history and the statistics of *asked* products; return milliseconds."""
    ids = [str(world.first_id + number) for number in range(world.products)]
    some = random.Random(1).sample(ids, asked)  # noqa: S311 - reproducible, no secret
    database = Database(config)
    try:
        return {
            "history": await timed(database, prices.history, some),
            "statistics": await timed(database, prices.statistics, some),
        }
    finally:
        await database.close()


def watch(data: Store, site: ReplicaProcess, times: Sequence[int]) -> list[Crawl]:
    """Crawl the whole shop at each of *times*."""
    done = []
    for number, at in enumerate(times, 1):
        site.control("clock", at)
        done.append(crawl(ROOT, arguments(site.origin), environment(data)))
        say(f"  {number}/{len(times)} {datetime.fromtimestamp(at, UTC)}: {done[-1]}")
    return done


def arguments(origin: str) -> list[str]:
    """Return the words after ``scrapy crawl``: all products by one keyword, without pauses."""
    given = {"origin": origin, "fetch": "http", "keywords": "*", "pages": -(-PRODUCTS // ON_A_PAGE)}
    settings = {"SIMULATED_CLOCK": 1, "DOWNLOAD_DELAY": 0, "SHARED_DELAY_S": 0}
    return [
        "shopee",
        *(word for name, value in given.items() for word in ("-a", f"{name}={value}")),
        *(word for name, value in settings.items() for word in ("-s", f"{name}={value}")),
    ]


def environment(data: Store) -> dict[str, str]:
    """Return where a crawl keeps its data."""
    return {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1"}


def measure_long() -> Iterator[Comparison]:
    """Yield items a second, the snapshots that differ, and how long questions take."""
    world = MarketWorld(products=PRODUCTS)
    times = moments(world, DAYS)
    with store() as data, replica_process("shopee", world) as site:
        done = watch(data, site, times)
        wrong = differences(data.url, world, times)
        config = Config(crawlers_home=data.home)
        took = asyncio.run(queries(config, world, ASKED))
    rates = tuple(one.items / one.elapsed_s for one in done)
    memory = tuple(one.rss_mb for one in done)
    yield Comparison("prices, crawls of 10,000 products", Series("ours", "items/s", rates))
    yield Comparison("prices, peak memory of a crawl", Series("ours", "MB", memory))
    yield Comparison(
        "prices, snapshots missing or too many",
        Series("ours", "snapshots", (wrong,)),
        target=Target("most", 0),
    )
    for name, target in (("history", Target("most", 5)), ("statistics", None)):
        slow = quantiles(took[name], n=PERCENTILES)[-1]
        yield Comparison(
            f"prices, {name} of a product, p99", Series("ours", "ms", (slow,)), target=target
        )
        yield Comparison(f"prices, {name} of a product", Series("ours", "ms", tuple(took[name])))
