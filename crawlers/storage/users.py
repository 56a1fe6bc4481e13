"""People who use the API and the dashboard."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from psycopg import AsyncConnection
from psycopg.rows import class_row

from crawlers.errors import AccountError
from crawlers.roles import Role
from crawlers.storage.audit import COMMAND, Act, note
from crawlers.storage.database import Database
from crawlers.storage.finding import find_all, find_one

Connection = AsyncConnection[Any]

NAME = r"[a-z0-9][a-z0-9._@+-]{0,99}"
COLUMNS = "id, name, role, password, password_at, created_at, disabled_at, issuer"

CREATE = """
insert into users (id, name, role, password, password_at) values (%s, %s, %s, %s, now())
on conflict do nothing
"""
CREATE_FROM = """
insert into users (id, name, role, issuer, subject)
values (%(id)s, %(name)s, %(role)s, %(issuer)s, %(subject)s) on conflict do nothing
"""
OF_PROVIDER = f"""
select {COLUMNS} from users where issuer = %(issuer)s and subject = %(subject)s
"""  # noqa: S608 - constants
# An identity provider's names have capitals that count, ours have none.
FIND = f"""
select {COLUMNS} from users where name in (%(name)s, lower(%(name)s))
order by name = %(name)s desc limit 1
"""  # noqa: S608 - constants
BY_ID = f"select {COLUMNS} from users where id = %(id)s"  # noqa: S608 - constants
LIST = f"select {COLUMNS} from users order by name"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class User:
    """A person as stored. *password* is what Argon2 made of one."""

    id: str
    name: str
    role: Role
    password: str | None
    password_at: datetime | None
    created_at: datetime
    disabled_at: datetime | None
    issuer: str | None

    def __repr__(self) -> str:
        """Return what may be shown to others."""
        return f"<User {self.name}>"


def read_name(text: str) -> str:
    """Return *text* as a name is stored. Raises AccountError for what is none."""
    name = text.strip().lower()
    if not re.fullmatch(NAME, name):
        raise AccountError("a name has up to 100 letters and digits, and . _ @ + -")
    return name


async def create(
    database: Database, name: str, role: Role, password: str, act: Act = COMMAND
) -> str:
    """Make a person; *password* is hashed already. Return the id. Raises AccountError."""
    user = f"usr_{token_hex(6)}"

    async def work(connection: Connection) -> bool:
        made = await connection.execute(CREATE, [user, name, role, password])
        if made.rowcount:
            await note(connection, "person made", act, user, role)
        found = await connection.execute("select from users where id = %s", [user])
        return found.rowcount == 1

    if not await database.run(work):
        raise AccountError(f"there is a person {name!r} already")
    return user


async def create_first(database: Database, name: str, password: str) -> str | None:
    """Make an administrator where there is nobody at all; return the id, or None."""
    user = f"usr_{token_hex(6)}"

    async def work(connection: Connection) -> str | None:
        await connection.execute("lock table users in share row exclusive mode")
        if (await connection.execute("select from users where id <> %s", [user])).rowcount:
            return None
        await connection.execute(CREATE, [user, name, "administrator", password])
        await note(connection, "person made", COMMAND, user, "administrator")
        return user

    return await database.run(work)


async def by_id(database: Database, user: str) -> User | None:
    """Return the person with that id, or None."""
    return await _one(database, BY_ID, {"id": user})


async def find(database: Database, name: str) -> User | None:
    """Return the person of that *name*, however people write it, or None."""
    return await _one(database, FIND, {"name": name.strip()})


async def _one(database: Database, query: str, values: Mapping[str, str]) -> User | None:
    return await find_one(database, User, query.encode(), values)


async def of_provider(database: Database, issuer: str, subject: str, role: Role) -> User | None:
    """Return the person whom *issuer* calls *subject*; who is new may do what *role* may.

    None where somebody here has the name that they would get.
    """
    host = urlsplit(issuer).netloc
    values = {"issuer": issuer, "subject": subject, "role": role, "name": f"{subject}@{host}"}
    values["id"] = f"usr_{token_hex(6)}"

    async def work(connection: Connection) -> User | None:
        async with connection.cursor(row_factory=class_row(User)) as cursor:
            await cursor.execute(OF_PROVIDER, values)
            found = await cursor.fetchone()
            if found is None and (await cursor.execute(CREATE_FROM, values)).rowcount:
                await note(connection, "person made", COMMAND, values["id"], f"by {issuer}")
            return found or await (await cursor.execute(OF_PROVIDER, values)).fetchone()

    return await database.run(work)


async def users(database: Database) -> Sequence[User]:
    """Return all people, by name."""
    return await find_all(database, User, LIST)


async def set_password(database: Database, user: str, password: str, act: Act = COMMAND) -> None:
    """Give *user* a *password* (hashed already), and end all sessions."""

    async def work(connection: Connection) -> None:
        await connection.execute(
            "update users set password = %s, password_at = now() where id = %s", [password, user]
        )
        await end_sessions(connection, user, "the password was changed")
        await note(connection, "password changed", act, user)

    await database.run(work)


async def rehash(database: Database, user: str, before: str, password: str) -> None:
    """Store the same password as a newer hash, unless it is another one by now."""

    async def work(connection: Connection) -> None:
        await connection.execute(
            "update users set password = %s where id = %s and password = %s",
            [password, user, before],
        )

    await database.run(work)


async def disable(database: Database, user: str, *, is_over: bool, act: Act = COMMAND) -> None:
    """Let nothing of *user* open anything, or let it again. Sessions stay ended."""

    async def work(connection: Connection) -> None:
        if is_over:
            await connection.execute(
                "update users set disabled_at = coalesce(disabled_at, now()) where id = %s", [user]
            )
            await end_sessions(connection, user, "the person was disabled")
        else:
            await connection.execute("update users set disabled_at = null where id = %s", [user])
        await note(connection, "person disabled" if is_over else "person enabled", act, user)

    await database.run(work)


async def set_role(database: Database, user: str, role: Role, act: Act = COMMAND) -> None:
    """Let *user* do from now on what *role* may."""

    async def work(connection: Connection) -> None:
        await connection.execute("update users set role = %s where id = %s", [role, user])
        await note(connection, "role changed", act, user, role)

    await database.run(work)


async def end_sessions(connection: Connection, user: str, reason: str) -> int:
    """End all sessions of *user*, in the transaction of the caller; return how many."""
    done = await connection.execute(
        "update sessions set revoked_at = now(), reason = %s"
        " where user_id = %s and revoked_at is null",
        [reason, user],
    )
    return done.rowcount
