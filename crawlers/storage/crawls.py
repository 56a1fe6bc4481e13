"""The record of crawls: begun, ended, listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from crawlers.storage.database import Database
from crawlers.storage.finding import find_all

Connection = AsyncConnection[Any]


COUNTERS = (
    "new",
    "changed",
    "unchanged",
    "quarantined",
    "blocked",
    "refused",
    "requests",
    "errors",
)
"""What a crawl counts, as columns of the table ``crawls``."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """A run of a spider. *status* and *finished_at* are None while it runs, or when it was killed.

    The numbers: rows by outcome, pages blocked and refused, requests made, errors logged.
    """

    id: int
    source: str
    arguments: dict[str, Any]
    started_at: datetime
    finished_at: datetime | None
    status: str | None
    reason: str | None
    new: int
    changed: int
    unchanged: int
    quarantined: int
    blocked: int
    refused: int
    requests: int
    errors: int


async def start_crawl(database: Database, source: str, arguments: Mapping[str, Any]) -> int:
    """Record that a crawl begins; return its id for `finish_crawl`."""

    async def work(connection: Connection) -> int:
        query = "insert into crawls (source, arguments) values (%s, %s) returning id"
        cursor = await connection.execute(query, [source, Jsonb(dict(arguments))])
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    return await database.run(work)


async def finish_crawl(
    database: Database, crawl: int, status: str, reason: str, counts: Mapping[str, int]
) -> None:
    """Record how a crawl ended. *counts* has keys out of `COUNTERS`; a missing one is 0."""
    updates = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in COUNTERS
    )
    query = sql.SQL(
        "update crawls set finished_at = now(), status = %(status)s, reason = %(reason)s, {}"
        " where id = %(id)s"
    ).format(updates)
    values = dict.fromkeys(COUNTERS, 0) | dict(counts)

    async def work(connection: Connection) -> None:
        await connection.execute(query, values | {"status": status, "reason": reason, "id": crawl})

    await database.run(work)


async def crawls(database: Database, limit: int = 10) -> list[Crawl]:
    """Return the latest crawls, the newest first."""
    return await find_all(
        database, Crawl, "select * from crawls order by id desc limit %s", [limit]
    )
