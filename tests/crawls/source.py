"""A source as a test sees it: a stand-in, crawls of it into one database, and what they stored."""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar
from uuid import uuid4

import psycopg
import zstandard

from crawlers.items.base import Item
from crawlers.spider import SourceSpider
from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.replica import ReplicaProcess, replica_process
from tests.replica.process import HasJson

WorldT = TypeVar("WorldT", bound=HasJson)
SourceT = TypeVar("SourceT", bound="Source[Any]")
Rows = list[tuple[Any, ...]]

PROVENANCE = ("source", "source_url", "fetched_at", "first_seen_at", "changed_at", "checked_at")
COUNTS = ("new", "changed", "unchanged", "quarantined", "blocked", "refused")


@dataclass
class Source(Generic[WorldT]):
    """One source. *running* is its stand-in; none, where crawls read saved files only."""

    Spider: ClassVar[type[SourceSpider]]
    stand_in: ClassVar[str] = ""
    """The name of its stand-in, where that is another."""
    World: ClassVar[type]
    brisk: ClassVar[dict[str, Any]] = {"DOWNLOAD_DELAY": 0}
    """Settings without which a test would only wait."""
    given: ClassVar[dict[str, Any]] = {}
    """Arguments that each crawl has, if a test names no others."""
    also: ClassVar[tuple[str, ...]] = ()
    """Tables that hold what it stores, beside those of its items."""
    dropped: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Columns, by table, that say when something was stored, or from which run."""

    crawls: Crawls
    world: WorldT
    running: ReplicaProcess | None = field(repr=False)

    @property
    def site(self) -> ReplicaProcess:
        """The stand-in, where there is one."""
        assert self.running is not None
        return self.running

    def options(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what a crawl is told: where the site is, and not to wait."""
        origin = {"origin": self.running.origin} if self.running else {}
        settings = (self.brisk if self.running else {}) | arguments.pop("settings", {})
        return {"settings": settings, **origin, **self.given, **arguments}

    def crawl(self, *words: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy crawl`` to its end."""
        return self.crawls.run("crawl", self.Spider.name, *words, **self.options(arguments))

    def crawl_hastily(self, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run the same spider, but let it wait for an answer for a few seconds only."""
        options = self.options(arguments)
        hasty = {"SPIDER_MODULES": f"tests.{self.Spider.name}.hasty.spider", "RETRY_TIMES": 1}
        options["settings"] = options["settings"] | hasty
        return self.crawls.run("crawl", "hasty", **options)

    def start(self, *words: str, **arguments: Any) -> subprocess.Popen[str]:
        """Start ``scrapy crawl``; the caller ends it."""
        return self.crawls.start("crawl", self.Spider.name, *words, **self.options(arguments))

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

    def tables(self, **without: Sequence[str]) -> dict[str, list[str]]:
        """Return what its tables hold; *without* are columns to leave out, by table."""
        return {
            name: self.table(name, *without.get(name, ()))
            for name in (*owned(self.Spider.items), *self.also)
        }

    def table(self, name: str, *without: str) -> list[str]:
        """Return the rows of one table as text, in one order, but for times and provenance."""
        drop = [*PROVENANCE, *self.dropped.get(name, ()), *without]
        statement = f"select (to_jsonb(t) - %s::text[])::text from {name} t order by 1"  # noqa: S608 - names of our own tables
        return self.column(statement, drop)

    @property
    def counts(self) -> dict[str, int]:
        """What the last crawl counted, but for zeros."""
        (row,) = self.query(f"select {', '.join(COUNTS)} from crawls order by id desc limit 1")  # noqa: S608 - the same
        return {name: count for name, count in zip(COUNTS, row, strict=True) if count}

    @property
    def targets(self) -> list[str]:
        """What the site was asked for, in order; robots.txt is not counted."""
        targets = [transfer["target"] for transfer in self.site.log]
        return [target for target in targets if target != "/robots.txt"]

    def everything_kept(self) -> bytes:
        """Return every byte that crawls have kept: tables as text, bodies, raw pages."""
        names = self.column(
            "select relname from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        rows = [row for name in names for row in self.column(f"select t::text from {name} t")]  # noqa: S608 - the same
        bodies = self.column("select body from quarantine where body is not null")
        return b"\n".join([*map(str.encode, rows), *bodies, *self.raw_pages()])

    def raw_pages(self) -> list[bytes]:
        """Return the raw pages, as they lie in the store."""
        files = [path for path in (self.crawls.home / "raw").rglob("*") if path.is_file()]
        return [zstandard.ZstdDecompressor().decompress(path.read_bytes()) for path in files]


def owned(items: Iterable[type[Item]]) -> Iterator[str]:
    """Yield the table of each of *items* and of what it owns."""
    for item in items:
        yield item.table
        yield from owned(item.owned.values())


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
def source_at(  # noqa: PLR0913 - each is a choice of some test
    kind: type[SourceT], world: HasJson, server: Server, home: Path, *,
    has_site: bool = True, options: Sequence[str] = (),
) -> Iterator[SourceT]:  # fmt: skip
    """Start a stand-in with *world* and *options*; give crawls of it a database of their own."""
    home.mkdir(exist_ok=True)
    with ExitStack() as stack:
        url = stack.enter_context(new_database(server))
        running = (
            replica_process(kind.stand_in or kind.Spider.name, world, *options)
            if has_site
            else None
        )
        site = stack.enter_context(running) if running else None
        yield kind(Crawls(home, {"DATABASE_URL": url}), world, site)


@contextmanager
def sources(kind: type[SourceT], server: Server, folder: Path) -> Iterator[Callable[..., SourceT]]:
    """Give a function that starts a source with the fields of a world, in a home below *folder*."""
    with ExitStack() as stack:
        numbers = count()

        def start(*, has_site: bool = True, **world: object) -> SourceT:
            home = folder / f"home-{next(numbers)}"
            made = kind.World(**world)
            return stack.enter_context(source_at(kind, made, server, home, has_site=has_site))

        yield start
