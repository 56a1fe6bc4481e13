"""What others ask the database: known keys, stored pages, sizes."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from crawlers.items.base import Item
from crawlers.storage.database import Database
from crawlers.storage.tables import table_of

Connection = AsyncConnection[Any]


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
