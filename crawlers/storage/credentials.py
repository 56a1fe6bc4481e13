"""What people and programs show: API keys, access tokens, refresh tokens. All have one form.

Of each only a hash is stored: 256 bits that nobody can guess need no slow one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex, token_urlsafe
from typing import Any, Literal, Protocol, Self, cast

from psycopg import AsyncConnection

from crawlers.roles import Role
from crawlers.storage.database import Database
from crawlers.storage.finding import find_one

Connection = AsyncConnection[Any]

Kind = Literal["crw", "cra", "crr"]
"""An API key, an access token, a refresh token."""

# A write for each request would be a write for each read: once a minute is enough to see what
# is in use.
KEY = """
with used as (
    update api_keys set last_used_at = now()
    where id = %(id)s and hash = %(hash)s and revoked_at is null
      and (expires_at is null or expires_at > now())
      and (last_used_at is null or last_used_at < now() - interval '1 minute')
)
select k.hash, k.expires_at, k.revoked_at is null and u.disabled_at is null as is_good,
       k.scopes, k.id as key_id, u.id as user_id, coalesce(u.name, k.name) as name, u.role,
       null as session_id
from api_keys as k left join users as u on u.id = k.owner where k.id = %(id)s
"""

ACCESS = """
select t.access_hash as hash, t.access_expires_at as expires_at,
       s.revoked_at is null and u.disabled_at is null as is_good,
       null as scopes, null as key_id, u.id as user_id, u.name, u.role, s.id as session_id
from refresh_tokens as t join sessions as s on s.id = t.family_id
     join users as u on u.id = s.user_id
where t.id = %(id)s
"""

GOES_ON = """
select exists (select from users where id = %(user)s and disabled_at is null)
   and (%(session)s::text is null
        or exists (select from sessions where id = %(session)s and revoked_at is null
                   and absolute_expires_at > now()))
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A credential as somebody shows it."""

    kind: Kind
    id: str
    secret: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what *text* shows; None where it has not the form of one."""
        found = re.fullmatch(r"(cr[war])_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", text)
        return cls(cast("Kind", found[1]), found[2], found[3]) if found else None

    @classmethod
    def fresh(cls, kind: Kind) -> Self:
        """Return one that nobody has seen."""
        return cls(kind, token_hex(6), token_urlsafe(32))

    @property
    def hash(self) -> bytes:
        """What is stored of it."""
        return sha256(self.secret.encode()).digest()

    def __str__(self) -> str:
        """Return all of it: for whom it is made, once."""
        return f"{self.kind}_{self.id}_{self.secret}"

    def __repr__(self) -> str:
        """Return what may be shown to others."""
        return f"{self.kind}_{self.id}_..."


class Digested(Protocol):
    """Whatever is shown: what tells it from others."""

    @property
    def hash(self) -> bytes:
        """A digest of all of it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a credential opens: for which person, if any, with which key or session."""

    hash: bytes
    expires_at: datetime | None
    is_good: bool
    scopes: Sequence[str] | None
    key_id: str | None
    user_id: str | None
    name: str
    role: Role | None
    session_id: str | None

    def opens_with(self, shown: Digested) -> bool:
        """Tell whether *shown* is this one, and whether it is good."""
        is_over = self.expires_at is not None and self.expires_at <= datetime.now(UTC)
        return compare_digest(self.hash, shown.hash) and self.is_good and not is_over


async def find(database: Database, shown: Shown) -> Opened | None:
    """Return what the id of *shown* stands for; of a key that is good, note that it is used."""
    if shown.kind == "crr":  # it opens nothing by itself
        return None
    query = KEY if shown.kind == "crw" else ACCESS

    return await find_one(database, Opened, query, {"id": shown.id, "hash": shown.hash})


async def goes_on(database: Database, user: str, session: str | None) -> bool:
    """Tell whether *user* may go on with what has begun, whatever token is over by now.

    The tokens of an identity provider have no *session* that we know.
    """

    async def work(connection: Connection) -> bool:
        values = {"user": user, "session": session}
        row = await (await connection.execute(GOES_ON, values)).fetchone()
        return row is not None and bool(row[0])

    return await database.run(work)
