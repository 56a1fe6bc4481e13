"""VLR.gg as a test sees it: the replica in a process of its own, crawls, and what they stored."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.replica import ReplicaProcess
from tests.replica.vlr import VlrWorld
from tests.replica.vlr.events import Match
from tests.replica.vlr.library import Library

SMALL = VlrWorld(teams=7, events=4, matches=8, articles=4, per_page=6)
BRISK = {"SHARED_DELAY_S": 0, "DOWNLOAD_DELAY": 0}
PROVENANCE = {"source_url", "fetched_at", "first_seen_at", "changed_at", "checked_at"}
ONLY_NEW = {("esports_stats", "maps")}
"""What the older markup does not show."""

Rows = list[tuple[Any, ...]]


@dataclass
class Vlr:
    """The site, and crawls of it into one database."""

    crawls: Crawls
    site: ReplicaProcess
    world: VlrWorld
    library: Library = field(init=False)
    first: int = 0
    """How many pages the first crawl of everything asked for."""

    def __post_init__(self) -> None:
        """Know the same world as the replica: it follows from the seed."""
        self.library = Library(self.world)

    def crawl(self, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy crawl vlr`` to its end."""
        return self.crawls.run("crawl", "vlr", **self.options(arguments))

    def start(self, **arguments: Any) -> subprocess.Popen[str]:
        """Start ``scrapy crawl vlr``; the caller ends it."""
        return self.crawls.start("crawl", "vlr", **self.options(arguments))

    def options(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what every crawl is told: where the site is, and no delay."""
        settings = BRISK | arguments.pop("settings", {})
        return {"settings": settings, "origin": self.site.origin, **arguments}

    def stores(self, **arguments: Any) -> str:
        """Crawl, check that all went well, and return what the crawl said."""
        done = self.crawl(**arguments)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def query(self, statement: str, *values: object) -> Rows:
        """Return what *statement* finds in the database."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def column(self, statement: str, *values: object) -> list[Any]:
        """Return the first column of what *statement* finds."""
        return [row[0] for row in self.query(statement, *values)]

    def tables(self) -> dict[str, list[str]]:
        """Return what the tables of esports hold, without provenance and where it came from."""
        names = self.column(
            "select relname from pg_class where relkind = 'r' and relname like 'esports_%%'"
        )
        return {name: self.table(name) for name in names}

    def table(self, name: str) -> list[str]:
        """Return the rows of one table as text, in one order."""
        drop = [*PROVENANCE, *(column for table, column in ONLY_NEW if table == name)]
        statement = f"select (to_jsonb(t) - %s::text[])::text from {name} t order by 1"  # noqa: S608 - names of our own tables
        return [row.replace(self.site.origin, "") for row in self.column(statement, drop)]

    @property
    def asked(self) -> list[str]:
        """The pages that the site was asked for, in order."""
        targets = [transfer["target"] for transfer in self.site.log]
        return [target for target in targets if target != "/robots.txt"]

    def asked_since(self, count: int) -> list[str]:
        """Return the pages after the first *count*."""
        return self.asked[count:]

    def with_status(self, *statuses: str) -> list[Match]:
        """Return the world's matches with one of *statuses*, as they were in the beginning."""
        return self.library.with_status(*statuses)

    def ids(self, *statuses: str) -> set[str]:
        """Return the ids of those matches."""
        return {str(match.id) for match in self.with_status(*statuses)}

    @property
    def stored(self) -> set[str]:
        """The ids of the matches that are stored."""
        return set(self.column("select id from esports_matches"))


@contextmanager
def new_database(server: Server) -> Iterator[str]:
    """Give the address of an empty, migrated database."""
    name = f"test_{uuid4().hex}"
    server.execute("create database {} template migrated", name)
    try:
        yield server.of(name)
    finally:
        server.execute("drop database {} with (force)", name)


@contextmanager
def vlr_at(site: ReplicaProcess, world: VlrWorld, server: Server, home: Path) -> Iterator[Vlr]:
    """Give crawls of *site* into a database of their own."""
    home.mkdir(exist_ok=True)
    with new_database(server) as url:
        yield Vlr(Crawls(home, {"DATABASE_URL": url}), site, world)
