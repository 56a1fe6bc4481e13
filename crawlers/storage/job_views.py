"""Jobs as people look at them: how one stands, lists of them, of their units and workers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from crawlers.storage.database import Database
from crawlers.storage.finding import find_all
from crawlers.storage.job_workers import LOST_AFTER_S

Connection = AsyncConnection[Any]

NAMES = """
id, source, arguments, created_at, started_at, finished_at, status, reason, attempts,
max_attempts, workers, priority, owner, cancel_at is not null as is_cancelling, story
"""

COLUMNS = f"select {NAMES} from jobs"  # noqa: S608 - all of it is ours

STANDING = f"""
select {NAMES},
       (select jsonb_object_agg(name, n) from (
            select name, sum(n)::bigint as n from job_counts where job = jobs.id group by name
        ) as sums) as sums,
       (select count(*) from job_workers where job = jobs.id and ended_at is null
            and seen_at > now() - %s * interval '1 s') as live
from jobs where id = %s
"""  # noqa: S608 - all of it is ours


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as it was handed in, and how it ended."""

    id: str
    source: str
    arguments: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    status: str | None
    reason: str | None
    attempts: int
    max_attempts: int
    workers: int
    priority: int
    owner: str | None
    is_cancelling: bool
    story: list[str]

    @property
    def state(self) -> str:
        """Return queued, running, completed, partial, failed or cancelled."""
        return self.status or ("running" if self.started_at else "queued")


@dataclass(frozen=True, slots=True)
class Sums:
    """What a job has done so far. *units* are by status, *rows* by table.

    *reused* rows were stored before and not asked for again. Of *requests*, some *failed* or were
    *blocked*.
    """

    units: Mapping[str, int]
    rows: Mapping[str, int]
    reused: int
    requests: int
    failed: int
    blocked: int

    @classmethod
    def read(cls, found: Mapping[str, int]) -> "Sums":
        """Read the sums of the table ``job_counts``."""
        return cls(
            units=_below("unit/", found),
            rows=_below("rows/", found),
            reused=found.get("reused", 0),
            requests=found.get("requests", 0),
            failed=found.get("requests/failed", 0),
            blocked=found.get("requests/blocked", 0),
        )

    @property
    def done_share(self) -> float | None:
        """Which share of the units has ended; None where there are none (yet)."""
        total = sum(self.units.values())
        return 1 - self.units.get("open", 0) / total if total else None


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to do, and how it ended."""

    id: int
    name: str
    status: str | None
    reason: str | None
    requests: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A job, its sums, and how many workers are at it."""

    job: JobRow
    sums: Sums
    live: int


async def standing(database: Database, job: str) -> Standing | None:
    """Return how *job* stands, or None."""

    async def work(connection: Connection) -> Standing | None:
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(STANDING, [LOST_AFTER_S, job], prepare=True)
            row = await cursor.fetchone()
        if row is None:
            return None
        sums, live = row.pop("sums") or {}, row.pop("live")
        return Standing(JobRow(**row), Sums.read({name: n for name, n in sums.items() if n}), live)

    return await database.run(work)


CONDITIONS = {
    "owner": "owner = %(owner)s",
    "source": "source = %(source)s",
    "state": "status = %(state)s",
    "at": "(created_at, id) < (%(at)s, %(id)s)",
}
OPEN_STATES = {
    "queued": "status is null and started_at is null",
    "running": "status is null and started_at is not null",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which jobs: of one owner, of one source, in one state; None is any."""

    owner: str | None = None
    source: str | None = None
    state: str | None = None


async def jobs(
    database: Database,
    choice: Choice,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[JobRow]:
    """Return jobs, the newest first: those handed in *before* one, by its time and id."""
    at, last = before or (None, None)
    values: dict[str, Any] = asdict(choice) | {"limit": limit, "at": at, "id": last}
    tests = {name: text for name, text in CONDITIONS.items() if values[name] is not None}
    if choice.state in OPEN_STATES:
        tests["state"] = OPEN_STATES[choice.state]
    # Only what is asked for is in the statement, so that an index answers it.
    where = f"where {' and '.join(tests.values())}" if tests else ""
    query = f"{COLUMNS} {where} order by created_at desc, id desc limit %(limit)s"

    return await find_all(database, JobRow, query.encode(), values)


UNITS = """
select id, name, status, reason, requests, ended_at from job_units
where job = %(job)s and id > %(after)s
  {test}
order by id limit %(limit)s
"""
UNIT_STATES = {
    state: f"and status = '{state}'" for state in ("done", "blocked", "failed", "cancelled")
} | {"open": "and status is null", None: ""}


async def units(
    database: Database, job: str, *, status: str | None = None, after: int = 0, limit: int = 100
) -> list[Unit]:
    """Return units of *job* in their order, those *after* a number; with *status* only such."""
    values = {"job": job, "after": after, "limit": limit}
    query = UNITS.format(test=UNIT_STATES[status])

    return await find_all(database, Unit, query.encode(), values)


def _below(prefix: str, found: Mapping[str, int]) -> dict[str, int]:
    return {
        name.removeprefix(prefix): n for name, n in sorted(found.items()) if name.startswith(prefix)
    }
