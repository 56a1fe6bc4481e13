"""What the tests of periodic work share: an entry, and looks into the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from scrapy.utils.project import get_project_settings

from crawlers.config import Config
from crawlers.jobs.scheduling import Entry, add
from crawlers.jobs.sources import Sources
from crawlers.schedules import Schedule, Times
from crawlers.storage import schedules
from crawlers.storage.database import Database

SOURCES = Sources(get_project_settings())
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
PLAYERS = {"players": "thibault", "max": "5"}
HOURLY = Entry("0 * * * *", "lichess", PLAYERS, name="hourly")


@asynccontextmanager
async def opened(settings: Config) -> AsyncIterator[Database]:
    """Give a scheduler's own connections."""
    database = Database(settings)
    try:
        yield database
    finally:
        await database.close()


def ask(settings: Config, query: str, *values: Any) -> list[Any]:
    """Return all rows."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        cursor = connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


async def planned(database: Database, entry: Entry, due_at: datetime = NOON) -> Schedule:
    """Add *entry*, as if its next instant were *due_at*."""
    schedule = await add(database, SOURCES, entry)
    await schedules.pause(database, schedule.name)
    await schedules.resume(database, schedule.name, Times(due_at, due_at))
    return await schedules.find(database, schedule.name)


async def note_of(database: Database, name: str = "hourly") -> str | None:
    """Return what the last run of an entry had to say."""
    return (await schedules.find(database, name)).last_note


def jobs(config: Config) -> list[str]:
    """Return the names of all jobs, in the order of their making."""
    return [name for (name,) in ask(config, "select id from jobs order by created_at, id")]


def end(config: Config, job: str) -> None:
    """Let *job* end."""
    ask(config, "update jobs set status = 'completed', finished_at = now() where id = %s", job)
