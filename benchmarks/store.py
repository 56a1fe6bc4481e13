"""A PostgreSQL and a raw store for one benchmark, in a temporary folder, gone afterwards."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from benchmarks.products import BenchProduct
from crawlers.storage import migrate
from crawlers.storage.embedded import EmbeddedPostgres, drop
from crawlers.storage.tables import table_of


@dataclass(frozen=True, slots=True)
class Store:
    """What a crawl writes to: *home* is CRAWLERS_HOME, *url* its embedded database."""

    home: Path
    url: str

    def ask(self, query: str) -> Any:
        """Return the first value that *query* answers."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    def empty(self, more: str = "bench_products") -> None:
        """Remove all rows and raw pages, also of *more* tables; write out what is in memory."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("drop table if exists stock_products")
            tables = f"raw_pages, crawls, quarantine, marks, {more}"
            connection.execute(f"truncate {tables} cascade".encode())
            connection.execute("checkpoint")
        shutil.rmtree(self.home / "raw", ignore_errors=True)


@contextmanager
def store() -> Iterator[Store]:
    """Start an embedded PostgreSQL with the project's tables and the benchmarks' own."""
    with TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        server = EmbeddedPostgres(home)
        try:
            url = server.url()
            migrate.upgrade(url)
            with psycopg.connect(url) as connection:
                connection.execute(table_of(BenchProduct).create().encode())
            yield Store(home, url)
        finally:
            server.close()
            drop(home)
