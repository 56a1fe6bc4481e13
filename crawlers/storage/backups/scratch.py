"""Databases and servers for the time of a restore, and how one takes the place of another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from crawlers.errors import BackupError, StorageError
from crawlers.storage.backups.servers import Connection, ask, connected
from crawlers.storage.embedded import EmbeddedPostgres, drop

NAME_MAX = 50
"""PostgreSQL cuts names of more than 63 bytes, and ours get an ending."""
OURS = "Made by scrapy backup: may be dropped."
"""The comment on a database that goes with the next run, if this one cannot remove it."""
WHOSE = """
select coalesce(shobj_description(oid, 'pg_database') = %s, false) from pg_database
where datname = %s
"""


async def may_create(connection: Connection) -> bool:
    """Tell whether the user of *connection* may make databases."""
    query = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
    return bool(await ask(connection, query))


@asynccontextmanager
async def scratch(connection: Connection, url: str) -> AsyncIterator[str]:
    """Make an empty database beside that of *url*. What a killed run left of one goes first."""
    name = _beside(url, "restore")
    await _away(connection, name)
    like = sql.SQL("create database {} template template0").format(sql.Identifier(name))
    await connection.execute(like)
    await connection.execute(_comment(name, OURS))
    try:
        yield name
    finally:
        async with connected(url, _other_than(url)) as another:
            await _away(another, name)


async def make_way(connection: Connection, url: str) -> None:
    """Remove what a killed run of `swap` left. Raises BackupError for what is in its way."""
    await _away(connection, _beside(url, "before"))


async def swap(url: str, name: str) -> None:
    """Give the database *name* the name of that of *url*, which goes, in one transaction."""
    target, before = _name_of(url), _beside(url, "before")
    async with connected(url, _other_than(url)) as connection:
        rename = sql.SQL("alter database {} rename to {}")
        async with connection.transaction():
            await connection.execute(rename.format(sql.Identifier(target), sql.Identifier(before)))
            await connection.execute(_comment(before, OURS))
            await connection.execute(rename.format(sql.Identifier(name), sql.Identifier(target)))
            await connection.execute(_comment(target, None))
        await _away(connection, before)


async def _away(connection: Connection, name: str) -> None:
    """Drop the database *name*, if there is one. Raises BackupError where it is not ours."""
    row = await (await connection.execute(WHOSE, [OURS, name])).fetchone()
    if row is None:
        return
    if not row[0]:
        raise BackupError(f"the database {name} is in the way: rename it, or drop it")
    gone = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    await connection.execute(gone)


def _comment(name: str, text: str | None) -> sql.Composed:
    return sql.SQL("comment on database {} is {}").format(sql.Identifier(name), sql.Literal(text))


@asynccontextmanager
async def throw_away(home: Path) -> AsyncIterator[str]:
    """Start a server in *home*, and leave nothing of it. One that a killed run left is used."""
    embedded = EmbeddedPostgres(home)
    try:
        yield await asyncio.to_thread(embedded.url)
    finally:
        await asyncio.to_thread(embedded.close)
        with suppress(StorageError, OSError):  # somebody else is at it, and removes it
            await asyncio.to_thread(drop, home)
            await asyncio.to_thread(home.rmdir)


def _name_of(url: str) -> str:
    parts = conninfo_to_dict(url)
    return str(parts.get("dbname") or parts.get("user") or "postgres")


def _beside(url: str, what: str) -> str:
    return f"{_name_of(url)[:NAME_MAX]}_{what}"


def _other_than(url: str) -> str:
    """Return a database from which that of *url* can be renamed."""
    return "template1" if _name_of(url) == "postgres" else "postgres"
