"""Marks: what a source has noted for its next crawl, asked for and claimed."""

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from crawlers.storage.database import Database

Connection = AsyncConnection[Any]


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
