"""What dispatchers ask of the database: claims, and what became of the workers.

Any number of dispatchers may ask at the same time: whoever is first does it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, Error
from psycopg.rows import class_row

from crawlers.errors import StorageError
from crawlers.storage.database import Database
from crawlers.storage.submissions import WAKE
from crawlers.storage.text import sanitise

Connection = AsyncConnection[Any]

CONNECT_S = 10


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of a job, not known to have ended.

    *is_seen*: it has begun. *silent_s* is for how long nothing was heard of it, *cancelled_s* how
    long ago somebody asked for the end of its job.
    """

    id: str
    job: str
    source: str
    node: str
    attempt: int
    is_seen: bool
    silent_s: float
    cancelled_s: float | None


EARLIER = """
select w.id, w.job, j.source, w.node, j.attempts as attempt,
       w.seen_at is not null as is_seen, 0.0 as silent_s, null as cancelled_s
from job_workers as w join jobs as j on j.id = w.job where w.id = any(%s) order by w.id
"""

DUE = """
select id, source, workers, attempts + 1 from jobs
where dispatch_at <= now() and status is null and cancel_at is null
order by priority desc, dispatch_at limit %s for update skip locked
"""

TAKE = """
update jobs set dispatch_at = null, dispatched_at = now(), attempts = attempts + 1,
       started_at = coalesce(started_at, now())
where id = any(%s)
"""

ENTER = "insert into job_workers (id, job, node, dispatched_at) values (%s, %s, %s, now())"

OPEN = """
select w.id, w.job, j.source, w.node, j.attempts as attempt,
       w.seen_at is not null as is_seen,
       extract(epoch from now() - coalesce(w.seen_at, w.dispatched_at))::float8 as silent_s,
       extract(epoch from now() - j.cancel_at)::float8 as cancelled_s
from job_workers as w join jobs as j on j.id = w.job
where w.ended_at is null and w.dispatched_at is not null
"""

CLOSE = """
update job_workers set ended_at = now(), status = %s, reason = %s where id = %s and ended_at is null
"""

STOPPING = """
update job_workers set stop_at = now() where id = %s and stop_at is null returning id
"""

UNDO = """
update jobs set dispatch_at = now() + make_interval(secs => %s), attempts = attempts - 1
where id = %s and status is null and dispatch_at is null and cancel_at is null
  and not exists (select from job_workers where job = jobs.id and ended_at is null)
"""

LEAVE = """
update job_workers as w set ended_at = now(), status = 'vanished' from jobs as j
where j.id = w.job and j.status is not null and w.ended_at is null
  and coalesce(w.seen_at, w.dispatched_at) < now() - make_interval(secs => %s)
"""

IS_DUE = """
select exists (select from jobs
               where status is null and dispatch_at <= now() and cancel_at is null)
"""

IS_BUSY = """
select exists (select from jobs
               where status is null and (dispatch_at is not null or attempts > 0))
"""


class Dispatches:
    """Jobs and workers in one database. Every method may be repeated."""

    def __init__(self, database: Database) -> None:
        """Ask *database*, which opens at the first question."""
        self._database = database

    async def claim(
        self, places: Sequence[str], ids: Sequence[str], *, shared: bool
    ) -> list[Worker]:
        """Take jobs that are due for *places*: nodes, each as often as it has room for a worker.

        The workers get their *ids* in this order. A job gets as many as it wants and there is room
        for, where work is *shared*, otherwise one. They are written down before they are started.
        """

        async def work(connection: Connection) -> list[Worker]:
            if not await _workers(connection, EARLIER, [list(ids)]):
                await _take(connection, list(zip(places, ids, strict=True)), shared=shared)
            return await _workers(connection, EARLIER, [list(ids)])

        return await self._database.run(work)

    async def open(self) -> list[Worker]:
        """Return the workers that are not known to have ended."""

        async def work(connection: Connection) -> list[Worker]:
            return await _workers(connection, OPEN, [])

        return await self._database.run(work)

    async def hand(self, worker: str, handle: str) -> None:
        """Write down where *worker* is."""
        await self._execute("update job_workers set handle = %s where id = %s", [handle, worker])

    async def close(self, worker: str, status: str, reason: str) -> None:
        """Write down how *worker* ended, unless it has done so itself."""
        await self._execute(CLOSE, [status, sanitise(reason), worker])

    async def may_stop(self, worker: str) -> bool:
        """Tell whether it is for us to ask *worker* to end: a second signal would cut it short."""

        async def work(connection: Connection) -> bool:
            return await (await connection.execute(STOPPING, [worker])).fetchone() is not None

        return await self._database.run(work)

    async def undo(self, worker: Worker, wait_s: float) -> None:
        """Give a job back whose *worker* did nothing: the attempt is none, unless others began."""

        async def work(connection: Connection) -> None:
            gone = "delete from job_workers where id = %s returning id"
            if await (await connection.execute(gone, [worker.id])).fetchone():
                await connection.execute(UNDO, [wait_s, worker.job])

        await self._database.run(work)

    async def put_back(self, workers: Sequence[str]) -> None:
        """Give back the jobs of *workers* that were stopped by who had started them."""

        async def work(connection: Connection) -> None:
            query = "select distinct job from job_workers where id = any(%s) order by job"
            for (job,) in await (await connection.execute(query, [list(workers)])).fetchall():
                await connection.execute(UNDO, [0, job])

        await self._database.run(work)

    async def leave(self, silence_s: float) -> None:
        """Write down that silent workers of jobs that have ended are gone."""
        await self._execute(LEAVE, [silence_s])

    async def is_due(self) -> bool:
        """Tell whether any job is due."""
        return await self._is(IS_DUE)

    async def is_busy(self) -> bool:
        """Tell whether any job is due, will be, or is worked on."""
        return await self._is(IS_BUSY)

    async def _is(self, question: str) -> bool:
        async def work(connection: Connection) -> bool:
            row = await (await connection.execute(question.encode())).fetchone()
            return bool(row and row[0])

        return await self._database.run(work)

    async def _execute(self, statement: str, values: Sequence[Any]) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(statement.encode(), values)

        await self._database.run(work)


async def _workers(connection: Connection, query: str, values: Sequence[Any]) -> list[Worker]:
    async with connection.cursor(row_factory=class_row(Worker)) as cursor:
        await cursor.execute(query.encode(), values)
        return await cursor.fetchall()


async def _take(connection: Connection, places: list[tuple[str, str]], *, shared: bool) -> None:
    taken = []
    due = await (await connection.execute(DUE, [len(places)])).fetchall()
    for job, _source, workers, _attempt in due:
        given = [places.pop(0) for _ in range(min(workers if shared else 1, len(places)))]
        if given:
            taken.append(job)
            rows = [(worker, job, node) for node, worker in given]
            await connection.cursor().executemany(ENTER, rows)
    await connection.execute(TAKE, [taken])


def live_by_node(workers: Sequence[Worker]) -> Counter[str]:
    """Count *workers* by their nodes."""
    return Counter(worker.node for worker in workers)


async def listen(database: Database, heard: Callable[[], None], again_s: float) -> None:
    """Call *heard* whenever a job is handed in, until cancelled."""
    while True:
        try:
            url = await database.url()
            connection = await AsyncConnection.connect(
                url, autocommit=True, connect_timeout=CONNECT_S
            )
            async with connection:
                await connection.execute(f"listen {WAKE}".encode())
                heard()  # of what came before
                async for _ in connection.notifies():
                    heard()
        except (Error, StorageError):
            await asyncio.sleep(again_s)
