"""Jobs in the database: what they are, how they and their units ended. Each exactly once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from crawlers.errors import JobError
from crawlers.storage.database import Database, database_for
from crawlers.storage.finding import find_one
from crawlers.storage.text import sanitise
from crawlers.units import DeadRequest, UnitEnd

Connection = AsyncConnection[Any]


@dataclass(frozen=True, slots=True)
class Job:
    """A job. *finished_at*, *status* and *reason* are None while it runs.

    *status* is completed, partial or failed; *requests* and *rows* are what all workers did.
    """

    id: str
    source: str
    arguments: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    status: str | None
    reason: str | None
    requests: int
    rows: int


FIND = """
select id, source, arguments, created_at, finished_at, status, reason, requests, rows
from jobs where id = %s
"""

ENTER = """
insert into jobs (id, source, arguments, started_at) values (%s, %s, %s, now())
on conflict (id) do nothing returning id
"""

ADD_UNITS = """
insert into job_units (job, name, is_given)
select %(job)s, name, %(is_given)s from unnest(%(names)s::text[]) with ordinality as n (name, place)
order by place
on conflict (job, (md5(name)::uuid)) do nothing
"""

FIND_UNITS = """
select u.name, u.id, u.status is null
from unnest(%(names)s::text[]) as n (name)
join job_units as u on u.job = %(job)s and md5(u.name)::uuid = md5(n.name)::uuid
"""

LEAD_UNITS = """
update job_units as u set leader = nullif(n.leader, u.id)
from unnest(%s::bigint[], %s::bigint[]) as n (id, leader)
where u.id = n.id and u.job = %s and u.leader is distinct from nullif(n.leader, u.id)
"""

END_UNITS = """
update job_units as u
set ended_at = now(),
    status = case when u.is_told then u.status else e.status end,
    reason = case when u.is_told then u.reason else e.reason end,
    requests = case when u.id = e.id then e.requests else u.requests end,
    failed = case when u.id = e.id then e.failed else u.failed end,
    blocked = case when u.id = e.id then e.blocked else u.blocked end
from (
    select u.id as unit, e.* from unnest(
        %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[]
    ) as e (id, status, reason, requests, failed, blocked)
    join job_units as u on u.job = %s and (u.id = e.id or u.leader = e.id)
    order by u.id for update of u
) as e
where u.id = e.unit
  and (u.status is null or u.id = e.id and u.requests < e.requests
       or u.id <> e.id and not u.is_told and u.status <> e.status)
