"""The processes that work on jobs: their signs of life, and the lock of one that works alone."""

from typing import Any, NamedTuple

from psycopg import AsyncConnection, Error

from crawlers.storage.database import KEEPALIVES, Database

Connection = AsyncConnection[Any]

LOST_AFTER_S = 20.0
"""A worker that gave no sign of life for so long is gone."""

BEAT = """
insert into job_workers as w (id, job, node, started_at, seen_at)
values (%(worker)s, %(job)s, %(node)s, now(), now())
on conflict (id) do update set seen_at = now(), ended_at = null, status = null, reason = null,
    node = coalesce(w.node, excluded.node), started_at = coalesce(w.started_at, now())
returning (select cancel_at is not null from jobs where id = %(job)s),
          (select status is not null from jobs where id = %(job)s)
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

SEIZE = """
select pg_terminate_backend(l.pid, 5000)
from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and a.datname = current_database()
  and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(%(name)s, 7)
  and a.backend_start < now() - make_interval(secs => %(silence_s)s)
  and not exists (select from job_workers where job = %(job)s
                  and seen_at > now() - make_interval(secs => %(silence_s)s))
"""


class Heard(NamedTuple):
    """What a worker hears of its job: somebody asks for its end, or it has ended."""

    is_cancelled: bool
    has_ended: bool


class Workers:
    """The workers of one job, as one of them sees them."""

    def __init__(self, database: Database, job: str, worker: str, node: str) -> None:
        """Speak for *worker* of *job* on the machine *node*."""
        self._database = database
        self._job = job
        self._worker = worker
        self._node = node

    async def beat(self, *, is_first: bool = False) -> Heard:
        """Give a sign of life; return what there is to hear of the job."""

        async def work(connection: Connection) -> Heard:
            values = {"worker": self._worker, "job": self._job, "node": self._node}
            cursor = await connection.execute(BEAT, values)
            row = await cursor.fetchone()
            if is_first:
                await connection.execute(BEGUN, [self._job])
            return Heard(*map(bool, row or (False, False)))

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
        self._name = f"job:{job}"
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
        row = await (await connection.execute(query, [self._name])).fetchone()
        if row is None or not row[0]:
            await connection.close()
            return False
        self._connection = connection
        return True

    async def seize(self, silence_s: float) -> bool:
        """Take it from a worker that is frozen, or lost with its machine: silent for so long.

        It finds that out before it tells anything of the job again. Return False if somebody has it
        who is not silent.
        """
        values = {"name": self._name, "job": self._job, "silence_s": silence_s}

        async def work(connection: Connection) -> None:
            await connection.execute(SEIZE, values)

        await self._database.run(work)
        return await self.take()

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
