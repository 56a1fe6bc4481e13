"""The server that is backed up or restored to, as it is: nothing is migrated on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, Error
from psycopg.conninfo import make_conninfo

from crawlers.config import Config
from crawlers.errors import BackupError
from crawlers.storage.embedded import EmbeddedPostgres

Connection = AsyncConnection[Any]

LOCK = 0x6261_636B_7570
"""The advisory lock of whoever makes or restores a backup of a database."""

PATIENT = """
set timezone = 'UTC'; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
set lock_timeout = '30s'; set max_parallel_workers_per_gather = 0
"""
"""Sums are added up beside a dump, or on two connections: more processes are only in the way."""


@asynccontextmanager
async def server(config: Config) -> AsyncIterator[str]:
    """Give the address of the database of *config*, while its server runs."""
    if config.database_url is not None:
        yield config.database_url.get_secret_value()
        return
    embedded = EmbeddedPostgres(config.home)
    try:
        yield await asyncio.to_thread(embedded.url)
    finally:
        await asyncio.to_thread(embedded.close)


@asynccontextmanager
async def connected(url: str, name: str | None = None) -> AsyncIterator[Connection]:
    """Give a patient connection to *url*, or the database *name* there. Raises BackupError."""
    try:
        connection = await AsyncConnection.connect(
            make_conninfo(url, dbname=name) if name else url, autocommit=True, connect_timeout=30
        )
    except Error as error:
        raise BackupError(f"the database cannot be used: {_line(error)}") from None
    async with connection:
        try:
            await connection.execute(PATIENT)
            yield connection
        except Error as error:
            raise BackupError(f"the database refuses: {_line(error)}") from None


async def ask(connection: Connection, query: str) -> Any:
    """Return the first value of the answer, None for no answer."""
    row = await (await connection.execute(query.encode())).fetchone()
    return row[0] if row else None


async def take_lock(connection: Connection) -> None:
    """Keep others from making or restoring a backup of this database at the same time.

    PostgreSQL takes a moment to let go of what somebody held who has just ended.
    """
    for wait_s in (0.1, 0.2, 0.4, 0.8, 1.6, 1.9, 0):
        if await ask(connection, f"select pg_try_advisory_lock({LOCK})"):
            return
        await asyncio.sleep(wait_s)
    raise BackupError("another backup or restore of this database is under way")


async def version(connection: Connection) -> int:
    """Return the server's version, such as 180004."""
    return int(await ask(connection, "show server_version_num"))


def major(version_number: int) -> int:
    """Return the 18 of 180004."""
    return version_number // 10_000


def _line(error: Error) -> str:
    return str(error).partition("\n")[0]
