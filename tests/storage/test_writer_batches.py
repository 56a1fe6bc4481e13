"""Harvests share transactions: many writers, a full queue, a close, a flusher that is killed."""

import asyncio
import random

import pytest

from crawlers.config import Config
from crawlers.errors import StorageError
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from tests.storage.things import Look, Part, Thing, four_writers, harvest


async def test_four_writers_on_the_same_keys_never_deadlock(
    database_config: Config, look: Look, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(7)  # noqa: S311 - a shuffle that repeats

    async def write(writer: Writer, number: int) -> None:
        for turn in range(30):
            keys = chance.sample(range(400), 200)
            things = [Thing(id=f"{key}", price=turn * 4 + number) for key in keys]
            parts = [Part(thing=f"{key}", number=1, name=f"{turn}") for key in keys]
            await writer.store(harvest(*parts, *things, at=turn))

    await four_writers(database_config, write)
    assert not caplog.records
    assert look.one("select count(*) from things") == 400


async def test_a_harvest_that_waits_for_room_is_stored_too(database: Database, look: Look) -> None:
    async with Writer(database, max_rows=20, max_waiting=30) as writer:
        harvests = [harvest(*(Thing(id=f"{n}-{m}") for m in range(15))) for n in range(20)]
        outcomes = await asyncio.gather(*map(writer.store, harvests))
        big = await writer.store(harvest(*(Thing(id=f"big {n}") for n in range(100))))
    assert sum(one.new for one in outcomes) == 300
    assert big.new == 100
    assert look.one("select count(*) from things") == 400


async def test_closing_writes_what_still_waits(database: Database, look: Look) -> None:
    writer = Writer(database)
    await writer.open()
    stores = [asyncio.create_task(writer.store(harvest(Thing(id=f"{n}")))) for n in range(5)]
    await asyncio.sleep(0)
    await writer.close()
    assert [(await store).new for store in stores] == [1] * 5
    assert look.one("select count(*) from things") == 5
    with pytest.raises(StorageError, match="not open"):
        await writer.store(harvest(Thing(id="late")))


async def test_who_waits_fails_when_the_flusher_is_killed(writer: Writer, look: Look) -> None:
    stores = [asyncio.create_task(writer.store(harvest(Thing(id=f"{n}")))) for n in range(5)]
    await asyncio.sleep(0)
    assert writer._flusher is not None
    writer._flusher.cancel()
    outcomes = await asyncio.gather(*stores, return_exceptions=True)
    assert all(isinstance(one, StorageError) for one in outcomes)
    with pytest.raises(StorageError, match="not open"):
        await writer.store(harvest(Thing(id="late")))
    assert look.one("select count(*) from things") == 0


async def test_a_lone_harvest_is_stored_without_company(writer: Writer) -> None:
    async with asyncio.timeout(60):
        assert (await writer.store(harvest(Thing(id="alone")))).new == 1
