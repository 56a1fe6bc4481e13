"""Results of a job that several workers write at once: each is listed once."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import AsyncConnection

from crawlers.config import Config
from crawlers.storage.database import Database
from crawlers.storage.job_results import BEGIN, Found, Place, results
from tests.api.serving import until

RUNNING = Found("shared", is_over=False)
ADD = "insert into job_results (job, table_name, key) values ('shared', 'nowhere', array[%s])"


@pytest.fixture
async def database(database_config: Config) -> AsyncIterator[Database]:
    """Give a database with a job that runs."""
    found = Database(database_config)
    await found.open()
    yield found
    await found.close()


async def writer(database: Database) -> AsyncConnection[tuple[str]]:
    """Return a connection of a worker, which has begun to write."""
    connection = await AsyncConnection[tuple[str]].connect(await database.url())
    await connection.execute("select pg_current_xact_id()")
    return connection


async def test_a_row_of_a_transaction_that_ends_late_is_not_passed_by(database: Database) -> None:
    early, late = await writer(database), await writer(database)
    async with early, late:
        await late.execute(ADD, ["1"])
        await early.execute(ADD, ["2"])
        await early.commit()
        await shown(database, 1)
        first = await results(database, RUNNING)
        await late.commit()
        await shown(database, 2)
        rest = await results(database, RUNNING, after=first[-1].place if first else BEGIN)
    assert len({one.place for one in [*first, *rest]}) == len([*first, *rest]) == 2
    again = await results(database, Found("shared", is_over=True))
    assert again == [*first, *rest], "the order stays"


async def shown(database: Database, count: int) -> None:
    """Wait until no transaction of somebody else hides what was committed."""
    query = "select count(*) from job_results where xid < pg_snapshot_xmin(pg_current_snapshot())"

    def is_shown() -> bool:
        with psycopg.connect(url) as connection:
            row = connection.execute(query).fetchone()
        return row is not None and row[0] >= count

    url = await database.url()
    await asyncio.to_thread(until, is_shown)


async def test_who_reads_while_many_write_misses_nothing(database: Database) -> None:
    async def write(name: int) -> None:
        for batch in range(25):
            async with await writer(database) as connection:
                for number in range(8):
                    await connection.execute(ADD, [f"{name}.{batch}.{number}"])
                    await asyncio.sleep(0)

    async def read(after: Place) -> list[Place]:
        page = await results(database, RUNNING, after=after, limit=17)
        return [one.place for one in page]

    total = 4 * 25 * 8
    written = asyncio.gather(*(write(name) for name in range(4)))
    found: list[Place] = []
    while not written.done():
        found += await read(found[-1] if found else BEGIN)
    await written
    await shown(database, total)
    while page := await read(found[-1] if found else BEGIN):
        found += page
    assert len(found) == len(set(found)) == total


@pytest.mark.parametrize("passed", [0, 1, 4, 6])
async def test_the_place_of_a_result_that_was_erased_since_is_one_still(
    database: Database, passed: int
) -> None:
    async with await writer(database) as connection:
        for number in range(6):
            await connection.execute(ADD, [str(number)])
    everything = Found("shared", is_over=True)
    whole = [one.place for one in await results(database, everything)]
    async with await writer(database) as connection:
        await connection.execute("delete from job_results where seq = %s", [whole[3].seq])
    page = await results(database, everything, after=whole[passed - 1] if passed else BEGIN)
    assert [one.place for one in page] == [one for one in whole[passed:] if one != whole[3]]
