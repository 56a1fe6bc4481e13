"""Items that only these tests know: a thing that owns parts. Helpers to store and to look."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import psycopg
from psycopg.rows import dict_row

from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.items.base import Item, Record
from crawlers.storage.database import Database
from crawlers.storage.postgres import Stored, Writer
from crawlers.storage.tables import table_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Note(Record):
    """Something nested."""

    text: str


class Part(Item):
    """A row that a thing owns."""

    table: ClassVar[str] = "parts"
    identity: ClassVar[tuple[str, ...]] = ("thing", "number")

    thing: str
    number: int
    name: str | None = None


class Thing(Item):
    """One column of each kind, and parts."""

    table: ClassVar[str] = "things"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: str
    title: str = "a thing"
    price: int = 0
    weight: float | None = None
    sold: bool = False
    made_at: datetime | None = None
    words: tuple[str | None, ...] = ()
    numbers: tuple[int | None, ...] | None = None
    notes: tuple[Note, ...] = ()
    extra: dict[str, Any] | None = None
    parts: tuple[Part, ...] = ()


def harvest(*items: Any, at: float = 0, **more: Any) -> Harvest:
    """Return a harvest of *items*, observed *at* seconds after noon."""
    more = {"source": "shop", "url": "https://shop.example/list"} | more
    return Harvest(fetched_at=NOON + timedelta(seconds=at), items=list(items), **more)


class Look:
    """A second pair of eyes on the database, outside of the code under test."""

    def __init__(self, config: Config) -> None:
        """Look at the database of *config*, and make the tables of the things in it."""
        assert config.database_url is not None
        self.url = config.database_url.get_secret_value()
        for item_class in (Thing, Part):
            self.execute(table_of(item_class).create())

    def execute(self, statement: str) -> None:
        """Run *statement*."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the answer to *query*."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query.encode()).fetchall()

    def one(self, query: str) -> Any:
        """Return the only value of the answer to *query*."""
        (row,) = self.rows(query)
        (value,) = row.values()
        return value


async def four_writers(
    config: Config, write: Callable[[Writer, int], Coroutine[Any, Any, None]]
) -> None:
    """Let four writers, each with a database of its own, *write* at once; each has a number."""

    async def one(number: int) -> None:
        database = Database(config)
        async with Writer(database) as writer:
            await write(writer, number)
        await database.close()

    await asyncio.gather(*map(one, range(4)))


def counts(stored: Stored) -> tuple[int, int, int, int]:
    """Return new, changed, unchanged, quarantined."""
    return stored.new, stored.changed, stored.unchanged, stored.quarantined
