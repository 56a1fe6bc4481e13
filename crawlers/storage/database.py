"""The way to PostgreSQL: found, migrated and connected on first use, waited for when lost."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, Error, InterfaceError, OperationalError, sql
from psycopg_pool import AsyncConnectionPool

from crawlers.config import Config, config
from crawlers.errors import StorageError
from crawlers.storage import migrate
from crawlers.storage.embedded import EmbeddedPostgres

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOST = (OperationalError, InterfaceError)
"""Connection gone, server restarting, deadlock, disk full: the same work may succeed later."""

ROW_ERRORS = {"22", "23", "54"}
"""Classes of SQLSTATE that blame a row: data, integrity, limits (a key too long to index)."""

POOL_TIMEOUT_S = 5
"""How long to wait for a connection before looking whether the server is still there."""

SESSION = """
set timezone = 'UTC';
set statement_timeout = '120s';
set lock_timeout = '30s';
set idle_in_transaction_session_timeout = '60s'
"""

KEEPALIVES = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "client_encoding": "utf8",
}


class Database:
    """One database for one event loop. Nothing is opened before it is needed.

    *retry_s* bounds how long lost work is tried again before StorageError says so, *patience_s*
    how long somebody waits for one of the *connections*.
    """

    def __init__(
        self,
        settings: Config,
        *,
        retry_s: float = 300,
        patience_s: float = POOL_TIMEOUT_S,
        connections: int = 4,
        becoming: Callable[[str], str | None] | None = None,
    ) -> None:
        """Use the database that *settings* name: DATABASE_URL, else the embedded one.

        *becoming* takes its address, may prepare it, and names the role of all connections.
        """
        url = settings.database_url
        self.retry_s = retry_s
        self._patience_s = patience_s
        self._connections = connections
        self._becoming = becoming
        self._url = url.get_secret_value() if url else ""
        self._embedded = None if url else EmbeddedPostgres(settings.home)
        self._pool: AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()
        self._starting = asyncio.Lock()

    async def open(self) -> None:
        """Connect and migrate, once. Raises StorageError when the database cannot be used."""
        await self._opened()

    async def close(self) -> None:
        """Close the connections; leave the embedded server, which then may stop."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()
        if self._embedded is not None:
            async with self._starting:
                await asyncio.to_thread(self._embedded.close)

    async def url(self) -> str:
        """Return the address of the migrated database; restarts a lost embedded server."""
        await self._opened()
        return await self._address()

    async def revision(self) -> str:
        """Return the revision of the schema, once the database is migrated."""
        await self._opened()
        return migrate.head()

    def pool_stats(self) -> dict[str, int]:
        """Return how many connections there are, how many are free, and who waits for one."""
        names = {"size": "pool_size", "free": "pool_available", "waiting": "requests_waiting"}
        stats = self._pool.get_stats() if self._pool else {}
        return {name: stats.get(key, 0) for name, key in names.items()}

    async def run(self, work: Callable[[AsyncConnection[Any]], Awaitable[T]]) -> T:
        """Do *work* in one transaction, again when the connection was lost.

        *work* must be idempotent: a lost connection may have committed. Errors that blame a row
        or a statement pass through; StorageError when the time for retries is over.
        """
        ends: float | None = None
        for attempt in range(1_000_000):
            pool = await self._opened()
            try:
                async with pool.connection() as connection:
                    return await work(connection)
            except LOST as error:
                if blames_row(error):
                    raise
                ends = ends or time.monotonic() + self.retry_s
                if time.monotonic() > ends:
                    raise StorageError(f"the database is lost: {error}") from error
                logger.warning("Database lost, trying again: %s", error)
            await self._recover(attempt)
        raise AssertionError("unreachable")

    async def _opened(self) -> AsyncConnectionPool:
        async with self._opening:
            if self._pool is None:
                self._pool = await self._open()
            return self._pool

    async def _open(self) -> AsyncConnectionPool:
        try:
            url = await self._address()
            await asyncio.to_thread(migrate.upgrade, url)
            role = await asyncio.to_thread(self._becoming, url) if self._becoming else None
        except Error as error:
            reason = str(error).partition("\n")[0]
            raise StorageError(f"the database cannot be used: {reason}") from error
        pool = AsyncConnectionPool(
            url,
            kwargs=KEEPALIVES,
            min_size=1,
            max_size=self._connections,
            timeout=self._patience_s,
            open=False,
            configure=partial(_configure, role=role),
        )
        await pool.open()
        return pool

    async def _address(self) -> str:
        if self._embedded is None:
            return self._url
        async with self._starting:
            return await asyncio.to_thread(self._embedded.url)

    async def _recover(self, attempt: int) -> None:
        # Jitter, so that many workers do not come back at the same moment.
        await asyncio.sleep(random.uniform(0.5, 1) * min(10, 0.05 * 2 ** min(attempt, 10)))  # noqa: S311 - no secret
        try:
            await self._address()
        except StorageError as error:
            logger.warning("The database does not start: %s", error)
        # No check at every loan: it costs a round trip, and what fails is done again anyway.
        if self._pool is not None:
            await self._pool.check()


async def _configure(connection: AsyncConnection[Any], role: str | None) -> None:
    await connection.execute(SESSION)
    if role is not None:
        await connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    await connection.commit()


def blames_row(error: Error) -> bool:
    """Tell whether *error* comes from the values, so that a retry is of no use."""
    return (error.sqlstate or "")[:2] in ROW_ERRORS


_databases: WeakKeyDictionary[object, Database] = WeakKeyDictionary()


def database_for(owner: object) -> Database:
    """Return the one database of *owner*, a Scrapy crawler, made at the first call."""
    if owner not in _databases:
        _databases[owner] = Database(config())
    return _databases[owner]
