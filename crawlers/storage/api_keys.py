"""Keys of the HTTP API: ``crw_<id>_<secret>``. Of the secret only a hash is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from crawlers.storage.audit import COMMAND, Act, note
from crawlers.storage.credentials import Shown
from crawlers.storage.database import Database
from crawlers.storage.finding import find_all

Connection = AsyncConnection[Any]

SCOPES = ("read", "jobs", "admin")
LIST = """
select k.id, k.name, scopes, k.created_at, expires_at, last_used_at, revoked_at, owner,
       u.name as person
from api_keys as k left join users as u on u.id = owner
{where}
order by k.created_at, k.id
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key to make: with which *scopes*, until when, of which person (*owner*; None: nobody's)."""

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored."""

    id: str
    name: str
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    owner: str | None
    person: str | None

    @property
    def is_good(self) -> bool:
        """Whether it opens anything: neither revoked nor expired."""
        is_over = self.expires_at is not None and self.expires_at <= datetime.now(UTC)
        return self.revoked_at is None and not is_over


async def create(database: Database, wanted: Wanted, act: Act = COMMAND) -> Shown:
    """Make a key and return it: nothing else can show it again."""
    shown = Shown.fresh("crw")
    values = [shown.id, shown.hash, wanted.name, list(wanted.scopes), wanted.expires_at]

    async def work(connection: Connection) -> None:
        made = await connection.execute(
            "insert into api_keys (id, hash, name, scopes, expires_at, owner)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",  # sent again by `run`
            [*values, wanted.owner],
        )
        if made.rowcount:
            await note(connection, "key made", act, shown.id, " ".join(wanted.scopes))

    await database.run(work)
    return shown


async def create_first(
    database: Database, name: str, scopes: Sequence[str], owner: str | None = None
) -> Shown | None:
    """Make a key where there is none at all; return None where there is one."""
    shown = Shown.fresh("crw")

    async def work(connection: Connection) -> bool:
        await connection.execute("lock table api_keys in share row exclusive mode")
        made = await connection.execute(
            "insert into api_keys (id, name, hash, scopes, owner) select %s, %s, %s, %s, %s"
            " where not exists (select from api_keys where id <> %s) on conflict do nothing",
            [shown.id, name, shown.hash, list(scopes), owner, shown.id],
        )
        if made.rowcount:
            await note(connection, "key made", COMMAND, shown.id, " ".join(scopes))
        found = await connection.execute("select from api_keys where id = %s", [shown.id])
        return made.rowcount == 1 or found.rowcount == 1

    return shown if await database.run(work) else None


async def keys(database: Database, owner: str | None = None) -> list[ApiKey]:
    """Return all keys, or those of a person, the oldest first."""
    where = "" if owner is None else "where owner = %(owner)s"
    query = LIST.format(where=where).encode()

    return await find_all(database, ApiKey, query, {"owner": owner})


async def revoke(
    database: Database, key: str, owner: str | None = None, act: Act = COMMAND
) -> bool:
    """Make the key with that id good for nothing. Return whether there is one (of *owner*)."""

    async def work(connection: Connection) -> bool:
        done = await connection.execute(
            "update api_keys set revoked_at = coalesce(revoked_at, now())"
            " where id = %(id)s and (%(owner)s::text is null or owner = %(owner)s)",
            {"id": key, "owner": owner},
        )
        if done.rowcount:
            await note(connection, "key revoked", act, key)
        return done.rowcount == 1

    return await database.run(work)
