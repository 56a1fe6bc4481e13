"""A database with rows in it, and the place where its backups go."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from crawlers.config import Config
from crawlers.storage.backups.shelf import Shelf
from tests.crawls.run import Crawls
from tests.storage import stores
from tests.storage.stores import Server

ROWS = """
insert into raw_pages select 'demo', 'key ' || n, md5(n::text), 'https://demo.test/' || n, now(),
       now(), 200, 'text/html', 'DemoPage', 1 from generate_series(1, 500) as n;
insert into jobs (id, source, arguments) values ('one', 'demo', '{"a": [1, null, "é"]}');
insert into job_counts values ('one', 0, 'requests', 1);
insert into job_results (job, table_name, key) values ('one', 'things', array['a', 'b']);
insert into quarantine (id, source, url, place, error, body, fetched_at)
values ('q', 'demo', 'u', '', 'broken', '\\x00ff', now());
"""


@dataclass
class Kept:
    """A database, its commands and its backups."""

    config: Config
    user: Crawls
    folder: Path

    @property
    def url(self) -> str:
        """The address of the database."""
        assert self.config.database_url is not None
        return self.config.database_url.get_secret_value()

    @property
    def name(self) -> str:
        """The name of the database."""
        return str(conninfo_to_dict(self.url)["dbname"])

    @property
    def shelf(self) -> Shelf:
        """Where its backups are."""
        return Shelf(self.config)

    def execute(self, query: str) -> list[tuple[Any, ...]]:
        """Run *query* and return its rows, if it has some."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run ``scrapy backup``; return exit code and what it said."""
        done = self.user.run("backup", *words)
        return done.returncode, done.stdout, done.stderr

    def files(self) -> list[Path]:
        """Return the files of the backups, by name."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def age(self, days: float) -> None:
        """Make all files so much older."""
        for path in self.files():
            at = path.stat().st_mtime - days * 86_400
            os.utime(path, (at, at))


@pytest.fixture
def kept(database_config: Config, tmp_path: Path) -> Iterator[Kept]:
    """Give a database with a few rows, and an empty place for its backups."""
    assert database_config.database_url is not None
    url = database_config.database_url.get_secret_value()
    folder = tmp_path / "backups"
    user = Crawls(tmp_path, {"DATABASE_URL": url})
    one = Kept(database_config, user, folder)
    one.execute(ROWS)
    yield one
    left = f"select datname from pg_database where datname like '{one.name[:50]}_%'"  # noqa: S608 - our own name
    assert one.execute(left) == []


@pytest.fixture(scope="module")
def moto() -> Iterator[Server]:
    with stores.moto() as server:
        yield server


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with stores.rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server