"""

REOPEN = "update jobs set status = null, reason = null, finished_at = null where id = %s"

LEFT_OUT = "its requests were lost, or its spider left it out when it began again"

BURY = """
insert into quarantine (id, source, url, place, error, body, fetched_at)
values (%s, %s, %s, 'frontier', %s, %s, now()) on conflict (id) do nothing
"""


class Jobs:
    """The jobs in one database. Every method may be repeated."""

    def __init__(self, database: Database) -> None:
        """Ask *database*, which opens at the first question."""
        self._database = database

    async def find(self, job: str) -> Job | None:
        """Return *job*, if there is one of that name."""
        return await find_one(self._database, Job, FIND, [job])

    async def enter(
        self, job: str, source: str, arguments: Mapping[str, Any], units: Sequence[str] = ()
    ) -> None:
        """Make *job* with *units*, or find that it is the same.

        Raises JobError for one that may not go on.
        """

        async def work(connection: Connection) -> None:
            cursor = await connection.execute(ENTER, [job, source, Jsonb(dict(arguments))])
            if await cursor.fetchone():
                names = list(dict.fromkeys(map(sanitise, units)))
                await connection.execute(ADD_UNITS, {"job": job, "names": names, "is_given": True})

        await self._database.run(work)
        found = await self.find(job)
        if found is None:
            raise JobError(f"job {job!r} was removed while it began")
        check(found, source, arguments)

    async def add_units(self, job: str, names: Sequence[str]) -> dict[str, tuple[int, bool]]:
        """Return, by name, the number of each unit and whether it is still to be done."""
        clean = {name: sanitise(name) for name in names}

        async def work(connection: Connection) -> dict[str, tuple[int, bool]]:
            names = list(dict.fromkeys(clean.values()))
            values = {"job": job, "names": names, "is_given": False}
            await connection.execute(ADD_UNITS, values)
            # A statement of its own: it sees what another worker has just added.
            cursor = await connection.execute(FIND_UNITS, values)
            return {name: (number, is_open) for name, number, is_open in await cursor.fetchall()}

        found = await self._database.run(work)
        return {name: found[clean[name]] for name in names}

    async def lead_units(self, job: str, leaders: Mapping[int, int]) -> None:
        """Say which units, by number, are asked for together with which one: it leads itself."""

        async def work(connection: Connection) -> None:
            values = [list(leaders), list(leaders.values()), job]
            await connection.execute(LEAD_UNITS, values)

        await self._database.run(work)

    async def units(self, job: str) -> dict[str, tuple[int, bool]]:
        """Return all units of *job* by name, in their order, as `add_units` does."""

        async def work(connection: Connection) -> dict[str, tuple[int, bool]]:
            query = "select name, id, status is null from job_units where job = %s order by id"
            found = await (await connection.execute(query, [job])).fetchall()
            return {name: (number, is_open) for name, number, is_open in found}

        return await self._database.run(work)

    async def given(self, job: str) -> dict[str, bool]:
        """Return the units that *job* was handed in with, and whether each is still to be done."""

        async def work(connection: Connection) -> dict[str, bool]:
            query = """select name, status is null from job_units
                       where job = %s and is_given order by id"""
            return dict(await (await connection.execute(query, [job])).fetchall())

        return await self._database.run(work)

    async def count(self, job: str) -> dict[str, int]:
        """Return the sums of *job*, by name: ``rows/<table>``, ``unit/<status>``, ``reused``..."""

        async def work(connection: Connection) -> dict[str, int]:
            query = "select name, sum(n)::bigint from job_counts where job = %s group by name"
            return dict(await (await connection.execute(query, [job])).fetchall())

        return await self._database.run(work)

    async def end_units(self, job: str, ends: Sequence[UnitEnd]) -> None:
        """Say how units of *job* ended. An end stays, unless more requests came to one since."""
        names = ("unit", "status", "reason", "requests", "failed", "blocked")

        async def work(connection: Connection) -> None:
            columns = [[getattr(end, name) for end in ends] for name in names]
            await connection.execute(END_UNITS, [*columns, job])

        await self._database.run(work)

    async def reopen(self, job: str, units: Sequence[int]) -> None:
        """Let *job* and some of its *units* go on."""

        async def work(connection: Connection) -> None:
            await connection.execute(
                "update job_units set status = null, reason = null, ended_at = null"
                " where job = %s and id = any(%s)",
                [job, list(units)],
            )
            await connection.execute(REOPEN, [job])

        await self._database.run(work)

    async def undo_end(self, job: str) -> None:
        """Let *job* go on after `end`, with the units that were given up for it."""

        async def work(connection: Connection) -> None:
            await connection.execute(
                "update job_units set status = null, reason = null, ended_at = null"
                " where job = %s and reason = %s",
                [job, LEFT_OUT],
            )
            await connection.execute(REOPEN, [job])

        await self._database.run(work)

    async def give_up_units(self, job: str) -> None:
        """Let the units that are still open fail, where nothing more is to be done."""

        async def work(connection: Connection) -> None:
            await connection.execute(
                "update job_units set status = 'failed', reason = %s, ended_at = now()"
                " where job = %s and status is null",
                [LEFT_OUT, job],
            )

        await self._database.run(work)

    async def count_units(self, job: str) -> dict[str, int]:
        """Return how many units of *job* ended in each way; under ``open`` those that did not."""

        async def work(connection: Connection) -> dict[str, int]:
            query = """select coalesce(status, 'open'), count(*) from job_units
                       where job = %s group by 1"""
            return dict(await (await connection.execute(query, [job])).fetchall())

        return await self._database.run(work)

    async def end(
        self, job: str, status: str, reason: str | None, *, requests: int, rows: int
    ) -> None:
        """Say how *job* ended, unless somebody has."""

        async def work(connection: Connection) -> None:
            await connection.execute(
                "update jobs set status = %s, reason = %s, requests = %s, rows = %s,"
                " finished_at = now() where id = %s and status is null",
                [status, reason, requests, rows, job],
            )

        await self._database.run(work)

    async def bury(self, job: str, source: str, dead: Sequence[DeadRequest]) -> None:
        """Keep requests that were given up in the quarantine, with the bytes that were queued."""

        async def work(connection: Connection) -> None:
            rows = []
            for one in dead:
                head = f"{job}\0{one.id}\0{one.reason}\0".encode(errors="replace")
                digest = sha256(head + one.payload).hexdigest()
                rows.append([digest, source, f"job:{job}", sanitise(one.reason), one.payload])
            await connection.cursor().executemany(BURY, rows)

        await self._database.run(work)


def check(job: Job, source: str, arguments: Mapping[str, Any]) -> None:
    """Raise JobError unless *job* goes on, and is this crawl of *source*."""
    if job.status is not None:
        raise JobError(f"job {job.id!r} has ended ({job.status}): take another name")
    if job.source != source:
        raise JobError(f"job {job.id!r} is a crawl of {job.source}, not of {source}")
    if job.arguments != dict(arguments):
        raise JobError(
            f"job {job.id!r} has other arguments: {job.arguments}; give the same, or only job="
        )


def jobs_for(owner: object) -> Jobs:
    """Return the jobs in the database of *owner*, a Scrapy crawler."""
    return Jobs(database_for(owner))
