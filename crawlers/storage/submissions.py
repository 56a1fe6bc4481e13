"""Jobs that are handed in: the job and its units, in one transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from secrets import token_hex
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from crawlers.errors import JobError
from crawlers.storage.database import Database
from crawlers.storage.text import NULL, SEPARATOR, is_clean, line, sanitise

Connection = AsyncConnection[Any]

WAKE = "crawlers_jobs"
"""The channel of LISTEN on which dispatchers hear of jobs that are due."""

ENTER = """
insert into jobs (id, source, arguments, dispatch_at, workers, priority, max_attempts, owner,
                  idempotency_key, request_hash, flight)
values (%s, %s, %s, now(), %s, %s, %s, %s, %s, %s, %s)
on conflict do nothing returning id
"""

LATEST = """
select id from jobs
where flight = %s and (status is null or finished_at > now() - %s * interval '1 s')
order by created_at desc limit 1
"""

COPY = "copy job_units (job, name, is_given) from stdin (delimiter {}, null {})"

FIND = """
select id, request_hash, id = %(id)s, owner is not distinct from %(owner)s from jobs
where id = %(id)s
   or idempotency_key = %(key)s and coalesce(owner, '') = coalesce(%(owner)s, '')
   or flight = %(flight)s and status is null
order by id = %(id)s desc, idempotency_key is not distinct from %(key)s desc limit 1
"""


def new_id() -> str:
    """Return a name for a job that nobody has chosen or can guess."""
    return token_hex(10)


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to hand in: a crawl of *source* with *arguments*, for *units* (names, each once).

    *owner* is the API key that asks. Of two with one *idempotency_key* (of one owner), or with one
    *flight* while it goes on, the second is the first. *workers* processes share it.
    """

    source: str
    arguments: Mapping[str, Any]
    units: Sequence[str] = ()
    id: str = field(default_factory=new_id)
    owner: str | None = None
    idempotency_key: str | None = None
    flight: str | None = None
    workers: int = 1
    priority: int = 0
    max_attempts: int = 3

    @property
    def digest(self) -> str:
        """What tells this request from another one with the same idempotency key."""
        known = [self.source, dict(self.arguments), list(self.units), self.workers]
        return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Submitted:
    """The job that was handed in now (*is_new*), or before."""

    id: str
    is_new: bool


async def submit(database: Database, submission: Submission) -> Submitted:
    """Write the job and its units, for a dispatcher to start.

    Raises JobError for a name or an idempotency key that stands for something else.
    """
    attempts = 0

    async def work(connection: Connection) -> Submitted:
        nonlocal attempts
        attempts += 1
        return await enter(connection, submission, is_again=attempts > 1)

    return await database.run(work)


async def enter(
    connection: Connection, submission: Submission, *, is_again: bool = False
) -> Submitted:
    """Do what `submit` does, in the transaction of the caller. Raises JobError.

    *is_again*: the answer to an earlier commit of the same may have been lost.
    """
    if not await _enter(connection, submission):
        found = await _find(connection, submission)
        return replace(found, is_new=is_again and found.id == submission.id)
    if submission.units:
        copy = sql.SQL(COPY).format(sql.Literal(SEPARATOR), sql.Literal(NULL))
        names = (name if is_clean(name) else sanitise(name) for name in submission.units)
        lines = [line((submission.id, name, "t")) for name in names]
        async with connection.cursor().copy(copy) as rows:
            await rows.write("\n".join(lines) + "\n")
    await connection.execute("select pg_notify(%s, %s)", [WAKE, submission.id])
    return Submitted(submission.id, is_new=True)


async def latest_of_flight(database: Database, flight: str, within_s: float) -> str | None:
    """Return the job of *flight* that goes on, or has ended within so many seconds."""

    async def work(connection: Connection) -> str | None:
        row = await (await connection.execute(LATEST, [flight, within_s])).fetchone()
        return row[0] if row else None

    return await database.run(work)


async def _enter(connection: Connection, one: Submission) -> bool:
    values = [one.id, one.source, Jsonb(dict(one.arguments)), one.workers, one.priority]
    values += [one.max_attempts, one.owner, one.idempotency_key, one.digest, one.flight]
    return await (await connection.execute(ENTER, values)).fetchone() is not None


async def _find(connection: Connection, one: Submission) -> Submitted:
    keys = {"id": one.id, "key": one.idempotency_key, "owner": one.owner, "flight": one.flight}
    found = await (await connection.execute(FIND, keys)).fetchone()
    if found is None:
        raise JobError("the job that was there has just ended: hand it in again")
    job, digest, has_name, is_his = found
    # Who guesses what somebody else has handed in is not to see it.
    if digest == one.digest and is_his:
        return Submitted(job, is_new=False)
    if has_name:
        raise JobError(f"there is a job {job!r} already: take another name")
    if one.idempotency_key is not None:
        raise JobError("this idempotency key was used for another request")
    return Submitted(job, is_new=False)
