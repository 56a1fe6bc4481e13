"""What could not be fetched, read or stored, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from crawlers.storage.database import Database
from crawlers.storage.finding import find_all, find_one

Connection = AsyncConnection[Any]

NAMES = """
id, source, url, page, place, error, sha256, fetched_at, stored_at, length(body) as body_bytes
"""

LIST = f"""
select {NAMES} from quarantine
where {{tests}} order by fetched_at desc, id desc limit %(limit)s
"""  # noqa: S608 - all of it is ours

FIND = f"select {NAMES} from quarantine where id = %s"  # noqa: S608 - the same
BODY = "select substring(body for %s) from quarantine where id = %s"


# Of a page that was blocked nothing is kept: what is known of it is the end of its unit.
BLOCKED = """
select j.id as job, j.source, u.name, u.reason, u.ended_at
from (
    select id, source from jobs where {tests} order by created_at desc, id desc limit 100
) as j
cross join lateral (
    select name, reason, ended_at from job_units
    where job = j.id and status = 'blocked' order by id limit 20
) as u
order by u.ended_at desc limit 20
"""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A unit that a site refused: a captcha, a login wall, a notice."""

    job: str
    source: str
    name: str
    reason: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A page or a part of one: where it was (*place*), and which assumption it breaks.

    The bytes of a part are kept here, *body_bytes* of them; a page is in the raw store, *sha256*.
    """

    id: str
    source: str
    url: str
    page: str | None
    place: str
    error: str
    sha256: str | None
    fetched_at: datetime
    stored_at: datetime
    body_bytes: int | None


async def quarantined(
    database: Database,
    source: str | None = None,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Quarantined]:
    """Return what is in quarantine, of one *source* or of all, *before* a place in the order."""
    tests = ["true"]
    at, last = before or (None, None)
    if source is not None:
        tests.append("source = %(source)s")
    if before is not None:
        tests.append("(fetched_at, id) < (%(at)s, %(last)s)")
    query = LIST.format(tests=" and ".join(tests))
    values = {"source": source, "at": at, "last": last, "limit": limit}

    return await find_all(database, Quarantined, query.encode(), values)


async def find(database: Database, one: str) -> Quarantined | None:
    """Return what has the id *one*."""
    return await find_one(database, Quarantined, FIND.encode(), [one])


async def body_of(database: Database, one: str, most: int) -> bytes | None:
    """Return the first *most* bytes that are kept of *one*; None where none are."""

    async def work(connection: Connection) -> bytes | None:
        row = await (await connection.execute(BODY.encode(), [most, one])).fetchone()
        return bytes(row[0]) if row and row[0] is not None else None

    return await database.run(work)


async def blocked(
    database: Database, owner: str | None = None, source: str | None = None
) -> list[Blocked]:
    """Return units of the last jobs that were blocked; of one *owner*'s jobs, of one *source*."""
    known = {"owner": owner, "source": source}
    tests = [f"{name} = %({name})s" for name, value in known.items() if value is not None]
    query = BLOCKED.format(tests=" and ".join(tests) or "true")

    return await find_all(database, Blocked, query.encode(), known)
