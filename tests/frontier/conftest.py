"""A Redis of these tests' own, and queues on it. Their keys are gone after each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from scrapy import Spider

from crawlers import wire
from crawlers.config import Config
from crawlers.frontier.connection import connect
from crawlers.frontier.queue import LeaseQueue, Rules
from crawlers.storage.database import Database
from crawlers.storage.jobs import Jobs as Records
from tests.crawls.run import Crawls
from tests.frontier.jobs import Jobs
from tests.redis_server import RedisServer

NewQueue = Callable[..., LeaseQueue]
PREFIX = "{crawlers}:"


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Run a server for this session."""
    with RedisServer() as server:
        yield server


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """Give a client of an empty server."""
    client = connect(redis_server.url)
    await client.flushall()
    yield client
    await client.aclose()


class Pages(Spider):
    """A spider with one callback."""

    name = "pages"

    def parse_page(self, response: Any) -> None:
        """Do nothing."""


@pytest.fixture
def new_queue(redis: Redis) -> NewQueue:
    """Return a maker of queues: a worker's view of a job."""

    def made(worker: str = "w", job: str = "j", **rules: Any) -> LeaseQueue:
        return LeaseQueue(
            redis, Pages(), PREFIX, wire, job=job, worker=worker, rules=Rules(**rules)
        )

    return made


@pytest.fixture
def jobs(tmp_path: Path, redis_server: RedisServer, database_config: Config) -> Jobs:
    """Return where this test's workers keep their data."""
    url = database_config.database_url
    assert url is not None
    return Jobs.at(tmp_path, redis_server, url.get_secret_value())


@pytest.fixture
def shared(redis_server: RedisServer, database_config: Config) -> Config:
    """Return a configuration with Redis and database."""
    return database_config.model_copy(update={"redis_url": SecretStr(redis_server.url)})


@pytest.fixture
def user(tmp_path: Path, shared: Config) -> Crawls:
    """Give a command line with both."""
    assert shared.redis_url is not None
    assert shared.database_url is not None
    urls = {"REDIS_URL": shared.redis_url, "DATABASE_URL": shared.database_url}
    return Crawls(tmp_path, {name: url.get_secret_value() for name, url in urls.items()})


@pytest.fixture
async def records(shared: Config) -> AsyncIterator[Records]:
    """Give the jobs in the database."""
    database = Database(shared)
    yield Records(database)
    await database.close()
