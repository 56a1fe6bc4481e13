"""One stored thing by its identity, with the rows that belong to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from crawlers.items.base import Item
from crawlers.storage.database import Database
from crawlers.storage.tables import PROVENANCE

Row = dict[str, Any]


async def thing(
    database: Database,
    item: type[Item],
    key: Sequence[Any],
    owned: Mapping[str, type[Item]] | None = None,
) -> Row | None:
    """Return the row of *item* with the identity *key*, and *owned* rows under their names.

    The identity of an owned item begins with its owner's.
    """

    async def work(connection: AsyncConnection[Any]) -> Row | None:
        columns = [*item.columns, *(column.name for column in PROVENANCE)]
        found = await _rows(connection, item, columns, key)
        for name, child in (owned or {}).items() if found else ():
            found[0][name] = await _rows(connection, child, child.columns, key)
        return found[0] if found else None

    return await database.run(work)


async def rows(database: Database, query: str, values: Mapping[str, Any]) -> list[Row]:
    """Return the answer to *query*, which a programmer wrote, for *values*."""

    async def work(connection: AsyncConnection[Any]) -> list[Row]:
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(sql.SQL(query), values)
            return await cursor.fetchall()

    return await database.run(work)


async def _rows(
    connection: AsyncConnection[Any], item: type[Item], columns: Sequence[str], key: Sequence[Any]
) -> list[Row]:
    query = sql.SQL("select {} from {} where {} order by {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(item.table),
        sql.SQL(" and ").join(
            sql.SQL("{} = %s").format(sql.Identifier(name)) for name in item.identity[: len(key)]
        ),
        sql.SQL(", ").join(map(sql.Identifier, item.identity)),
    )
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, key)
        return await cursor.fetchall()
