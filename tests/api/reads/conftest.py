"""The API in the process of the test, on a database of its own."""

from collections.abc import AsyncIterator

import pytest

from crawlers.config import Config
from tests.api.reads.reading import Reads


@pytest.fixture
async def reads(database_config: Config) -> AsyncIterator[Reads]:
    """Give an API to read from, and a way to store what it reads."""
    async with Reads(database_config) as reads:
        yield reads
