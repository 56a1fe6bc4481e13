"""What the benchmark of prices over time checks, on a market small enough for a test."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from benchmarks.price_history import differences, expected, moments, queries
from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.items.products import Product
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from tests.replica.market import DAY_S, Market, MarketWorld, facts
from tests.storage.things import Look

DAYS = 5
WORLD = MarketWorld(products=40, changes_per_day=0.4)
TIMES = moments(WORLD, DAYS)


def harvests(market: Market, at: int) -> Iterator[Harvest]:
    """Yield what the pages of the market say at *at*."""
    goods = list(market.goods.values())
    for first in range(0, len(goods), 15):
        items = [
            Product(platform="shopee", id=good.id, sold=good.sold(at), **facts(good, at))
            for good in goods[first : first + 15]
        ]
        moment = datetime.fromtimestamp(at, UTC)
        yield Harvest("shopee", f"https://shopee.sg/search?{first}", moment, items=items)


@pytest.fixture
async def watched(database_config: Config) -> Config:
    """Give a database in which a market was watched four times a day."""
    database, market = Database(database_config), Market(WORLD)
    async with Writer(database) as writer:
        for at in TIMES:
            await asyncio.gather(*map(writer.store, harvests(market, at)))
    await database.close()
    return database_config


async def test_exactly_the_expected_snapshots_are_kept(watched: Config) -> None:
    look = Look(watched)
    assert differences(look.url, WORLD, TIMES) == 0
    changes = [at for good in Market(WORLD).goods.values() for at in good.changes]
    within = [at for at in changes if at <= TIMES[-1] and (at - WORLD.begin) % DAY_S]
    assert within
    assert look.one("select count(*) from price_snapshots") == WORLD.products * DAYS + len(within)


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ("delete from price_snapshots where ctid = (select min(ctid) from price_snapshots)", 1),
        ("delete from price_snapshots where product_id like '%1'", None),
        ("update price_snapshots set price_minor = price_minor + 1", None),
        ("insert into price_snapshots (platform, product_id, at) values ('shopee', '1', now())", 1),
    ],
)
async def test_a_snapshot_that_is_wrong_is_noticed(
    watched: Config, statement: str, count: int | None
) -> None:
    look = Look(watched)
    look.execute(statement)
    found = differences(look.url, WORLD, TIMES)
    assert found == count if count else found > 1


async def test_histories_and_statistics_are_asked_for_one_by_one(watched: Config) -> None:
    took = await queries(watched, WORLD, 20)
    assert {name: len(values) for name, values in took.items()} == {"history": 20, "statistics": 20}


def test_a_market_that_never_changes_has_one_snapshot_a_day() -> None:
    still = MarketWorld(products=3, changes_per_day=0)
    rows = expected(still, moments(still, 4))
    assert {row[2] for row in rows} == {still.begin + day * DAY_S for day in range(4)}
    assert len(rows) == 3 * 4
