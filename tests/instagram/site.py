"""The API as a test sees it: the replica, crawls, what they stored, and the bill."""

import subprocess
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.crawls.run import Crawls
from tests.replica import ReplicaProcess
from tests.replica.apify import ApifyWorld
from tests.replica.apify_rows import profile_id

TABLES = ("profiles", "follows", "apify_runs", "marks")
TIMES = ["source_url", "fetched_at", "first_seen_at", "changed_at", "checked_at", "updated_at"]
TIMES += ["started_at", "finished_at"]


@dataclass
class Apify:
    """The API, and crawls into one database."""

    crawls: Crawls
    site: ReplicaProcess
    world: ApifyWorld

    def crawl(
        self, accounts: str = "a1,a2,a3", **arguments: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy crawl instagram`` to its end."""
        return self.crawls.run("crawl", "instagram", **self.options(accounts, arguments))

    def start(self, accounts: str = "a1,a2,a3", **arguments: Any) -> subprocess.Popen[str]:
        """Start it; the caller ends it."""
        return self.crawls.start("crawl", "instagram", **self.options(accounts, arguments))

    def options(self, accounts: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what every crawl is told."""
        return {"origin": self.site.origin, "accounts": accounts} | arguments

    def stores(self, accounts: str = "a1,a2,a3", **arguments: Any) -> str:
        """Crawl, check that all went well, and return what the crawl said."""
        done = self.crawl(accounts, **arguments)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what *statement* finds in the database."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def column(self, statement: str, *values: object) -> list[Any]:
        """Return the first column of what *statement* finds."""
        return [row[0] for row in self.query(statement, *values)]

    def tables(self) -> dict[str, list[str]]:
        """Return what the tables hold, but for times and ids that the platform gives."""
        drop = [*TIMES, "id", "dataset", "message"]
        return {name: self.rows(name, TIMES if name == "profiles" else drop) for name in TABLES}

    def rows(self, name: str, drop: list[str]) -> list[str]:
        """Return the rows of one table as text, in one order."""
        statement = (
            f"select regexp_replace((to_jsonb(t) - %s::text[])::text, '\"at_s\": [0-9]+', '')"  # noqa: S608 - names of our own tables
            f" from {name} t order by 1"
        )
        return self.column(statement, drop)

    def everything(self) -> bytes:
        """Return every byte that crawls have kept: tables as text, bodies, raw pages."""
        names = self.column(
            "select relname from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        rows = [row for name in names for row in self.column(f"select t::text from {name} t")]  # noqa: S608 - the same
        bodies = self.column("select body from quarantine where body is not null")
        raw = [path.read_bytes() for path in self.crawls.home.rglob("raw/**/*") if path.is_file()]
        return b"\n".join([*map(str.encode, rows), *bodies, *raw])

    def followers(self, *accounts: str, count: int | None = None) -> set[tuple[str, str]]:
        """Return (account, profile id) of everybody who follows *accounts* in the world."""
        places = range(self.world.followers if count is None else count)
        shared = self.world.shared
        return {(one, str(profile_id(one, place, shared))) for one in accounts for place in places}

    @property
    def stored(self) -> set[tuple[str, str]]:
        """(account, profile id) of all that is stored."""
        return set(self.query("select account, profile_id from follows"))

    @property
    def bill(self) -> dict[str, Any]:
        """What the runs have cost."""
        found: dict[str, Any] = self.site.control("bill")
        return found

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs that were started."""
        found: list[dict[str, Any]] = self.bill["runs"]
        return found

    def asked(self, part: str) -> list[str]:
        """Return the targets of requests with *part* in it."""
        return [one["target"] for one in self.site.log if part in one["target"]]
