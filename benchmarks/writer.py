"""The write path: harvests of 60 items into PostgreSQL, durably, against writing by hand."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from psycopg import Connection

from benchmarks.measure import Comparison, Series, Target, in_turns
from benchmarks.peers.writers import copy_loop, executemany
from benchmarks.products import BenchProduct
from benchmarks.store import Store, store
from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer

ROWS = 20_040
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 64
"""Harvests in flight: two full batches, so that one can fill while the other commits."""
PASSES = ("insert", "unchanged", "changed")
Rates = tuple[float, ...]


def harvests(turn: int, *, price: int) -> list[Harvest]:
    """Return the pages of a crawl that begins *turn* seconds after the first."""
    at = BEGIN + timedelta(seconds=turn)
    return [_harvest(page, at, price) for page in range(ROWS // 60)]


def _harvest(page: int, at: datetime, price: int) -> Harvest:
    chance = random.Random(page)  # noqa: S311 - reproducible filling, no secret
    items = [
        BenchProduct(
            sku=f"sku-{chance.randrange(10**12):012}-{page * 60 + place}",
            name=f"Walnut board number {place} with weighted pieces and a folding leather case",
            price_minor=price + place,
            rating=4.5,
            votes=chance.randrange(5000),
        )
        for place in range(60)
    ]
    return Harvest("bench", f"https://shop.example/list/{page}", at, items=items)


async def store_all(writer: Writer, pages: Sequence[Harvest]) -> None:
    """Store *pages*, `AT_ONCE` at a time."""
    waiting = iter(pages)

    async def work() -> None:
        for page in waiting:
            await writer.store(page)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def passes(write: Callable[[Sequence[Harvest]], Awaitable[None]]) -> Rates:
    """Return the rows a second of the three passes."""
    rates = []
    for turn, price in enumerate((100, 100, 200)):
        pages = harvests(turn, price=price)
        begin = time.perf_counter()
        await write(pages)
        rates.append(round(ROWS / (time.perf_counter() - begin)))
    return tuple(rates)


async def ours(data: Store) -> Rates:
    """Measure our writer."""
    data.empty()
    database = Database(Config(crawlers_home=data.home))
    await database.open()
    async with Writer(database) as writer:
        rates = await passes(partial(store_all, writer))
    await database.close()
    return rates


async def by_hand(
    data: Store, write: Callable[[Connection[Any], Sequence[Harvest]], None]
) -> Rates:
    """Measure a peer."""
    data.empty()
    with psycopg.connect(data.url, autocommit=True) as connection:

        async def write_all(pages: Sequence[Harvest]) -> None:
            write(connection, pages)

        return await passes(write_all)


async def together(data: Store) -> int:
    """Let 4 writers store the same 400 keys 30 times, unsorted; return the deadlocks."""
    count = "select deadlocks from pg_stat_database where datname = current_database()"
    data.empty()
    before = data.ask(count)
    await asyncio.gather(*(_write_again(data, seed) for seed in range(4)))
    return int(data.ask(count) - before)


async def _write_again(data: Store, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible order, no secret
    database = Database(Config(crawlers_home=data.home))
    await database.open()
    async with Writer(database) as writer:
        for turn in range(30):
            pages = harvests(turn, price=turn * 1000 + seed)[:7]
            for page in pages:
                chance.shuffle(page.items)
            chance.shuffle(pages)
            await asyncio.gather(*map(writer.store, pages))
    await database.close()


def measure(runs: int) -> Iterator[Comparison]:
    """Yield the comparisons."""
    with store() as data:
        rates = in_turns(
            runs,
            {
                "ours": lambda: asyncio.run(ours(data)),
                "COPY by hand": lambda: asyncio.run(by_hand(data, copy_loop)),
                "executemany": lambda: asyncio.run(by_hand(data, executemany)),
            },
        )
        deadlocks = asyncio.run(together(data))
    for place, name in enumerate(PASSES):
        series = {
            who: Series(who, "rows/s", tuple(run[place] for run in values))
            for who, values in rates.items()
        }
        mine = series.pop("ours")
        for peer, least in zip(series.values(), (0.8, 2.0), strict=True):
            yield Comparison(f"writer, {name}", mine, peer, Target("least", least))
    yield Comparison(
        "writer, 4 at once on the same keys",
        Series("ours", "deadlocks", (deadlocks,)),
        target=Target("most", 0),
    )
