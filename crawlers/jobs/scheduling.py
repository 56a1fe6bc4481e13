"""Periodic work: entries are checked when they are added, and handed in when they are due."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from crawlers.arguments import comma_separated, listed
from crawlers.errors import ScheduleError
from crawlers.jobs.plan import CATCH_UP, Plan, Taken
from crawlers.jobs.sources import Sources
from crawlers.jobs.submitting import Problem, SubmissionError, Wanted, prepare, with_identity
from crawlers.schedules import Schedule
from crawlers.storage import schedules
from crawlers.storage.database import Database
from crawlers.storage.schedules import Run, Took
from crawlers.storage.submissions import Submission

logger = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""With an instant it is the name of a job."""
NOTE_MAX = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """Periodic work as somebody asks for it: *arguments* as after ``-a``, *units_file* as lines.

    Paths are taken from the folder where it is added.
    """

    expression: str
    source: str
    arguments: Mapping[str, str]
    name: str | None = None
    zone: str = "UTC"
    jitter_s: int = 0
    may_overlap: bool = False
    units_file: str | None = None


async def add(database: Database, sources: Sources, entry: Entry) -> Schedule:
    """Check *entry*, and return what is kept. Raises ScheduleError, SubmissionError."""
    name = entry.name or entry.source
    if not NAME.fullmatch(name):
        raise ScheduleError(f"{name[:60]!r} is no name: up to 40 letters, digits, - and _")
    plan = Plan(name, entry.expression, entry.zone, entry.jitter_s)
    plan.check()
    then = plan.first(await schedules.clock(database))
    if then is None:
        raise ScheduleError(f"{entry.expression!r} never comes")
    schedule = Schedule(
        name=name,
        expression=entry.expression,
        zone=entry.zone,
        source=entry.source,
        arguments=anywhere(entry.arguments),
        units_file=_absolute(entry.units_file) if entry.units_file else None,
        jitter_s=entry.jitter_s,
        may_overlap=entry.may_overlap,
        due_at=then.due_at,
        next_at=then.next_at,
    )
    _submission(sources, schedule, "checked")
    return await schedules.add(database, schedule)


async def resume(database: Database, name: str) -> Schedule:
    """Let a paused entry go on with what comes next; what came meanwhile is not made up for."""
    schedule = await schedules.find(database, name)
    then = _plan(schedule).first(await schedules.clock(database))
    if then is None:
        raise ScheduleError(f"{schedule.expression!r} does not come any more")
    await schedules.resume(database, name, then)
    return await schedules.find(database, name)


async def run_now(database: Database, sources: Sources, name: str) -> Took:
    """Hand in one job of *name* besides its plan. Raises ScheduleError, SubmissionError."""
    schedule = await schedules.find(database, name)
    submission = _submission(sources, schedule, f"{name}-now-{token_hex(4)}")
    return await schedules.run_besides(database, name, submission)


async def run_due(database: Database, sources: Sources, now: datetime | None = None) -> int:
    """Hand in a job for each entry that is due, and return how many were.

    Any number may do so at once. *now* is the database's time, if nothing is given.
    """

    async def decide(schedule: Schedule, instant: datetime) -> Run:
        taken = _plan(schedule).take(schedule.due_at, instant)
        if taken.instant is None:
            return Run(None, _story(schedule, taken), taken.then)
        job = f"{schedule.name}-{taken.instant:%Y%m%dT%H%M%SZ}"
        try:
            # In a thread: a long list of units must not stop the heartbeats of others.
            submission = await asyncio.to_thread(_submission, sources, schedule, job)
        except SubmissionError as error:
            return Run(None, f"left out: {error}"[:NOTE_MAX], taken.then)
        except Exception as error:
            # The module of one source is broken: the others go on.
            logger.exception("Schedule %s cannot be run", schedule.name)
            return Run(None, f"left out: {type(error).__name__}", taken.then)
        return Run(submission, _story(schedule, taken), taken.then)

    count = 0
    while took := await schedules.run_next(database, decide, now):
        count += took.job is not None
    return count


def anywhere(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return *arguments* with absolute paths, for whoever runs them in another folder."""
    found = dict(arguments)
    for name, value in arguments.items():
        if name.endswith("_file") or (name == "files" and Path(value).expanduser().exists()):
            found[name] = _absolute(value)
        elif name == "files":
            found[name] = ",".join(map(_absolute, comma_separated(value)))
    return found


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _plan(schedule: Schedule) -> Plan:
    return Plan(schedule.name, schedule.expression, schedule.zone, schedule.jitter_s)


def _submission(sources: Sources, schedule: Schedule, job: str) -> Submission:
    """Return the *job* of *schedule*, with files as they are now. Raises SubmissionError."""
    units: tuple[str, ...] = ()
    if path := schedule.units_file:
        try:
            units = tuple(listed("units", path))
        except ValueError as error:
            raise SubmissionError([Problem("units", str(error))]) from None
    wanted = Wanted(schedule.source, schedule.arguments, units)
    submission, _ = prepare(sources, wanted)
    # One flight at a time: a run whose predecessor goes on is left out.
    flight = None if schedule.may_overlap else f"schedule/{schedule.name}"
    return with_identity(submission, id=job, flight=flight)


def _story(schedule: Schedule, taken: Taken) -> str | None:
    """Say what was missed, if anything was."""
    if taken.instant == schedule.due_at:
        return None
    since = f"nobody was there at {schedule.due_at:%Y-%m-%d %H:%M} UTC"
    if taken.instant is None:
        return f"left out: {since}, more than {CATCH_UP.days * 24} hours ago"
    return f"made up for: {since}"
