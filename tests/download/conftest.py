"""A PostgreSQL of these tests' own, which they may kill; a counting site; workers."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from scrapy.utils.test import get_crawler

from crawlers.config import config
from crawlers.download import HttpDownloadHandler
from crawlers.errors import StorageError
from crawlers.storage.embedded import EmbeddedPostgres
from crawlers.storage.migrate import upgrade
from crawlers.storage.places import Places
from tests.download.counting_server import CountingServer

NewHandler = Callable[..., HttpDownloadHandler]
NewPlaces = Callable[..., Places]


class Postgres:
    """A server with two databases, each of them migrated."""

    def __init__(self, home: Path) -> None:
        """Start it."""
        self.embedded = EmbeddedPostgres(home)
        self.url = self.embedded.url()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE other")
        self.other_url = self.url.replace("/postgres?", "/other?")
        for url in (self.url, self.other_url):
            upgrade(url)

    async def restart(self, after: signal.Signals) -> None:
        """End the server with a signal, and start it again at the same address."""
        pid = self.embedded.pid()
        assert pid is not None
        os.kill(pid, after)
        async with asyncio.timeout(60):
            while self.embedded.pid() in (pid, None):
                # While it goes down or recovers it says so, and wants to be asked again.
                with suppress(StorageError):
                    await asyncio.to_thread(self.embedded.url)
                await asyncio.sleep(0.05)
        assert await asyncio.to_thread(self.embedded.url) == self.url

    def ask(self, sql: str, url: str | None = None, *parameters: Any) -> Any:
        """Return the first value of the first row."""
        with psycopg.connect(url or self.url, autocommit=True) as connection:
            row = connection.execute(sql.encode(), parameters).fetchone()
            return row[0] if row else None


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Run a PostgreSQL for these tests only."""
    postgres = Postgres(tmp_path_factory.mktemp("turns"))
    yield postgres
    postgres.embedded.close()


GONE = """
SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
WHERE application_name LIKE ANY (ARRAY['serial:%%', 'places:%%'])
"""


@pytest.fixture
def postgres(server: Postgres) -> Postgres:
    """Return the server with no turn in it, and no session of an earlier test that still ends."""
    server.ask(GONE)
    for url in (server.url, server.other_url):
        server.ask(
            "WITH gone AS (DELETE FROM serial_turns RETURNING 1) SELECT count(*) FROM gone", url
        )
    return server


@pytest.fixture
async def site() -> AsyncIterator[CountingServer]:
    """Run the site."""
    async with CountingServer() as running:
        yield running


class Worker:
    """A `turn_worker` process, and what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Read *process*."""
        self.process = process
        self.said: list[str] = []

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    async def says(self, beginning: str) -> str:
        """Return the next line with that *beginning*; lines before it are only kept."""
        assert self.process.stdout is not None
        async with asyncio.timeout(90):
            while line := (await self.process.stdout.readline()).decode().strip():
                self.said.append(line)
                if line.startswith(beginning):
                    return line
        raise AssertionError(f"ended without saying {beginning!r}: {self.said}")


class Workers:
    """Starts workers, and ends those that are left."""

    def __init__(self, site: CountingServer, folder: Path) -> None:
        """Let all of them visit *site* and lock in *folder*."""
        self.site = site
        self.folder = folder
        self.started: list[Worker] = []

    async def start(
        self, url: str, times: dict[str, float], folder: Path | None = None, **more: Any
    ) -> Worker:
        """Start one with the database at *url*."""
        arguments = {
            "url": url,
            "origin": self.site.origin,
            "folder": str(folder or self.folder),
            "times": times,
            "count": 1,
            **more,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("turn_worker.py")),
            json.dumps(arguments),
            stdout=asyncio.subprocess.PIPE,
        )
        self.started.append(Worker(process))
        return self.started[-1]

    async def end(self) -> None:
        """Kill whoever still runs."""
        for worker in self.started:
            if worker.process.returncode is None:
                worker.process.kill()
            await worker.process.communicate()


@pytest.fixture
async def workers(site: CountingServer, tmp_path: Path) -> AsyncIterator[Workers]:
    """Start workers."""
    started = Workers(site, tmp_path / "locks")
    yield started
    await started.end()


@pytest.fixture
def test_mode(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set CRAWLERS_TEST."""
    monkeypatch.setenv("CRAWLERS_TEST", "1")
    config.cache_clear()
    yield
    config.cache_clear()


@pytest.fixture
async def new_handler(site: CountingServer) -> AsyncIterator[NewHandler]:
    async with AsyncExitStack() as stack:

        def made(origin: str = site.origin, **settings: Any) -> HttpDownloadHandler:
            allowed = {"ALLOWED_PRIVATE_ORIGINS": [origin]}
            handler = HttpDownloadHandler.from_crawler(
                get_crawler(settings_dict=allowed | settings)
            )
            stack.push_async_callback(handler.close)
            return handler

        yield made


@pytest.fixture
async def new_places(postgres: Postgres) -> AsyncIterator[NewPlaces]:
    """Return a function that makes the places of one worker, in this process."""
    async with AsyncExitStack() as stack:

        def made(count: int = 1, delay_s: float = 0.0, **more: Any) -> Places:
            async def get_url() -> str:
                return postgres.url

            places = Places("test", get_url, count, delay_s, **more)
            stack.push_async_callback(places.close)
            return places

        yield made
