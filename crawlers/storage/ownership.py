"""What somebody made is seen by them and by administrators: PostgreSQL itself sees to it.

The API's connections become a role that owns nothing, so that the policies of migration 0015 hold
for them: without a word, they see no job at all. A transaction says for whom it looks.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.errors import DuplicateObject, InsufficientPrivilege, UniqueViolation

from crawlers.storage.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")
Connection = AsyncConnection[Any]

ROLE = "crawlers_api"
HIDDEN = ["users", "sessions", "refresh_tokens", "audit_log", "audit_addresses", "alembic_version"]
"""Tables that this role cannot even read."""

LOCK = 0x6372_6177_6C61_7069
"""The advisory lock that lets one process prepare the role at a time."""

MIGHTY = "select rolsuper or rolbypassrls from pg_roles where rolname = %s"
LACKING = """
select exists (
    select from pg_class as c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v')
      and has_table_privilege(%(role)s, c.oid, 'insert') = (c.relname = any(%(hidden)s)))
"""
GRANTS = """
grant usage on schema {schema} to {role};
grant select, insert, update, delete on all tables in schema {schema} to {role};
revoke all on {hidden} from {role}
"""
LOOK = "select look_for(%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Eyes:
    """For whom a transaction looks: an *owner*, an administrator, who has a *link* to a job.

    *job* is the one that it is about, if it is about one.
    """

    owner: str = ""
    sees_all: bool = False
    link: str = ""
    job: str | None = None

    @property
    def values(self) -> list[str | bool | None]:
        """What `LOOK` takes."""
        return [self.owner, self.sees_all, self.link, self.job]


class SeenDatabase(Database):
    """A database as somebody may see it."""

    def __init__(self, whole: Database, eyes: Eyes) -> None:
        """Look with *eyes* at *whole*, which nobody has opened for this."""
        self._whole = whole
        self._values = eyes.values

    async def open(self) -> None:
        """Open the database."""
        await self._whole.open()

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do *work* in one transaction that sees what these eyes may see. As `Database.run`."""

        async def seeing(connection: Connection) -> T:
            await connection.execute(LOOK, self._values, prepare=True)
            return await work(connection)

        return await self._whole.run(seeing)


def prepare(url: str) -> str | None:
    """Make the API's role at *url* where it is not ready; return it, or None. Blocks.

    None where the login may not make roles: then only the code keeps what is others' apart.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
        return become(connection)


def become(connection: psycopg.Connection[Any]) -> str | None:
    """Do what `prepare` does on a connection, which then has the role."""
    connection.execute("select pg_advisory_lock(%s)", [LOCK])
    try:
        _make_ready(connection)
        return ROLE if _becomes(connection) else None
    except InsufficientPrivilege as error:
        logger.warning(
            "Row-level security is off, only the API's own checks hold: this login cannot use "
            "the role %s (%s). An administrator of the server may run: create role %s; "
            "grant %s to <this login>",
            ROLE, error.diag.message_primary, ROLE, ROLE,
        )  # fmt: skip
        return None
    finally:
        connection.execute("select pg_advisory_unlock(%s)", [LOCK])


def _make_ready(connection: psycopg.Connection[Any]) -> None:
    """Make the role and its grants; nothing is written where all of it is there."""
    role = sql.Identifier(ROLE)
    if connection.execute(MIGHTY, [ROLE]).fetchone() is None:
        # Another process may make it for another database of this server at the same time.
        with suppress(DuplicateObject, UniqueViolation):
            connection.execute(sql.SQL("create role {} nologin").format(role))
        connection.execute(sql.SQL("grant {} to current_user").format(role))
    lacking = connection.execute(LACKING, {"role": ROLE, "hidden": HIDDEN}).fetchone()
    if lacking is not None and lacking[0]:
        schema = connection.execute("select current_schema()").fetchone()
        assert schema is not None  # noqa: S101 - a select without tables
        connection.execute(
            sql.SQL(GRANTS).format(
                schema=sql.Identifier(schema[0]),
                role=role,
                hidden=sql.SQL(", ").join(map(sql.Identifier, HIDDEN)),
            )
        )


def _becomes(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether the role can be taken, and is bound by the policies. InsufficientPrivilege."""
    mighty = connection.execute(MIGHTY, [ROLE]).fetchone()
    if mighty is None or mighty[0]:
        logger.warning("The role %s is a superuser, or bypasses row-level security", ROLE)
        return False
    connection.execute(sql.SQL("set role {}").format(sql.Identifier(ROLE)))
    return True
