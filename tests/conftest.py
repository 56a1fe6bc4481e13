"""What all tests share: no way out of this machine, and a private PostgreSQL server."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from pydantic import SecretStr

from crawlers.config import Config
from crawlers.storage.embedded import EmbeddedPostgres, drop
from crawlers.storage.migrate import upgrade

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared, nothing listens


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if not host.startswith(LOOPBACK):
        raise RuntimeError(f"a test wanted to connect to {host}")


sys.addaudithook(_stay_here)
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_xdist_auto_num_workers() -> int:
    """Return two workers for a core: half of the suite's time is waiting for processes."""
    return (os.cpu_count() or 1) * 2


def pytest_configure() -> None:
    """Hear Ctrl-C: what a script runs in its background ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _no_cluster_stays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove every cluster below a `tmp_path`: as root they live elsewhere, and would pile up."""
    yield
    with ExitStack() as homes:  # one that cannot be removed does not keep the others
        for place in tmp_path_factory.getbasetemp().rglob("postgres"):
            homes.callback(drop, place.parent)


class Server:
    """A PostgreSQL server that these tests started."""

    def __init__(self, home: Path) -> None:
        """Start it in *home* and make sure that nobody else's answers."""
        self.embedded = EmbeddedPostgres(home)
        self.url = self.embedded.url()
        data = (home / "postgres").resolve() / "data"
        assert self.ask("show data_directory") == str(data)
        # Each database that is dropped would be a checkpoint: two seconds of a disk. What a killed
        # server leaves is in the system's memory either way; servers that are killed are others.
        for setting in ("fsync", "full_page_writes"):
            self.execute(f"alter system set {setting} = off")
        self.execute("select pg_reload_conf()")
        self.execute("create database migrated")
        upgrade(self.of("migrated"))

    def of(self, name: str) -> str:
        """Return the address of the database *name*."""
        return self.url.replace("/postgres?", f"/{name}?")

    def execute(self, statement: str, *names: str) -> None:
        """Run *statement* with the identifiers *names*, outside of any transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            query = sql.SQL(statement).format(*map(sql.Identifier, names))
            connection.execute(query)

    def ask(self, query: str) -> Any:
        """Return the first value of the answer."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this session, with a migrated database to copy from."""
    home = tmp_path_factory.mktemp("postgres")
    server = Server(home)
    yield server
    server.embedded.close()


@pytest.fixture
def database_config(postgres_server: Server, tmp_path: Path) -> Iterator[Config]:
    """Give a configuration with an empty, migrated database and a home of its own."""
    name = f"test_{uuid4().hex}"
    postgres_server.execute("create database {} template migrated strategy file_copy", name)
    yield Config(database_url=SecretStr(postgres_server.of(name)), crawlers_home=tmp_path)
    postgres_server.execute("drop database {} with (force)", name)
