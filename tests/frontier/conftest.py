"""A Redis of these tests' own, and queues on it. Their keys are gone after each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from scrapy import Spider

from crawlers import wire
from crawlers.config import Config
from crawlers.frontier.connection import connect
from crawlers.frontier.queue import LeaseQueue, Rules
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
