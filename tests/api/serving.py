"""``scrapy serve`` as a user runs it: a process of its own, over HTTP."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from psycopg import connect
from psycopg.errors import DeadlockDetected
from pydantic import SecretStr

from crawlers.config import Config
from crawlers.storage.api_keys import Wanted, create
from crawlers.storage.credentials import Shown
from crawlers.storage.database import Database
from tests.conftest import Server
from tests.crawls.run import Crawls

PATIENCE_S = 100.0
"""For what comes in no time: unless the machine is busy with everything else."""
GENEROUS = {"API_RATE": "100000/minute"}
"""Tests ask more often than anybody else."""


TRIAL = {"API_ROUTERS": "crawlers.api.health,tests.api.routes"}
"""Settings of a server that has routes for tests only."""


@dataclass
class Api:
    """An API that answers: its *url*, its database, and keys to it."""

    url: str
    config: Config
    process: subprocess.Popen[str]
    said: list[str]
    """The lines that it printed before it answered."""
    log: Path
    """What the server writes to its standard error."""
    closing: ExitStack

    @property
    def database_url(self) -> str:
        """The address of the API's database."""
        assert self.config.database_url is not None
        return self.config.database_url.get_secret_value()

    def key(self, *scopes: str, expires_at: datetime | None = None) -> Shown:
        """Return a new key with *scopes*."""
        return made(self.config, *scopes, expires_at=expires_at)

    def client(self, *scopes: str, **options: Any) -> httpx.Client:
        """Return a client that shows a new key with *scopes*; none: it shows no key."""
        client = httpx.Client(base_url=self.url, timeout=PATIENCE_S, **options)
        if scopes:
            client.headers["Authorization"] = f"Bearer {self.key(*scopes)}"
        return self.closing.enter_context(client)

    def ask(self, query: str) -> Any:
        """Return the first value that the database answers."""
        with connect(self.database_url) as connection:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None

    def execute(self, statement: str) -> None:
        """Change something in the database; once more where the server was in the way."""
        while True:
            try:
                with connect(self.database_url) as connection:
                    connection.execute(statement.encode())
            except DeadlockDetected:  # it locks the same tables in another order
                continue
            return


def until(happens: Callable[[], bool]) -> None:
    """Wait until something *happens*."""
    ends = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.05)


def within_one(window_s: float) -> None:
    """Let a window of the clock that ends soon go by, such as an hour or a day (UTC).

    Whoever counts by such windows counts anew in the next: a test would see both.
    """
    left_s = window_s - time.time() % window_s
    if left_s < 30:  # longer than a test counts, on a busy machine, too
        time.sleep(left_s + 0.1)


def made(config: Config, *scopes: str, expires_at: datetime | None = None) -> Shown:
    """Return a new key of the API that *config* names."""

    async def make() -> Shown:
        database = Database(config)
        try:
            return await create(database, Wanted("a test", scopes, expires_at))
        finally:
            await database.close()

    return asyncio.run(make())


def environment_of(config: Config, **more: str) -> dict[str, str]:
    """Return the environment of a process that uses what *config* names."""
    assert config.database_url is not None
    return {"DATABASE_URL": config.database_url.get_secret_value()} | GENEROUS | more


@contextmanager
def serving(
    config: Config, *words: str, settings: dict[str, Any] | None = None, **environment: str
) -> Iterator[Api]:
    """Run ``scrapy serve`` with *words* on a free port, and end it as Ctrl-C does."""
    crawls = Crawls(config.home, environment_of(config, **environment))
    log = config.home / f"serve-{uuid4().hex}.log"
    with log.open("a") as errors:  # a pipe that nobody reads would stop it
        process = crawls.start("serve", "--port", "0", *words, errors=errors, settings=settings)
    try:
        with ExitStack() as closing:
            url, said = address(process, log)
            yield Api(url, config, process, said, log, closing)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in log.read_text(), log.read_text()
    assert process.returncode == 0, log.read_text()


@contextmanager
def running_api(
    server: Server,
    folders: pytest.TempPathFactory,
    *words: str,
    settings: dict[str, Any],
    **environment: str,
) -> Iterator[Api]:
    """Run ``scrapy serve`` on an empty database of its own: one for all tests of a file."""
    name = f"test_{uuid4().hex}"
    server.execute("create database {} template migrated", name)
    config = Config(
        database_url=SecretStr(server.of(name)), crawlers_home=folders.mktemp("running")
    )
    with serving(config, *words, settings=settings, **environment) as api:
        yield api
    server.execute("drop database {} with (force)", name)


def address(process: subprocess.Popen[str], log: Path) -> tuple[str, list[str]]:
    """Return where *process* says that it answers, and what it says before."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        if "answers at " in line:
            return line.split("answers at ")[1].split("/v1")[0], said
        said.append(line.strip())
    raise AssertionError(log.read_text())
