"""A database for each test, and a place for the processes that it starts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawlers.config import Config
from crawlers.storage.database import Database
from tests.crawls.run import Crawls
from tests.schedules.entries import opened


@pytest.fixture
async def database(database_config: Config) -> AsyncIterator[Database]:
    """Give an empty database."""
    async with opened(database_config) as found:
        yield found


@pytest.fixture
def user(tmp_path: Path, database_config: Config) -> Crawls:
    """Return where this test's processes keep their data."""
    assert database_config.database_url is not None
    return Crawls(tmp_path, {"DATABASE_URL": database_config.database_url.get_secret_value()})
