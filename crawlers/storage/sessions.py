"""Sessions of people: an access token that soon expires, a refresh token that is used once.

A refresh token that is used again, after a short grace for tabs that ask at the same time, was
stolen from one of those who show it: its whole family ends (RFC 9700).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any

from psycopg import AsyncConnection

from crawlers.storage.audit import Act, note
from crawlers.storage.credentials import Shown
from crawlers.storage.database import Database
from crawlers.storage.users import User

Connection = AsyncConnection[Any]

# Whoever changes the password waits for this, or this for them: their sessions end all the same.
BEGIN = """
insert into sessions (id, user_id, absolute_expires_at)
select %(family)s, id, now() + %(longest)s from users
where id = %(user)s and password_at is not distinct from %(password_at)s and disabled_at is null
for share on conflict (id) do update set user_id = excluded.user_id
"""

ISSUE = """
insert into refresh_tokens (id, family_id, parent_id, hash, access_hash, access_expires_at,
                            expires_at)
select %(id)s, s.id, %(parent)s, %(refresh_hash)s, %(access_hash)s,
       least(now() + %(access)s, s.absolute_expires_at),
       least(now() + %(idle)s, s.absolute_expires_at)
from sessions as s where s.id = %(family)s
on conflict do nothing
"""

USE = """
update refresh_tokens as t set used_at = coalesce(t.used_at, now())
from sessions as s join users as u on u.id = s.user_id
where t.hash = %(hash)s and s.id = t.family_id
  and (t.used_at is null or t.used_at > now() - %(grace)s)
  and t.expires_at > now() and s.absolute_expires_at > now()
  and s.revoked_at is null and u.disabled_at is null
returning t.id, s.id, u.id
"""

END_REUSED = """
update sessions as s set revoked_at = now(), reason = 'a refresh token was used again'
from refresh_tokens as t
where t.hash = %(hash)s and s.id = t.family_id and t.used_at < now() - %(grace)s
  and s.revoked_at is null
returning s.user_id
"""

END = """
update sessions set revoked_at = now(), reason = 'signed out'
where id = %s and revoked_at is null returning user_id
"""

FORGET_OLD = "delete from sessions where absolute_expires_at < now()"


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens are good: the access token, a refresh token that nobody uses, a session."""

    access: timedelta
    idle: timedelta
    longest: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Issued:
    """The tokens of a session, as they are shown once."""

    user_id: str
    session_id: str
    access: Shown
    refresh: Shown


async def begin(
    database: Database, user: User, lifetimes: Lifetimes, address: str | None = None
) -> Issued | None:
    """Begin a session of *user*; forget those that are over.

    None where they have been disabled, or got another password, since *user* was looked up.
    """
    issued = _fresh(user.id, token_hex(10))
    values = {"family": issued.session_id, "user": user.id, "password_at": user.password_at}

    async def work(connection: Connection) -> Issued | None:
        await connection.execute(FORGET_OLD)
        if not (await connection.execute(BEGIN, values | {"longest": lifetimes.longest})).rowcount:
            return None
        await note(connection, "signed in", Act(user.id, address), user.id)
        await _issue(connection, issued, None, lifetimes)
        return issued

    return await database.run(work)


async def rotate(
    database: Database, shown: Shown, lifetimes: Lifetimes, address: str | None = None
) -> Issued | None:
    """Use the refresh token *shown* for new tokens; None where it is good for nothing.

    One that was used before ends its family, which is committed although nobody gets an answer.
    """
    fresh = _fresh("", "")

    async def work(connection: Connection) -> Issued | None:
        values = {"hash": shown.hash, "grace": lifetimes.grace}
        row = await (await connection.execute(USE, values)).fetchone()
        if row is None:
            await _end_reused(connection, values, address)
            return None
        parent, family, user = row
        issued = Issued(user, family, fresh.access, fresh.refresh)
        await _issue(connection, issued, parent, lifetimes)
        return issued

    return await database.run(work)


async def sign_out(database: Database, session: str, address: str | None = None) -> None:
    """End a session: none of its tokens opens anything from then on."""

    async def work(connection: Connection) -> None:
        row = await (await connection.execute(END, [session])).fetchone()
        if row is not None:
            await note(connection, "signed out", Act(row[0], address), row[0])

    await database.run(work)


async def _end_reused(
    connection: Connection, values: Mapping[str, Any], address: str | None
) -> None:
    row = await (await connection.execute(END_REUSED, values)).fetchone()
    if row is not None:
        detail = "all tokens of the session open nothing any more"
        await note(connection, "refresh token reused", Act(None, address), row[0], detail)


def _fresh(user: str, session: str) -> Issued:
    return Issued(user, session, Shown.fresh("cra"), Shown.fresh("crr"))


async def _issue(
    connection: Connection, issued: Issued, parent: str | None, lifetimes: Lifetimes
) -> None:
    values = {
        "id": issued.access.id,
        "family": issued.session_id,
        "parent": parent,
        "refresh_hash": issued.refresh.hash,
        "access_hash": issued.access.hash,
        "access": lifetimes.access,
        "idle": lifetimes.idle,
    }
    await connection.execute(ISSUE, values)
