"""The locks of places: session locks of PostgreSQL, on a connection of their own."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from crawlers.errors import StorageError
from crawlers.storage.turns.row import AwayError

CLIENT: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "target_session_attrs": "read-write",
}
"""A holder that is cut off notices it within 25 s, and ends its transfers ..."""

SESSION = """
set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3;
set idle_session_timeout = 0
"""
"""... before the database gives up the silent session and its locks, after 60 s."""

# The rows are asked one by one, and the first lock that is had ends it.
TAKE = """
select number from unnest(%(numbers)s::int[]) as number
where pg_try_advisory_lock(hashtextextended('place:' || %(key)s || ' ' || number, 0))
limit 1
"""
GIVE = "select pg_advisory_unlock(hashtextextended('place:' || %(key)s || ' ' || %(number)s, 0))"


class PlaceLocks:
    """The locks of one limit key that this process holds. For one task at a time.

    Never a pooled connection: the session is the locks. AwayError means that it is gone, and all
    its locks with it.
    """

    def __init__(self, limit_key: str, get_url: Callable[[], Awaitable[str]]) -> None:
        """Connect later, to the database that *get_url* names at that time."""
        self._key = limit_key
        self._get_url = get_url
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def connect(self) -> None:
        """Connect unless connected. Raises AwayError."""
        if self._connection is not None:
            return
        try:
            self._connection = await psycopg.AsyncConnection.connect(
                await self._get_url(), autocommit=True, application_name=self._name, **CLIENT
            )
        except (psycopg.Error, StorageError, OSError) as error:
            raise AwayError(str(error)) from error
        await self._ask(SESSION)

    async def take(self, numbers: Sequence[int]) -> int | None:
        """Take the lock of one of *numbers*, tried in their order; None when others have them.

        A session may take a lock twice, so name none that is held.
        """
        found = await self._ask(TAKE, {"key": self._key, "numbers": list(numbers)})
        return found and int(found[0])

    async def give(self, number: int) -> None:
        """Give the lock of *number* back."""
        await self._ask(GIVE, {"key": self._key, "number": str(number)})

    async def prove(self) -> None:
        """Return if the connection lives, and so the locks."""
        await self._ask("select 1")

    async def quiet(self, wake: asyncio.Event, timeout_s: float) -> bool:
        """Wait for *wake* or *timeout_s*; True when the connection has something to say first."""
        if self._connection is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), timeout_s)
            return False
        loop, handle = asyncio.get_running_loop(), self._connection.fileno()
        spoke = asyncio.Event()

        def hear() -> None:
            spoke.set()
            wake.set()

        loop.add_reader(handle, hear)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), timeout_s)
        finally:
            loop.remove_reader(handle)
        return spoke.is_set()

    async def close(self) -> None:
        """Close the connection; the database drops the locks."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    def cut(self) -> None:
        """End the connection at once; whoever waits for an answer gets AwayError."""
        if self._connection is not None:
            with suppress(OSError, psycopg.Error):
                handle = os.dup(self._connection.fileno())
                with socket.socket(fileno=handle) as end:
                    end.shutdown(socket.SHUT_RDWR)

    @property
    def _name(self) -> str:
        return f"places:{self._key}"

    async def _ask(self, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
        if self._connection is None:
            raise AwayError("not connected")
        try:
            cursor = await self._connection.execute(query.encode(), parameters)
            return await cursor.fetchone() if cursor.description else None
        except psycopg.Error as error:
            await self.close()
            raise AwayError(str(error)) from error
