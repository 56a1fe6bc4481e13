"""Jobs as their user has them: commands, crawls and dispatchers on one database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.config import Config
from tests.jobs.desk import Desk
from tests.jobs.errands import Errands
from tests.redis_server import RedisServer


@pytest.fixture
def errands(tmp_path: Path, database_config: Config) -> Errands:
    """Return where this test's crawls and commands keep their data."""
    assert database_config.database_url is not None
    return Errands.at(tmp_path, database_config.database_url.get_secret_value())


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Run a server for this session."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, database_config: Config) -> Iterator[Desk]:
    """Give a place where jobs are handed in; the processes that it starts end with the test."""
    with Desk(tmp_path, database_config) as one:
        yield one


@pytest.fixture
def shared_desk(
    tmp_path: Path, redis_server: RedisServer, database_config: Config
) -> Iterator[Desk]:
    """Give one with a Redis."""
    with Desk(tmp_path, database_config, redis_server) as one:
        yield one
