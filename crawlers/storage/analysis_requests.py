"""Analyses that somebody asked for and that are not done yet, and who is at which game."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection, Error

from crawlers.errors import StorageError
from crawlers.evaluations import Limit
from crawlers.storage.database import KEEPALIVES, Database

Connection = AsyncConnection[Any]

AT_ONCE = 50
"""Requests that are looked at to find one that nobody is at."""

# What was refused is tried again, and a lower limit is contained in a higher one.
ASK = """
insert into chess_analysis_requests as t (game, limit_kind, limit_value)
values (%(game)s, %(kind)s, %(value)s)
on conflict (game, limit_kind) do update
set limit_value = greatest(t.limit_value, excluded.limit_value), refused_at = null, reason = null,
    requested_at = case when t.refused_at is null then t.requested_at else now() end,
    begun_at = case when t.refused_at is null then t.begun_at end
"""
WAITING = """
select game, limit_kind, limit_value from chess_analysis_requests where refused_at is null
order by requested_at, game limit %s
"""
COUNT = """
select count(*) from (
    select from chess_analysis_requests where refused_at is null limit %s) as waiting
"""
BEGIN = """
update chess_analysis_requests set begun_at = now()
where game = %s and limit_kind = %s and limit_value = %s and refused_at is null returning game
"""
DONE = """
delete from chess_analysis_requests where game = %s and limit_kind = %s and limit_value <= %s
"""
REFUSE = """
update chess_analysis_requests set refused_at = now(), reason = %s
where game = %s and limit_kind = %s and limit_value = %s
"""
OF_GAME = """
select limit_kind, limit_value, requested_at, begun_at, reason from chess_analysis_requests
where game = %s order by requested_at desc
"""
LOCK = "select pg_try_advisory_lock(hashtextextended('analysis:' || %s, 0))"
UNLOCK = "select pg_advisory_unlock(hashtextextended('analysis:' || %s, 0))"


class Request(NamedTuple):
    """An analysis of *game* that somebody wants."""

    game: str
    limit: Limit


class Standing(NamedTuple):
    """How a request stands: not begun, begun, or refused for a *reason*."""

    limit_kind: str
    limit_value: int
    requested_at: datetime
    begun_at: datetime | None
    reason: str | None


async def ask(database: Database, request: Request) -> None:
    """Keep a request, once, however often it comes."""
    kind, value = request.limit
    await _run(database, ASK, {"game": request.game, "kind": kind, "value": value})


async def waiting(database: Database) -> list[Request]:
    """Return the requests that wait for the longest time; others may be at them."""
    rows = await _run(database, WAITING, [AT_ONCE])
    return [Request(game, Limit(kind, value)) for game, kind, value in rows]


async def count_waiting(database: Database, most: int) -> int:
    """Return how many requests are not done, at most so many."""
    return int((await _run(database, COUNT, [most]))[0][0])


async def begin(database: Database, request: Request) -> bool:
    """Say that somebody is at *request*; False: it is not there any more."""
    return bool(await _run(database, BEGIN, [request.game, *request.limit]))


async def finish(database: Database, request: Request) -> None:
    """Forget *request*, whose analysis is stored, and what is contained in it."""
    await _run(database, DONE, [request.game, *request.limit])


async def refuse(database: Database, request: Request, reason: str) -> None:
    """Keep the *reason* why *request* cannot be done."""
    await _run(database, REFUSE, [reason, request.game, *request.limit])


async def standing(database: Database, game: str) -> list[Standing]:
    """Return how requests of *game* stand, the newest first."""
    return [Standing(*row) for row in await _run(database, OF_GAME, [game])]


async def _run(database: Database, query: str, values: Any) -> list[Any]:
    async def work(connection: Connection) -> list[Any]:
        cursor = await connection.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []

    return await database.run(work)


class GameLocks:
    """The games that this process is at: locks that end with it, whatever ends it.

    When the connection is lost, so are they, and two processes may be at one game: that costs time
    and nothing else, because both store the same.
    """

    def __init__(self, database: Database) -> None:
        """Connect later."""
        self._database = database
        self._connection: Connection | None = None
        self._held: set[str] = set()
        self._turn = asyncio.Lock()

    async def take(self, game: str) -> bool:
        """Return whether *game* is ours now. Raises StorageError."""
        if game in self._held:
            return False
        self._held.add(game)  # a session may take a lock twice
        is_ours = False
        try:
            is_ours = await self._ask(LOCK, game)
        finally:
            if not is_ours:
                self._held.discard(game)
        return is_ours

    async def give(self, game: str) -> None:
        """Let *game* go. Raises StorageError."""
        self._held.discard(game)
        await self._ask(UNLOCK, game)

    async def close(self) -> None:
        """Let all of them go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _ask(self, query: str, game: str) -> bool:
        async with self._turn:
            try:
                return await self._answer(query, game)
            except Error:
                await self.close()
            try:
                return await self._answer(query, game)
            except Error as error:
                raise StorageError(f"the database is lost: {error}") from error

    async def _answer(self, query: str, game: str) -> bool:
        if self._connection is None:
            url, options = await self._database.url(), dict[str, Any](KEEPALIVES)
            self._connection = await AsyncConnection.connect(url, autocommit=True, **options)
        row = await (await self._connection.execute(query.encode(), [game])).fetchone()
        return bool(row and row[0])
