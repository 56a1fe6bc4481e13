"""The processes that work on jobs: their signs of life, and the lock of one that works alone."""

from typing import Any

from psycopg import AsyncConnection, Error

from crawlers.storage.database import KEEPALIVES, Database

Connection = AsyncConnection[Any]

HEARTBEAT_S = 5.0
LOST_AFTER_S = 20.0
"""A worker that gave no sign of life for so long is gone."""

BEAT = """
insert into job_workers as w (id, job, node, started_at, seen_at)
values (%(worker)s, %(job)s, %(node)s, now(), now())
on conflict (id) do update set seen_at = now(), ended_at = null, status = null, reason = null,
    node = coalesce(w.node, excluded.node), started_at = coalesce(w.started_at, now())
returning (select cancel_at is not null from jobs where id = %(job)s)
"""

BEGUN = """
update jobs set started_at = coalesce(started_at, now()), dispatch_at = null,
    attempts = case when dispatch_at is null then attempts else greatest(attempts, 1) end,
    dispatched_at = case when dispatch_at is null or attempts > 0 then dispatched_at else now() end
where id = %s and status is null and (started_at is null or dispatch_at is not null)
"""
"""Who begins a job before any dispatcher does is an attempt, too: it is missed when it vanishes."""

LEAVE = """
update job_workers set ended_at = now(), seen_at = now(), status = %s, reason = %s where id = %s
"""


class Workers:
    """The workers of one job, as one of them sees them."""

    def __init__(self, database: Database, job: str, worker: str, node: str) -> None:
        """Speak for *worker* of *job* on the machine *node*."""
        self._database = database
        self._job = job
        self._worker = worker
        self._node = node

    async def beat(self, *, is_first: bool = False) -> bool:
        """Give a sign of life; return whether somebody has asked for the end of the job."""

        async def work(connection: Connection) -> bool:
            values = {"worker": self._worker, "job": self._job, "node": self._node}
            cursor = await connection.execute(BEAT, values)
            row = await cursor.fetchone()
            if is_first:
                await connection.execute(BEGUN, [self._job])
            return bool(row and row[0])

        return await self._database.run(work)

    async def leave(self, status: str, reason: str | None) -> None:
        """Say that the worker has ended, and how."""

        async def work(connection: Connection) -> None:
            await connection.execute(LEAVE, [status, reason, self._worker])

        await self._database.run(work)


class JobLock:
    """The right to work on a job alone: it ends with the connection that holds it."""

    def __init__(self, database: Database, job: str) -> None:
        """Lock *job* in *database*."""
        self._database = database
        self._job = job
        self._connection: Connection | None = None

    async def take(self) -> bool:
        """Take it, or find that it is still held; return False if somebody else has it."""
        if self._connection is not None and await self._holds(self._connection):
            return True
        await self.release()
        url = await self._database.url()
        options: dict[str, Any] = {"autocommit": True} | KEEPALIVES
        connection: Connection = await AsyncConnection.connect(url, **options)
        query = "select pg_try_advisory_lock(hashtextextended(%s, 7))"
        row = await (await connection.execute(query, [f"job:{self._job}"])).fetchone()
        if row is None or not row[0]:
            await connection.close()
            return False
        self._connection = connection
        return True

    async def release(self) -> None:
        """Let it go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _holds(self, connection: Connection) -> bool:
        try:
            await connection.execute("select 1")
        except Error:
            return False
        return True
