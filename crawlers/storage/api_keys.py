"""Keys of the HTTP API: ``crw_<id>_<secret>``. Of the secret only a hash is stored."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex, token_urlsafe
from typing import Any, Self

from psycopg import AsyncConnection
from psycopg.rows import class_row

from crawlers.storage.database import Database

Connection = AsyncConnection[Any]

SCOPES = ("read", "jobs", "admin")
COLUMNS = "id, name, hash, scopes, created_at, expires_at, last_used_at, revoked_at"

# A write for each request would be a write for each read: once a minute is enough to see what
# is in use.
FIND = f"""
with used as (
    update api_keys set last_used_at = now()
    where id = %(id)s and hash = %(hash)s and revoked_at is null
      and (expires_at is null or expires_at > now())
      and (last_used_at is null or last_used_at < now() - interval '1 minute')
)
select {COLUMNS} from api_keys where id = %(id)s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as somebody shows it."""

    id: str
    secret: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what *text* shows; None where it has not the form of a key."""
        found = re.fullmatch(r"crw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", text)
        return cls(*found.groups()) if found else None

    @classmethod
    def fresh(cls) -> Self:
        """Return a key that nobody has seen: 256 bits that nobody can guess."""
        return cls(token_hex(6), token_urlsafe(32))

    @property
    def hash(self) -> bytes:
        """What is stored of it. A random secret needs no slow hash."""
        return sha256(self.secret.encode()).digest()

    def __str__(self) -> str:
        """Return all of it: for whom it is made, once."""
        return f"crw_{self.id}_{self.secret}"

    def __repr__(self) -> str:
        """Return what may be shown to others."""
        return f"crw_{self.id}_..."


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored."""

    id: str
    name: str
    hash: bytes
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @property
    def is_good(self) -> bool:
        """Whether it opens anything: neither revoked nor expired."""
        is_over = self.expires_at is not None and self.expires_at <= datetime.now(UTC)
        return self.revoked_at is None and not is_over

    def opens_with(self, shown: Shown) -> bool:
        """Tell whether *shown* is this key, and whether it is good."""
        return compare_digest(self.hash, shown.hash) and self.is_good


async def create(
    database: Database, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> Shown:
    """Make a key and return it: nothing else can show it again."""
    shown = Shown.fresh()
    values = [shown.id, name, shown.hash, list(scopes), expires_at]

    async def work(connection: Connection) -> None:
        await connection.execute(
            "insert into api_keys (id, name, hash, scopes, expires_at)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",  # sent again by `run`
            values,
        )

    await database.run(work)
    return shown


async def create_first(database: Database, name: str, scopes: Sequence[str]) -> Shown | None:
    """Make a key where there is none at all; return None where there is one."""
    shown = Shown.fresh()

    async def work(connection: Connection) -> bool:
        await connection.execute("lock table api_keys in share row exclusive mode")
        made = await connection.execute(
            "insert into api_keys (id, name, hash, scopes) select %s, %s, %s, %s"
            " where not exists (select from api_keys where id <> %s) on conflict do nothing",
            [shown.id, name, shown.hash, list(scopes), shown.id],
        )
        found = await connection.execute("select from api_keys where id = %s", [shown.id])
        return made.rowcount == 1 or found.rowcount == 1

    return shown if await database.run(work) else None


async def find(database: Database, shown: Shown) -> ApiKey | None:
    """Return the key of the id that *shown* has, and note that it is used where it is good."""

    async def work(connection: Connection) -> ApiKey | None:
        async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
            await cursor.execute(FIND, {"id": shown.id, "hash": shown.hash})
            return await cursor.fetchone()

    return await database.run(work)


async def keys(database: Database) -> list[ApiKey]:
    """Return all keys, the oldest first."""

    async def work(connection: Connection) -> list[ApiKey]:
        async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
            await cursor.execute(f"select {COLUMNS} from api_keys order by created_at, id")  # noqa: S608
            return await cursor.fetchall()

    return await database.run(work)


async def revoke(database: Database, key: str) -> bool:
    """Make the key with that id good for nothing. Return whether there is one."""

    async def work(connection: Connection) -> bool:
        done = await connection.execute(
            "update api_keys set revoked_at = coalesce(revoked_at, now()) where id = %s", [key]
        )
        return done.rowcount == 1

    return await database.run(work)
