"""Two people in every table that may hold one, and in the raw store."""

import json
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.items.base import Mark, Reject
from crawlers.items.profiles import Follow, Profile
from crawlers.storage.crawls import start_crawl
from crawlers.storage.database import Database
from crawlers.storage.jobs import Jobs
from crawlers.storage.postgres import Writer
from crawlers.storage.raw import RawStore, raw_store_for
from tests.storage.things import NOON

ANNA, BRUNO = ("5550001", "anna.b", "Anna Bell"), ("5550002", "bruno_x", "Bruno Xu")
URL = "https://api.example/datasets/d1/items"

DEFAULTS: dict[str, Any] = {
    "text": "x", "text[]": [], "bigint": 0, "double precision": 0.0,
    "timestamp with time zone": NOON, "integer": 0, "boolean": False, "jsonb": Jsonb({}),
}  # fmt: skip
NEEDED = """
select attname, format_type(atttypid, null) from pg_attribute
where attrelid = %s::regclass and attnum > 0 and attnotnull and not attisdropped
"""


class Stored:
    """A database and a raw store with two people, and a second pair of eyes on both."""

    def __init__(self, config: Config) -> None:
        """Use the database and the store of *config*."""
        assert config.database_url is not None
        self.url = config.database_url.get_secret_value()
        self.database = Database(config, retry_s=30)
        self.raw: RawStore = raw_store_for(config)

    async def store(self, *items: Any, **more: Any) -> None:
        """Store *items* and what else a harvest may bring."""
        body = more.get("body")
        digest = await self.raw.put(body) if body is not None else None
        more = {"source": "instagram", "url": URL} | more | {"sha256": digest}
        async with Writer(self.database) as writer:
            await writer.store(Harvest(fetched_at=NOON, items=list(items), **more))

    def insert(self, table: str, **values: Any) -> None:
        """Insert a row with *values*, and something in every other column that must not be null."""
        with psycopg.connect(self.url) as connection:
            needed = connection.execute(NEEDED, [table]).fetchall()
            row = {name: DEFAULTS[kind] for name, kind in needed if name not in values} | values
            connection.execute(
                sql.SQL("insert into {} ({}) values ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(map(sql.Placeholder, row)),
                ),
                row,
            )

    def ask(self, query: str) -> list[Any]:
        """Return the rows of the answer; of one column its values."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(query.encode()).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def dump(self, word: str = "") -> dict[str, list[str]]:
        """Return every row as text that has *word* in it, by table."""
        tables = self.ask(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind = 'r' order by 1"
        )
        rows = {table: self.ask(f'select t::text from "{table}" as t') for table in tables}  # noqa: S608 - ours
        return {
            table: found
            for table, of_table in rows.items()
            if (found := sorted(row for row in of_table if word in row))
        }


async def plant(stored: Stored, person: tuple[str, str, str], other: str) -> None:
    """Store *person*, who follows an account that follows back, wherever somebody may be."""
    number, username, full_name = person
    await stored.store(
        Profile(platform="instagram", id=number, username=username, full_name=full_name),
        Follow(platform="instagram", account="rome", profile_id=number),
        Follow(platform="instagram", account=username, profile_id=other),
        marks=[
            Mark(f"account:{username}", {"at": 1}),
            Mark(f"row:{number[-1]}", {"row": {"pk": int(number)}, "name": full_name}),
        ],
        rejects=[
            Reject("row", "no name", json.dumps({"pk": int(number), "n": full_name}).encode()),
            Reject(f"account {username}", "private", b""),
            Reject("row", f"what is {username!r}?", b""),
        ],
        body=json.dumps([{"note": f"\nby {username}\n"}]).encode(),
        request_key=f"key {number[-1]}",
    )


@pytest.fixture
async def stored(database_config: Config) -> AsyncIterator[Stored]:
    """Give Anna and Bruno, and what mentions both."""
    stored = Stored(database_config)
    await plant(stored, ANNA, "5550003")
    await plant(stored, BRUNO, "5550004")
    both = ["anna.b", "rome", "bruno_x"]
    await stored.store(marks=[Mark("batch:1", {"accounts": both, "ended": {"anna.b": "x"}})])
    await start_crawl(stored.database, "instagram", {"accounts": both, "max": 50})
    jobs = Jobs(stored.database)
    await jobs.enter("may", "instagram", {"accounts": both})
    await jobs.add_units("may", ["GET /anna.b/list", "GET /bruno_x/list"])
    stored.insert(
        "apify_runs", id="r1", source="instagram", accounts=both, message="read @Anna.B and bruno_x"
    )
    yield stored
    await stored.database.close()


def strangers(stored: Stored) -> None:
    """Store what is no mention of Anna, though it looks like one."""
    stored.insert("chess_players", id="anna", name="anna.bell", closed=False)
    stored.insert(
        "marks", source="instagram", key="account:anna.b.c", value=Jsonb(["15550001", "x.anna.b"])
    )
    stored.insert(
        "quarantine", id="q", source="instagram", url=URL, error="anna_b annaxb", body=b"anna.bb"
    )
