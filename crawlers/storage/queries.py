"""What others ask the database: marks, known keys, crawls, stored pages, sizes."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from crawlers.items.base import Item
from crawlers.storage.database import Database
from crawlers.storage.tables import table_of

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


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page in the raw store, as it was last fetched with these bytes."""

    source: str
    request_key: str
    sha256: str
    url: str
    fetched_at: datetime
    status: int | None
    content_type: str | None
    page: str | None
    page_version: int


STORED_PAGES = """
select source, request_key, sha256, url, last_fetched_at as fetched_at, status, content_type,
       page, page_version
from raw_pages
where source = %(source)s and (request_key, sha256) > (%(key)s, %(sha256)s)
  and (%(page)s::text is null or page = %(page)s)
  and (%(below)s::bigint is null or page_version < %(below)s)
  and (%(since)s::timestamptz is null or last_fetched_at >= %(since)s)
order by request_key, sha256 limit 500
"""


async def get_mark(database: Database, source: str, key: str) -> Any:
    """Return the value of a mark, or None."""

    async def work(connection: Connection) -> Any:
        query = "select value from marks where source = %s and key = %s"
        row = await (await connection.execute(query, [source, key])).fetchone()
        return row[0] if row else None

    return await database.run(work)


async def get_marks(database: Database, source: str, keys: Iterable[str]) -> dict[str, Any]:
    """Return the values of the marks of *source* that *keys* name."""

    async def work(connection: Connection) -> dict[str, Any]:
        query = "select key, value from marks where source = %s and key = any(%s)"
        cursor = await connection.execute(query, [source, wanted])
        return dict(await cursor.fetchall())

    wanted = list(keys)
    return await database.run(work) if wanted else {}


async def claim_mark(database: Database, source: str, key: str, value: Any) -> bool:
    """Set a mark, unless it has this very *value*; tell whether it was set."""

    async def work(connection: Connection) -> bool:
        query = """
            insert into marks as t (source, key, value, updated_at)
            values (%s, %s, %s, now())
            on conflict (source, key) do update
            set value = excluded.value, updated_at = excluded.updated_at
            where t.value is distinct from excluded.value returning true
        """
        cursor = await connection.execute(query, [source, key, Jsonb(value)])
        return await cursor.fetchone() is not None

    return await database.run(work)


async def marked(database: Database, source: str, keys: Iterable[str]) -> set[str]:
    """Return those of *keys* that name a mark of *source*."""

    async def work(connection: Connection) -> set[str]:
        query = "select key from marks where source = %s and key = any(%s)"
        cursor = await connection.execute(query, [source, wanted])
        return {row[0] for row in await cursor.fetchall()}

    wanted = list(keys)
    return await database.run(work) if wanted else set()


async def known(
    database: Database,
    item_class: type[Item],
    keys: Iterable[Any],
    newer_than: datetime | None = None,
    having: Mapping[str, Any] | None = None,
) -> set[Any]:
    """Return those of *keys* that are stored, and seen since *newer_than* (to within 60 s).

    A key is the identity's value, or the tuple of its values where it has several. *having* gives
    values that columns must have; ``...`` is any value but null. LookupError for an unknown one.
    """
    table = table_of(item_class)
    conditions, values = _conditions(item_class, having or {})
    lone = len(table.identity) == 1
    wanted = [(key,) if lone else tuple(key) for key in keys]
    arrays = sql.SQL(", ").join(
        sql.SQL("%s::{}[]").format(sql.SQL(column.type)) for column in table.key_columns
    )
    names = sql.SQL(", ").join(map(sql.Identifier, table.identity))
    query = sql.SQL(
        "select {names} from {table} join unnest({arrays}) as k ({names}) using ({names})"
        " where (%s::timestamptz is null or checked_at >= %s){conditions}"
    ).format(names=names, table=sql.Identifier(table.name), arrays=arrays, conditions=conditions)

    async def work(connection: Connection) -> set[Any]:
        columns = [list(values) for values in zip(*wanted, strict=True)]
        cursor = await connection.execute(query, [*columns, newer_than, newer_than, *values])
        return {row[0] if lone else row for row in await cursor.fetchall()}

    return await database.run(work) if wanted else set()


def _conditions(
    item_class: type[Item], having: Mapping[str, Any]
) -> tuple[sql.Composable, list[Any]]:
    """Return the rest of a where clause, and its values."""
    parts: list[sql.Composable] = []
    for name, value in having.items():
        if name not in item_class.columns:
            raise LookupError(f"{item_class.__name__} has no column {name!r}")
        test = " and {} is not null" if value is ... else " and {} = %s"
        parts.append(sql.SQL(test).format(sql.Identifier(name)))
    return sql.Composed(parts), [value for value in having.values() if value is not ...]


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

    async def work(connection: Connection) -> list[Crawl]:
        async with connection.cursor(row_factory=class_row(Crawl)) as cursor:
            await cursor.execute("select * from crawls order by id desc limit %s", [limit])
            return await cursor.fetchall()

    return await database.run(work)


async def table_sizes(database: Database) -> dict[str, int]:
    """Return the exact number of rows of every table, by name."""

    async def work(connection: Connection) -> dict[str, int]:
        query = """
            select relname from pg_class where relnamespace = current_schema()::regnamespace
            and relkind in ('r', 'p') and relname <> 'alembic_version' order by relname
        """
        names = [row[0] for row in await (await connection.execute(query)).fetchall()]
        sizes = {}
        for name in names:
            count = sql.SQL("select count(*) from {}").format(sql.Identifier(name))
            row = await (await connection.execute(count)).fetchone()
            sizes[name] = int(row[0]) if row else 0
        return sizes

    return await database.run(work)


async def stored_pages(
    database: Database,
    source: str,
    page: str | None = None,
    below_version: int | None = None,
    since: datetime | None = None,
) -> AsyncIterator[StoredPage]:
    """Yield the stored pages of *source*, by request and digest.

    *page* is a page class's name; *below_version* leaves out what newer versions have read;
    *since* bounds the last fetch.
    """
    values: dict[str, Any] = {"source": source, "page": page, "below": below_version}
    values |= {"since": since, "key": "", "sha256": ""}

    async def work(connection: Connection) -> list[StoredPage]:
        async with connection.cursor(row_factory=class_row(StoredPage)) as cursor:
            await cursor.execute(STORED_PAGES, values)
            return await cursor.fetchall()

    while found := await database.run(work):
        for one in found:
            yield one
        values |= {"key": found[-1].request_key, "sha256": found[-1].sha256}
