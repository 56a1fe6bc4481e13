"""A database with the tables of `tests.storage.things`, and a writer on it."""

from collections.abc import AsyncIterator

import pytest

from crawlers.config import Config
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from tests.storage.things import Look


@pytest.fixture
def look(database_config: Config) -> Look:
    """Look at the database of this test."""
    return Look(database_config)


@pytest.fixture
async def database(database_config: Config) -> AsyncIterator[Database]:
    """Open the database of this test when it is needed."""
    database = Database(database_config, retry_s=30)
    yield database
    await database.close()


@pytest.fixture
async def writer(database: Database, look: Look) -> AsyncIterator[Writer]:  # noqa: ARG001 - the tables
    """Write to the database of this test."""
    async with Writer(database) as writer:
        yield writer
