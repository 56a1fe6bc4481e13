"""Links that show one job to whoever has them. Of each token only a hash is stored."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from crawlers.storage.database import Database
from crawlers.storage.finding import find_all
from crawlers.storage.whose import IS_OUT

Connection = AsyncConnection[Any]

TOKEN = r"crs_[A-Za-z0-9_-]{43}"  # noqa: S105 - the form of one
COLUMNS = "id, created_at, expires_at"
GOOD = """
revoked_at is null and (expires_at is null or expires_at > now())
"""
MAKER_IS_GOOD = f"""
not {IS_OUT}
and not exists (select from api_keys where id = c.key and revoked_at is not null)
"""
"""A link ends with the key that it was made with, and with its maker."""


# The same row again, where only the answer to the commit was lost.
MAKE = f"""
insert into share_links (id, hash, job, owner, expires_at, key) values (%s, %s, %s, %s, %s, %s)
on conflict (hash) do update set owner = excluded.owner returning {COLUMNS}
"""  # noqa: S608 - constants
FIND = f"""
select job from share_links as c where hash = %s and {GOOD} and {MAKER_IS_GOOD}
"""  # noqa: S608 - constants
LIST = f"""
select {COLUMNS} from share_links as c where job = %s and {GOOD} and {MAKER_IS_GOOD} order by 2, 1
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link as it is stored: what revokes it, and until when it is good."""

    id: str
    created_at: datetime
    expires_at: datetime | None


async def share(
    database: Database,
    job: str,
    owner: str | None,
    expires_at: datetime | None = None,
    key: str | None = None,
) -> tuple[ShareLink, str]:
    """Make a link to *job*; return it with its token, which nothing else can show again.

    It ends with its *owner* and with the API *key* that it was made with.
    """
    token = f"crs_{token_urlsafe(32)}"
    values = [token_hex(6), _digest(token), job, owner, expires_at, key]

    async def work(connection: Connection) -> ShareLink:
        async with connection.cursor(row_factory=class_row(ShareLink)) as cursor:
            await cursor.execute(MAKE, values)
            found = await cursor.fetchone()
        assert found is not None  # noqa: S101 - it returns what it wrote
        return found

    return await database.run(work), token


async def shared_job(database: Database, token: str) -> str | None:
    """Return the job that *token* shows; None for one that shows nothing."""
    if not re.fullmatch(TOKEN, token):
        return None

    async def work(connection: Connection) -> str | None:
        found = await connection.execute(FIND, [_digest(token)])
        row = await found.fetchone()
        return str(row[0]) if row else None

    return await database.run(work)


async def links_to(database: Database, job: str) -> list[ShareLink]:
    """Return the links to *job* that show it, the oldest first."""
    return await find_all(database, ShareLink, LIST, [job])


async def unshare(database: Database, job: str, link: str) -> bool:
    """Let *link* show *job* no more, from now on. Return whether there is such a link."""

    async def work(connection: Connection) -> bool:
        done = await connection.execute(
            "update share_links set revoked_at = coalesce(revoked_at, now())"
            " where job = %s and id = %s",
            [job, link],
        )
        return done.rowcount == 1

    return await database.run(work)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
