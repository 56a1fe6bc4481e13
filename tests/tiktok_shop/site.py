"""TikTok Shop as a test sees it: the replica in its own process, crawls, and what they stored."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import zstandard

from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.replica import ReplicaProcess
from tests.replica.market import Market
from tests.replica.tiktok_shop import TikTokShopWorld
from tests.vlr.site import new_database

BRISK = {"DOWNLOAD_DELAY": 0, "SIMULATED_CLOCK": 1}
TABLES = ("shops", "products", "product_variants", "product_keywords")
TIMES = ["source_url", "fetched_at", "first_seen_at", "changed_at", "checked_at"]
ONLY_SOME = {
    "shops": ("location", "rating", "followers", "sold"),
    "products": ("ratings_by_stars",),
    "product_variants": ("sku",),
}
"""What only one generation of the pages tells."""

Rows = list[tuple[Any, ...]]


@dataclass
class TikTokShop:
    """The site, if there is one, and crawls into one database."""

    crawls: Crawls
    world: TikTokShopWorld
    site: ReplicaProcess | None
    market: Market = field(init=False)

    def __post_init__(self) -> None:
        """Know the same goods as the replica: they follow from the seed."""
        self.market = Market(self.world)

    def crawl(self, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy crawl tiktok_shop`` to its end, by plain HTTP unless told otherwise."""
        return self.crawls.run("crawl", "tiktok_shop", **self.options(arguments))

    def start(self, **arguments: Any) -> subprocess.Popen[str]:
        """Start it; the caller ends it."""
        return self.crawls.start("crawl", "tiktok_shop", **self.options(arguments))

    def options(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what every crawl is told."""
        settings = (BRISK if self.site else {}) | arguments.pop("settings", {})
        origin = {"origin": self.site.origin} if self.site else {}
        return {"settings": settings, "fetch": "http", **origin, **arguments}

    def stores(self, **arguments: Any) -> str:
        """Crawl, check that all went well, and return what the crawl said."""
        done = self.crawl(**arguments)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def urls(self, *ids: str) -> str:
        """Return the addresses of products, by default of all."""
        return ",".join(map(address, ids or tuple(self.market.goods)))

    def at(self, clock: float) -> None:
        """Set the clock of the site, and of what the test knows of it."""
        assert self.site is not None
        self.site.control("clock", clock)
        self.market.now = clock

    def query(self, statement: str, *values: object) -> Rows:
        """Return what *statement* finds in the database."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def column(self, statement: str, *values: object) -> list[Any]:
        """Return the first column of what *statement* finds."""
        return [row[0] for row in self.query(statement, *values)]

    def tables(self, without: dict[str, tuple[str, ...]] | None = None) -> dict[str, list[str]]:
        """Return all rows as text, in one order, but for times, places and columns *without*."""
        return {name: self.table(name, *(without or {}).get(name, ())) for name in TABLES}

    def table(self, name: str, *without: str) -> list[str]:
        """Return the rows of one table."""
        statement = f"select (to_jsonb(t) - %s::text[])::text from {name} t order by 1"  # noqa: S608 - our own names
        return self.column(statement, [*TIMES, *without])

    @property
    def snapshots(self) -> Rows:
        """Product, variant, seconds since the beginning, price and stock of all snapshots."""
        return self.query(
            "select product_id, variant_id, extract(epoch from at)::bigint - %s, price_minor, stock"
            " from price_snapshots order by product_id, variant_id nulls first, at",
            self.world.begin,
        )

    @property
    def counts(self) -> dict[str, int]:
        """What the last crawl counted, but for zeros."""
        names = ("new", "changed", "unchanged", "quarantined", "blocked", "refused")
        (row,) = self.query(f"select {', '.join(names)} from crawls order by id desc limit 1")  # noqa: S608 - the same
        return {name: count for name, count in zip(names, row, strict=True) if count}

    def everything_kept(self) -> bytes:
        """Return every byte that crawls have kept: tables as text, raw pages and their stats."""
        names = self.column(
            "select relname from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        rows = [row for name in names for row in self.column(f"select t::text from {name} t")]  # noqa: S608 - the same
        bodies = self.column("select body from quarantine where body is not null")
        files = [path for path in (self.crawls.home / "raw").rglob("*") if path.is_file()]
        raw = [zstandard.ZstdDecompressor().decompress(path.read_bytes()) for path in files]
        return b"\n".join([*map(str.encode, rows), *bodies, *raw])


def address(product: str) -> str:
    """Return the address of a product's page."""
    return f"https://shop.tiktok.com/view/product/{product}?region=US&locale=en"


def har(*answers: tuple[str, str]) -> str:
    """Return a HAR with the *answers*, (address, body), and with secrets all around them."""
    private = [{"name": "sessionid", "value": "word-of-somebody"}]
    entries = [
        {
            "startedDateTime": "2026-01-02T03:04:05Z",
            "request": {"method": "GET", "url": url, "cookies": private, "headers": private},
            "response": {
                "status": 200,
                "cookies": private,
                "content": {"mimeType": "text/html", "text": body},
            },
        }
        for url, body in answers
    ]
    return json.dumps({"log": {"entries": entries}})


@contextmanager
def shop_at(
    site: ReplicaProcess | None, world: TikTokShopWorld, server: Server, home: Path
) -> Iterator[TikTokShop]:
    """Give crawls of *site* into a database of their own."""
    home.mkdir(exist_ok=True)
    with new_database(server) as url:
        yield TikTokShop(Crawls(home, {"DATABASE_URL": url}), world, site)
