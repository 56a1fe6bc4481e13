"""Rows of one query as records: a transaction of its own."""

from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.abc import Params
from psycopg.rows import class_row
from psycopg.sql import Composed

from crawlers.storage.database import Database

Connection = AsyncConnection[Any]

Query = LiteralString | bytes | Composed

T = TypeVar("T")


async def find_all(
    database: Database, kind: type[T], query: Query, values: Params | None = None
) -> list[T]:
    """Return what *query* finds, each row as a *kind*, whose fields have the columns' names."""

    async def work(connection: Connection) -> list[T]:
        async with connection.cursor(row_factory=class_row(kind)) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchall()

    return await database.run(work)


async def find_one(
    database: Database, kind: type[T], query: Query, values: Params | None = None
) -> T | None:
    """Return the first row that *query* finds as a *kind*, or None."""

    async def work(connection: Connection) -> T | None:
        async with connection.cursor(row_factory=class_row(kind)) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchone()

    return await database.run(work)
