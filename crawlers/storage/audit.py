"""What happened to people, keys and sessions: a log that is only added to.

People are named by their ids, so that nothing in it has to be forgotten. Addresses are beside it,
and go after some time. What was typed at a failed sign-in is not kept: it may be a password.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import AsyncConnection

from crawlers.storage.database import Database
from crawlers.storage.finding import find_all

Connection = AsyncConnection[Any]

Event = Literal[
    "signed in", "sign-in failed", "signed out", "refresh token reused", "person made",
    "password changed", "role changed", "person disabled", "person enabled", "key made",
    "key revoked", "link made", "link revoked",
]  # fmt: skip

NOTE = """
with added as (
    insert into audit_log (event, actor, subject, detail)
    values (%(event)s, %(actor)s, %(subject)s, %(detail)s) returning id
)
insert into audit_addresses (entry, address)
select id, %(address)s from added where %(address)s::text is not null
"""

FORGET = "delete from audit_addresses where at < now() - %s * interval '1 day'"

LIST = """
select l.id, l.at, l.event, l.actor, l.subject, l.detail, f.address, a.name as actor_name,
       s.name as subject_name
from audit_log as l left join audit_addresses as f on f.entry = l.id
     left join users as a on a.id = l.actor left join users as s on s.id = l.subject
where l.id < %(before)s and (%(who)s::text is null or l.actor = %(who)s or l.subject = %(who)s)
order by l.id desc limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something: a person or a key (None: the command line, a stranger), from where."""

    actor: str | None = None
    address: str | None = None


COMMAND = Act()


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. Names are those of today, and None for what has none."""

    id: int
    at: datetime
    event: str
    actor: str | None
    subject: str | None
    detail: str | None
    address: str | None
    actor_name: str | None
    subject_name: str | None


async def note(
    connection: Connection, event: Event, act: Act, subject: str | None, detail: str | None = None
) -> None:
    """Add a line in the transaction of the caller: both happen, or neither does."""
    values = {"event": event, "actor": act.actor, "subject": subject, "detail": detail}
    await connection.execute(NOTE, values | {"address": act.address})


async def note_alone(
    database: Database, event: Event, act: Act, subject: str | None, detail: str | None = None
) -> None:
    """Add a line about what changed nothing, or what was done by who may not write the log."""

    async def work(connection: Connection) -> None:
        await note(connection, event, act, subject, detail)

    await database.run(work)


async def forget_addresses(database: Database, days: float) -> None:
    """Forget addresses that are older than so many *days*."""

    async def work(connection: Connection) -> None:
        await connection.execute(FORGET, [days])

    await database.run(work)


async def entries(
    database: Database, *, who: str | None = None, before: int | None = None, limit: int = 50
) -> Sequence[Entry]:
    """Return lines of the log, the newest first: all, or those about the person or key *who*."""
    values = {"who": who, "before": before or 2**63 - 1, "limit": limit}

    return await find_all(database, Entry, LIST, values)
