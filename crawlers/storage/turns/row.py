"""The database's side of a serial turn: a session lock and one row, on a connection of its own."""

import asyncio
import math
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from crawlers.errors import StorageError
from crawlers.storage.turns.times import TurnTimes

GRACE_S = 0.1
"""An answer that came while our own loop was busy counts as in time."""

SESSION = """
SELECT set_config(name, value, false)
FROM unnest(%(names)s::text[], %(settings)s::text[]) AS setting (name, value)
"""
ADD = "INSERT INTO serial_turns (limit_key) VALUES (%(key)s) ON CONFLICT DO NOTHING"
LOCK = "SELECT pg_try_advisory_lock(hashtextextended('serial:' || %(key)s, 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('serial:' || %(key)s, 0))"
# An intent is open while it has a deadline. finished_at stays, so that not_before - finished_at
# tells a killed holder's successor how long the last back-off was.
BEGIN = """
UPDATE serial_turns
SET epoch = epoch + 1,
    intent_started_at = clock_timestamp(),
    intent_deadline = clock_timestamp() + %(deadline_s)s * interval '1 second'
WHERE limit_key = %(key)s
  AND coalesce(not_before <= clock_timestamp(), true)
  AND coalesce(intent_deadline + %(margin_s)s * interval '1 second' <= clock_timestamp(), true)
RETURNING epoch, coalesce(extract(epoch FROM not_before - finished_at), 0)::float8
"""
WAIT = """
SELECT extract(epoch FROM greatest(
    not_before, intent_deadline + %(margin_s)s * interval '1 second'
) - clock_timestamp())::float8
FROM serial_turns WHERE limit_key = %(key)s
"""
# not_before may be moved by whoever saw a 429, even after its turn was lost: it only grows.
FINISH = """
UPDATE serial_turns
SET not_before = greatest(not_before, clock_timestamp() + %(wait_s)s * interval '1 second'),
    finished_at = CASE WHEN epoch = %(epoch)s THEN clock_timestamp() ELSE finished_at END,
    intent_deadline = CASE WHEN epoch = %(epoch)s THEN NULL ELSE intent_deadline END
WHERE limit_key = %(key)s
"""


class AwayError(StorageError):
    """Raised by `TurnRow` when the database does not answer; the lock, if held, is lost."""


@dataclass(frozen=True)
class Intent:
    """What the row says when a turn begins."""

    epoch: int
    previous_s: float
    """The wait that the last turn had set, in seconds."""


class TurnRow:
    """The lock and the row of one limit key. Times are the database's own."""

    def __init__(
        self, limit_key: str, get_url: Callable[[], Awaitable[str]], times: TurnTimes
    ) -> None:
        """Connect later, to the database that *get_url* names at that time."""
        self._key = limit_key
        self._get_url = get_url
        self._times = times
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None

    async def connect(self) -> None:
        """Connect unless connected. The row exists afterwards. Raise AwayError."""
        if self._connection is not None:
            return
        try:
            # Never a pooled connection: the session is the lock.
            self._connection = await psycopg.AsyncConnection.connect(
                await self._get_url(),
                autocommit=True,
                application_name=f"serial:{self._key}",
                connect_timeout=max(2, math.ceil(self._times.heartbeat_timeout_s)),
                keepalives=1,
                target_session_attrs="read-write",
            )
        except (psycopg.Error, StorageError, OSError) as error:
            raise AwayError(str(error)) from error
        settings = self._session_settings()
        await self._fetch(SESSION, {"names": list(settings), "settings": list(settings.values())})
        await self._fetch(ADD)

    async def try_lock(self) -> bool:
        """Take the session lock if it is free."""
        return bool((await self._fetch(LOCK))[0])

    async def unlock(self) -> None:
        """Give the session lock back, if it is held."""
        if self._connection is not None:
            await self._fetch(UNLOCK)

    async def begin(self) -> Intent | None:
        """Open an intent, or return None when it is too early."""
        found = await self._fetch(BEGIN, self._durations())
        return Intent(*found) if found else None

    async def wait_s(self) -> float:
        """Return how long to wait, in seconds, until `begin` may succeed."""
        found = await self._fetch(WAIT, self._durations())
        if found is None:
            await self._fetch(ADD)
        return (found and found[0]) or 0.0

    async def finish(self, epoch: int, wait_s: float) -> None:
        """Close the intent *epoch* if it is still the last one, and keep others off for *wait_s*.

        Needs no lock: another holder's intent is not touched, and not_before only grows.
        """
        await self._fetch(FINISH, {"epoch": epoch, "wait_s": wait_s})

    async def prove(self) -> None:
        """Return if the connection lives, and so the lock. Raise AwayError."""
        await self._fetch("SELECT 1")

    async def quiet(self, wake: asyncio.Event, timeout_s: float) -> None:
        """Return when *wake* is set, the connection has something to say, or after *timeout_s*."""
        if self._connection is None:
            return
        loop, handle = asyncio.get_running_loop(), self._connection.fileno()
        loop.add_reader(handle, wake.set)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), timeout_s)
        finally:
            loop.remove_reader(handle)

    async def close(self) -> None:
        """Close the connection; the database drops the lock."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    def _session_settings(self) -> Mapping[str, str]:
        idle = max(1, int(self._times.keepalive_s * 0.4))
        interval = max(1, int((self._times.keepalive_s - idle) / 9))
        count = math.ceil((self._times.keepalive_s - idle) / interval)
        return {
            "tcp_keepalives_idle": str(idle),
            "tcp_keepalives_interval": str(interval),
            "tcp_keepalives_count": str(count),
            "tcp_user_timeout": "0",  # it would override the count
            "idle_session_timeout": "0",
            "synchronous_commit": "on",  # an intent must outlive the server
        }

    def _durations(self) -> dict[str, float]:
        return {"deadline_s": self._times.deadline_s, "margin_s": self._times.margin_s}

    async def _fetch(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        if self._connection is None:
            raise AwayError("not connected")
        query = asyncio.ensure_future(
            _query(self._connection, sql, {"key": self._key, **(params or {})})
        )
        try:
            for patience in (self._times.heartbeat_timeout_s, GRACE_S):
                await asyncio.wait({query}, timeout=patience)
            if not query.done():
                _cut(self._connection)
                await asyncio.wait({query})
            return query.result()
        except asyncio.CancelledError:
            # What the query did is unknown, and so whether the lock is held.
            _cut(self._connection)
            await asyncio.wait({query})
            await self.close()
            raise
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            await self.close()
            raise AwayError(str(error)) from error
        except psycopg.Error as error:
            await self.close()
            raise StorageError(f"serial turn of {self._key}: {error}") from error


async def _query(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], sql: str, params: Mapping[str, Any]
) -> Any:
    cursor = await connection.execute(sql, params)
    return await cursor.fetchone() if cursor.description else None


def _cut(connection: psycopg.AsyncConnection[Any]) -> None:
    """End the connection at once, without waiting for the other side.

    A shutdown, not a close: whoever waits for the socket sees its end and cleans up by itself.
    """
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)
