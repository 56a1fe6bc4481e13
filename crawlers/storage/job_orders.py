"""What somebody wants of a job that was handed in: its end, or another try."""

from collections.abc import Awaitable, Callable
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from crawlers.errors import JobError
from crawlers.storage.database import Database
from crawlers.storage.job_workers import LOST_AFTER_S
from crawlers.storage.submissions import WAKE

Connection = AsyncConnection[Any]
Forget = Callable[[], Awaitable[None]]
"""Removes what was kept elsewhere of a job. It may be repeated."""

CANCEL = """
update jobs set cancel_at = coalesce(cancel_at, now()), dispatch_at = null
where id = %s and status is null returning id
"""

END_CANCELLED = """
update jobs as j set status = 'cancelled', finished_at = now(), dispatch_at = null,
    reason = 'cancelled',
    rows = (select coalesce(sum(n), 0) from job_counts
            where job = j.id and name like 'rows/%%'),
    requests = (select coalesce(sum(n), 0) from job_counts where job = j.id and name = 'requests')
where id = %(job)s and status is null and cancel_at is not null
  and not exists (
    select 1 from job_workers where job = j.id and ended_at is null
      and coalesce(seen_at, dispatched_at) > now() - %(lost_s)s * interval '1 s')
returning id
"""

CANCEL_UNITS = """
update job_units set status = 'cancelled', reason = 'the job was cancelled', ended_at = now()
where job = %s and status is null
"""

STANDING = """
select status, exists (select from job_units where job = jobs.id) from jobs
where id = %s for update
"""

RETRY = """
update jobs set status = null, reason = null, finished_at = null, cancel_at = null, attempts = 0,
    started_at = null, dispatch_at = now()
where id = %s
"""

RETRY_UNITS = """
update job_units set status = null, reason = null, ended_at = null, is_told = false, leader = null,
    requests = 0, failed = 0, blocked = 0
where job = %s and status <> 'done'
"""


async def ask_end(database: Database, job: str) -> bool:
    """Ask for the end of *job*: its workers see it. Return False for one that has ended.

    Raises JobError for one that is not there.
    """

    async def work(connection: Connection) -> bool:
        row = await (await connection.execute(CANCEL, [job])).fetchone()
        if row is None:
            await _there(connection, job)
            return False
        await connection.execute("select pg_notify(%s, %s)", [WAKE, job])
        return True

    return await database.run(work)


async def end_cancelled(database: Database, job: str, forget: Forget) -> bool:
    """End *job* if somebody has asked for that and no worker is left; return whether it did.

    What *forget* does is done before anybody sees that end; where it raises, nothing is.
    """

    async def work(connection: Connection) -> bool:
        values = {"job": job, "lost_s": LOST_AFTER_S}
        if await (await connection.execute(END_CANCELLED, values)).fetchone() is None:
            return False
        await connection.execute(CANCEL_UNITS, [job])
        await forget()
        return True

    return await database.run(work)


async def reopen(database: Database, job: str, forget: Forget) -> int:
    """Let *job*, which has ended, be done again where it was not done; return for how many units.

    What *forget* does is done before any worker can begin; where it raises, nothing is. Raises
    JobError for a job that is not there, goes on, or has nothing left to do.
    """

    async def work(connection: Connection) -> int:
        found = await (await connection.execute(STANDING, [job])).fetchone()
        if found is None:
            raise _unknown(job)
        status, has_units = found
        if status is None:
            raise JobError(f"job {job!r} has not ended")
        try:
            await connection.execute(RETRY, [job])
        except UniqueViolation:
            raise JobError(f"job {job!r} has a successor that goes on: cancel that first") from None
        units = (await connection.execute(RETRY_UNITS, [job])).rowcount
        # One that never began has no units yet, where its spider is who finds them.
        if not units and (has_units or status == "completed"):
            raise JobError(f"job {job!r} is done: none of its units failed")
        await forget()
        await connection.execute("select pg_notify(%s, %s)", [WAKE, job])
        return units

    return await database.run(work)


async def _there(connection: Connection, job: str) -> None:
    row = await (await connection.execute("select 1 from jobs where id = %s", [job])).fetchone()
    if row is None:
        raise _unknown(job)


def _unknown(job: str) -> JobError:
    return JobError(f"no job of that name: {job!r}")
