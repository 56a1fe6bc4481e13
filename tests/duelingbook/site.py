"""DuelingBook as a test sees it: the replica, crawls, and what they stored."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.crawls.run import Crawls
from tests.replica import DuelWorld, ReplicaProcess

CALL = "https://www.duelingbook.com/view-replay?id="
BRISK = {"DOWNLOAD_DELAY": 0}
HASTY = BRISK | {"SPIDER_MODULES": "tests.duelingbook.hasty.spider", "RETRY_TIMES": 1}


@dataclass
class DuelingBook:
    """The site, if there is one, and crawls into one database."""

    crawls: Crawls
    world: DuelWorld
    site: ReplicaProcess | None

    def crawl(self, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy crawl duelingbook`` to its end."""
        origin = {"origin": self.site.origin} if self.site else {}
        return self.crawls.run("crawl", "duelingbook", settings=BRISK, **origin, **arguments)

    def crawl_hastily(self, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run the same spider, but let it wait for an answer for a few seconds only."""
        assert self.site is not None
        origin = {"origin": self.site.origin}
        return self.crawls.run("crawl", "hasty", settings=HASTY, **origin, **arguments)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what *statement* finds in the database."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def column(self, statement: str, *values: object) -> list[Any]:
        """Return the first column of what *statement* finds."""
        return [row[0] for row in self.query(statement, *values)]

    @property
    def stored(self) -> set[str]:
        """The ids of the replays that are stored."""
        return set(self.column("select id from duel_replays"))

    @property
    def counts(self) -> dict[str, int]:
        """What the last crawl counted, but for zeros."""
        names = ("new", "changed", "unchanged", "quarantined", "blocked", "refused")
        (row,) = self.query(f"select {', '.join(names)} from crawls order by id desc limit 1")  # noqa: S608 - the same
        return {name: count for name, count in zip(names, row, strict=True) if count}

    @property
    def sizes(self) -> dict[str, int]:
        """How many rows there are."""
        tables = ("replays", "matches", "games", "cards", "chats")
        return {
            name: self.column(f"select count(*) from duel_{name}")[0]  # noqa: S608 - our own names
            for name in tables
        }

    @property
    def asked(self) -> list[str]:
        """The replays that the site's page asked the site for, in order."""
        assert self.site is not None
        calls = [one["target"] for one in self.site.log if "/view-replay" in one["target"]]
        return [call.rpartition("=")[2] for call in calls]

    def everything_kept(self) -> bytes:
        """Return every byte that crawls have kept: tables as text, raw pages, and their stats."""
        names = self.column(
            "select relname from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        rows = [row for name in names for row in self.column(f"select t::text from {name} t")]  # noqa: S608 - the same
        bodies = self.column("select body from quarantine where body is not null")
        return b"\n".join([*map(str.encode, rows), *bodies, *self.raw_pages()])

    def raw_pages(self) -> list[bytes]:
        """Return the raw pages, as they lie in the store."""
        import zstandard  # noqa: PLC0415 - only here

        files = [path for path in (self.crawls.home / "raw").rglob("*") if path.is_file()]
        return [zstandard.ZstdDecompressor().decompress(path.read_bytes()) for path in files]


def har(*answers: tuple[str, Any]) -> str:
    """Return a HAR with the *answers*, (address, body), and with secrets all around them."""
    private = [{"name": "password", "value": "word-of-somebody"}]
    return json.dumps(
        {
            "log": {
                "entries": [
                    {
                        "startedDateTime": "2026-01-02T03:04:05Z",
                        "request": {
                            "method": "POST",
                            "url": url,
                            "cookies": private,
                            "postData": {"text": "token=word-of-somebody"},
                        },
                        "response": {
                            "status": 200,
                            "cookies": private,
                            "content": {
                                "mimeType": "text/html",
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
