"""Jobs that nobody works on any more: found, dispatched again, ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed

from crawlers.storage.database import Database
from crawlers.storage.finding import find_all
from crawlers.storage.text import sanitise

Connection = AsyncConnection[Any]

REFUSED = "refused"
"""The status of a worker whose arguments or settings are wrong: no other one would do better."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """An open job whose workers are all gone; *ends* says of each in words what became of it."""

    job: str
    source: str
    attempts: int
    max_attempts: int
    dispatched_at: datetime | None
    is_cancelled: bool
    refusal: str | None
    ends: list[str]


class End(NamedTuple):
    """How a job ends, and why; *unit_reason* is for its units that are still open."""

    status: str
    reason: str
    unit_reason: str


class Signs(NamedTuple):
    """What tells that a worker is alive.

    *there*: who is known to be, however silent. *silence_s*: for how long the others may be silent;
    *grace_s*: how long they may take to begin.
    """

    there: list[str]
    silence_s: float
    grace_s: float


IS_THERE = SQL("""
exists (select from job_workers as w where w.job = j.id and w.ended_at is null and (
    w.id = any(%(there)s)
    or w.seen_at > now() - make_interval(secs => %(silence_s)s)
    or w.seen_at is null and w.dispatched_at > now() - make_interval(secs => %(grace_s)s)))
""")

VANISHED = SQL("""
select j.id as job, j.source, j.attempts, j.max_attempts, j.dispatched_at,
       j.cancel_at is not null as is_cancelled,
       (select min(w.reason) from job_workers as w where w.job = j.id and w.status = 'refused'
        and w.dispatched_at >= j.dispatched_at) as refusal,
       array(select coalesce('on ' || w.node || ': ', '') || case
                 when w.ended_at is not null then concat_ws(': ', w.status, nullif(w.reason, ''))
                 when w.seen_at is null then 'it never began'
                 else 'it was silent for ' || extract(epoch from now() - w.seen_at)::int || ' s'
             end from job_workers as w
             where w.job = j.id and coalesce(w.dispatched_at, w.started_at) >= j.dispatched_at
             order by w.id) as ends
from jobs as j
where j.status is null and (j.cancel_at is not null or j.dispatch_at is null and j.attempts > 0)
  and not {is_there}
""").format(is_there=IS_THERE)

LEAVE = """
update job_workers set ended_at = now(), status = 'vanished'
where job = %s and ended_at is null
"""

AGAIN = SQL("""
update jobs as j set dispatch_at = now() + make_interval(secs => %(wait_s)s),
       story = story || %(line)s::text
where id = %(job)s and attempts = %(attempts)s and status is null and dispatch_at is null
  and cancel_at is null and not {is_there}
returning id
""").format(is_there=IS_THERE)

END = SQL("""
update jobs as j set status = %(status)s, reason = %(reason)s, finished_at = now(),
       dispatch_at = null, story = story || %(line)s::text,
       rows = (select coalesce(sum(n), 0) from job_counts
               where job = j.id and name like 'rows/%%'),
       requests = (select coalesce(sum(n), 0) from job_counts
                   where job = j.id and name = 'requests')
where id = %(job)s and attempts = %(attempts)s and status is null and not {is_there}
returning id
""").format(is_there=IS_THERE)

END_UNITS = """
update job_units set status = %s, reason = %s, ended_at = now() where job = %s and status is null
"""


class VanishedJobs:
    """The jobs in one database whose workers are gone. Every method may be repeated."""

    def __init__(self, database: Database) -> None:
        """Ask *database*, which opens at the first question."""
        self._database = database

    async def find(self, signs: Signs) -> list[Vanished]:
        """Return jobs that nobody works on, with those whose end somebody asks for.

        Workers in *there* are known to be alive, however silent.
        """
        values = signs._asdict()

        return await find_all(self._database, Vanished, VANISHED, values)

    async def again(self, one: Vanished, line: str, wait_s: float, signs: Signs) -> bool:
        """Let a job be dispatched again; tell whether it was for us to do."""
        values = signs._asdict() | {"job": one.job, "attempts": one.attempts}
        return await self._settle(AGAIN, values | {"line": sanitise(line), "wait_s": wait_s})

    async def end(self, one: Vanished, end: End, line: str, signs: Signs) -> bool:
        """End a job, and its open units with it; tell whether it was for us to do."""
        values = signs._asdict() | {"job": one.job, "attempts": one.attempts}
        values |= {"status": end.status, "reason": sanitise(end.reason), "line": sanitise(line)}
        return await self._settle(END, values, (end.status, sanitise(end.unit_reason)))

    async def _settle(
        self, statement: Composed, values: dict[str, Any], units: tuple[str, str] | None = None
    ) -> bool:
        async def work(connection: Connection) -> bool:
            done = await (await connection.execute(statement, values)).fetchone()
            if done:
                await connection.execute(LEAVE, [values["job"]])
                if units:
                    await connection.execute(END_UNITS, [*units, values["job"]])
            return done is not None

        return await self._database.run(work)
