"""Periodic work in the database: the plan of each entry, and its runs, each handed in once."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection, DataError
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from crawlers.errors import JobError, ScheduleError
from crawlers.schedules import Schedule, Times
from crawlers.storage.database import Database
from crawlers.storage.finding import find_all
from crawlers.storage.submissions import Submission, enter
from crawlers.storage.text import sanitise

Connection = AsyncConnection[Any]

ADD = """
insert into schedules (name, expression, zone, source, arguments, units_file, jitter_s,
                       may_overlap, due_at, next_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing
"""

SELECT = """
select name, expression, zone, source, arguments, units_file, jitter_s, may_overlap, is_paused,
       due_at, next_at, last_at, last_job, last_note
from schedules
"""
ALL = f"{SELECT} order by name".encode()
FIND = f"{SELECT} where name = %s for update".encode()
DUE = f"""
{SELECT} where not is_paused and next_at <= %s order by next_at limit 1 for update skip locked
""".encode()

RESUME = """
update schedules set is_paused = false, due_at = %s, next_at = %s where name = %s and is_paused
"""

TOOK = """
update schedules set last_note = %(note)s, is_paused = is_paused or %(due_at)s::timestamptz is null,
    due_at = coalesce(%(due_at)s, due_at), next_at = coalesce(%(next_at)s, next_at),
    last_at = case when %(job)s::text is null then last_at else %(now)s end,
    last_job = coalesce(%(job)s, last_job)
where name = %(name)s
"""


class Run(NamedTuple):
    """What is to be done about an entry. Without a *submission* nothing is, as the *note* says.

    *then* is when the entry is due again; None: never, so it is paused.
    """

    submission: Submission | None
    note: str | None
    then: Times | None


class Took(NamedTuple):
    """The *job* that was handed in, or None; and what there is to say of the run."""

    job: str | None
    note: str | None


Decide = Callable[[Schedule, datetime], Awaitable[Run]]


async def clock(database: Database) -> datetime:
    """Return the database's time: the one clock of all schedulers."""
    return await database.run(_clock)


async def add(database: Database, schedule: Schedule) -> Schedule:
    """Keep a new entry, and return what is kept: the one that was there, if it is the same.

    Raises ScheduleError where another one has its name.
    """
    one = schedule
    values = [one.name, one.expression, one.zone, one.source, Jsonb(sanitise(one.arguments))]
    values += [one.units_file, one.jitter_s, one.may_overlap, one.due_at, one.next_at]

    async def work(connection: Connection) -> Schedule:
        await connection.execute(ADD, values)
        found = await _find(connection, one.name)
        if found.given != one.given:
            raise ScheduleError(f"there is another schedule {one.name!r} already: give --name")
        return found

    return await database.run(work)


async def list_all(database: Database) -> list[Schedule]:
    """Return all entries, in the order of their names."""
    return await find_all(database, Schedule, ALL)


async def find(database: Database, name: str) -> Schedule:
    """Return the entry *name*. Raises ScheduleError where there is none."""

    async def work(connection: Connection) -> Schedule:
        return await _find(connection, name)

    return await database.run(work)


async def remove(database: Database, name: str) -> None:
    """Forget the entry *name*, if there is one; its jobs stay."""
    await _execute(database, "delete from schedules where name = %s", name)


async def pause(database: Database, name: str) -> None:
    """Let no run of *name* begin by the plan."""
    await _execute(database, "update schedules set is_paused = true where name = %s", name)


async def resume(database: Database, name: str, then: Times) -> None:
    """Let the plan of *name* go on, if it is paused."""
    await _execute(database, RESUME, *then, name)


async def run_next(database: Database, decide: Decide, now: datetime | None = None) -> Took | None:
    """Do what *decide* says about one entry that is due; None: nothing is, or others are at it.

    Job and plan change in one transaction. *now* is the database's time, if nothing is given.
    """

    async def work(connection: Connection) -> Took | None:
        instant = now or await _clock(connection)
        async with connection.cursor(row_factory=class_row(Schedule)) as cursor:
            await cursor.execute(DUE, [instant])
            schedule = await cursor.fetchone()
        if schedule is None:
            return None
        run = await decide(schedule, instant)
        took = await _hand_in(connection, run)
        await _keep(connection, schedule.name, took, instant, run.then)
        return took

    return await database.run(work)


async def run_besides(database: Database, name: str, submission: Submission) -> Took:
    """Hand in a job of the entry *name* that its plan knows nothing of. Raises ScheduleError."""

    async def work(connection: Connection) -> Took:
        schedule = await _find(connection, name)
        then = Times(schedule.due_at, schedule.next_at)
        took = await _hand_in(connection, Run(submission, None, then))
        if took.job is not None:
            await _keep(connection, name, took, await _clock(connection), then)
        return took

    return await database.run(work)


async def _keep(
    connection: Connection, name: str, took: Took, now: datetime, then: Times | None
) -> None:
    due_at, next_at = then or (None, None)
    values = {"name": name, "now": now, "due_at": due_at, "next_at": next_at}
    await connection.execute(TOOK, values | took._asdict())


async def _hand_in(connection: Connection, run: Run) -> Took:
    if run.submission is None:
        return Took(None, run.note)
    try:
        async with connection.transaction():  # a savepoint: what is refused here is noted outside
            submitted = await enter(connection, run.submission)
    except (JobError, DataError) as error:
        return Took(None, f"left out: {error}")
    if not submitted.is_new:
        return Took(None, f"left out: job {submitted.id} is not done yet")
    return Took(submitted.id, run.note)


async def _find(connection: Connection, name: str) -> Schedule:
    async with connection.cursor(row_factory=class_row(Schedule)) as cursor:
        await cursor.execute(FIND, [name])
        found = await cursor.fetchone()
    if found is None:
        raise ScheduleError(f"there is no schedule {name!r}")
    return found


async def _clock(connection: Connection) -> datetime:
    row = await (await connection.execute("select now()")).fetchone()
    assert row is not None  # noqa: S101 - for the type checker
    now: datetime = row[0]
    return now


async def _execute(database: Database, statement: str, *values: Any) -> None:
    async def work(connection: Connection) -> None:
        await connection.execute(statement.encode(), values)

    await database.run(work)
