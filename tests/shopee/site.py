"""Shopee as a test sees it: the replica, crawls, and what they stored."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.crawls.run import Crawls
from tests.replica import ReplicaProcess
from tests.replica.market import Good, Market
from tests.replica.shopee import ShopeeWorld

BRISK = {"DOWNLOAD_DELAY": 0}
HASTY = BRISK | {"SPIDER_MODULES": "tests.shopee.hasty.spider", "RETRY_TIMES": 1}
PROVENANCE = ["source", "source_url", "fetched_at", "first_seen_at", "changed_at", "checked_at"]
TABLES = ("products", "product_variants", "shops", "product_keywords", "price_snapshots")
SITE = "https://shopee.sg"

Rows = list[tuple[Any, ...]]


@dataclass
class Shopee:
    """The site, if there is one, and crawls into one database."""

    crawls: Crawls
    world: ShopeeWorld
    site: ReplicaProcess | None
    market: Market = field(init=False)

    def __post_init__(self) -> None:
        """Know the same market as the replica: it follows from the seed."""
        self.market = Market(self.world)

    @property
    def replica(self) -> ReplicaProcess:
        """The site, where there is one."""
        assert self.site is not None
        return self.site

    def crawl(self, *, hasty: bool = False, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy crawl shopee`` to its end; *hasty*: wait for answers for some seconds."""
        name, settings = ("hasty", HASTY) if hasty else ("shopee", BRISK)
        return self.crawls.run("crawl", name, **self.options(settings, arguments))

    def start(self, **arguments: Any) -> subprocess.Popen[str]:
        """Start ``scrapy crawl shopee``; the caller ends it."""
        return self.crawls.start("crawl", "shopee", **self.options(BRISK, arguments))

    def options(self, settings: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what every crawl is told: where the site is, and no delay."""
        origin = {"origin": self.site.origin} if self.site else {}
        return {"settings": settings | arguments.pop("settings", {}), **origin, **arguments}

    def stores(self, **arguments: Any) -> None:
        """Crawl, and check that all went well."""
        done = self.crawl(**arguments)
        assert done.returncode == 0, done.stderr

    def url(self, good: Good) -> str:
        """Return the address of a product's page, as people have it."""
        return f"{SITE}/{good.name.replace(' ', '-')}-i.{good.shop}.{good.id}"

    def urls(self, *goods: Good) -> str:
        """Return the addresses of *goods*, or of all, for the command line."""
        return ",".join(map(self.url, goods or self.market.goods.values()))

    def query(self, statement: str, *values: object) -> Rows:
        """Return what *statement* finds in the database."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def column(self, statement: str, *values: object) -> list[Any]:
        """Return the first column of what *statement* finds."""
        return [row[0] for row in self.query(statement, *values)]

    def tables(self, *without: str) -> dict[str, list[str]]:
        """Return what all tables hold as text, but for times, provenance and *without*."""
        return {name: self.table(name, *without) for name in TABLES}

    def table(self, name: str, *without: str) -> list[str]:
        """Return the rows of one table as text, in one order."""
        statement = f"select (to_jsonb(t) - %s::text[])::text from {name} t order by 1"  # noqa: S608 - names of our own tables
        return self.column(statement, [*PROVENANCE, "at", *without])

    @property
    def stored(self) -> set[str]:
        """The ids of the products that are stored."""
        return set(self.column("select id from products"))

    @property
    def counts(self) -> dict[str, int]:
        """What the last crawl counted, but for zeros."""
        names = ("new", "changed", "unchanged", "quarantined", "blocked", "refused")
        (row,) = self.query(f"select {', '.join(names)} from crawls order by id desc limit 1")  # noqa: S608 - the same
        return {name: count for name, count in zip(names, row, strict=True) if count}

    @property
    def asked(self) -> list[str]:
        """The calls that the site was asked for, in order."""
        targets = [one["target"] for one in self.replica.log]
        return [target for target in targets if target.startswith("/api/")]

    def everything_kept(self) -> bytes:
        """Return every byte that crawls have kept: tables as text, raw pages, quarantine."""
        import zstandard  # noqa: PLC0415 - only here

        names = self.column(
            "select relname from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        rows = [row for name in names for row in self.column(f"select t::text from {name} t")]  # noqa: S608 - the same
        bodies = self.column("select body from quarantine where body is not null")
        files = [path for path in (self.crawls.home / "raw").rglob("*") if path.is_file()]
        raw = [zstandard.ZstdDecompressor().decompress(path.read_bytes()) for path in files]
        return b"\n".join([*map(str.encode, rows), *bodies, *raw])


def har(*answers: tuple[str, Any], status: int = 200) -> str:
    """Return a HAR with the *answers*, (address, body), and with secrets all around them."""
    private = [{"name": "password", "value": "word-of-somebody"}]
    return json.dumps(
        {
            "log": {
                "entries": [
                    {
                        "startedDateTime": "2026-01-02T03:04:05Z",
                        "request": {"method": "GET", "url": url, "cookies": private},
                        "response": {
                            "status": status,
                            "cookies": private,
                            "content": {
                                "mimeType": "application/json",
                                "text": body if isinstance(body, str) else json.dumps(body),
                            },
                        },
                    }
                    for url, body in answers
                ]
            }
        }
    )


def save(folder: Path, name: str, content: Any) -> Path:
    """Write *content*, text or data, to a file."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
