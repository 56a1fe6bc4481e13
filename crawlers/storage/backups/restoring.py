"""Take a backup back: into a database of its own, which once compared takes the other's place."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from crawlers.config import Config
from crawlers.errors import BackupError
from crawlers.storage import migrate
from crawlers.storage.backups.manifest import Manifest
from crawlers.storage.backups.pipes import running
from crawlers.storage.backups.programs import Target, program
from crawlers.storage.backups.scratch import make_way, may_create, scratch, swap, throw_away
from crawlers.storage.backups.servers import (
    Connection,
    ask,
    connected,
    major,
    server,
    take_lock,
    version,
)
from crawlers.storage.backups.shelf import Shelf
from crawlers.storage.backups.sums import differences, sums
from crawlers.storage.backups.unpacking import unpacked

VERIFY = "verify"
"""The folder of the server that is started where no database can be made beside."""
QUICK = "-c maintenance_work_mem=256MB -c synchronous_commit=off"
"""Indexes are most of a restore; and what makes it count, the change of names, is on disk with all
that was before it."""
JOBS = min(os.cpu_count() or 1, 4)
"""So many tables or indexes at once."""
WORDS = ("--format=custom", "--exit-on-error", "--no-owner", f"--jobs={JOBS}")
SESSIONS = """
select count(*) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""
LOOKS = 50
LOOK_S = 0.1
"""Together as long as PostgreSQL itself waits for who leaves, before it drops a database."""
TABLES = """
select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
and relname not in ('alembic_version', 'alert_version') order by relname
"""


class Verified(NamedTuple):
    """What came of it: what is not as the *manifest* says, and *where* it was restored."""

    manifest: Manifest
    wrong: Sequence[str]
    where: str


async def verify(config: Config, shelf: Shelf, identity: str | None) -> Verified:
    """Restore a backup beside the database, or on a server of its own, and compare all tables."""
    manifest = await _found(shelf, identity)
    async with unpacked(shelf, manifest, config.home) as dump:
        async with server(config) as url, connected(url) as connection:
            if await may_create(connection):
                await take_lock(connection)
                async with scratch(connection, url) as name:
                    wrong = await _restored(connection, dump, manifest, url, name)
                return Verified(manifest, wrong, "beside the database")
        async with throw_away(config.home / VERIFY) as url, connected(url) as connection:
            await take_lock(connection)
            async with scratch(connection, url) as name:
                wrong = await _restored(connection, dump, manifest, url, name)
    return Verified(manifest, wrong, "on a server of its own")


async def restore(
    config: Config, shelf: Shelf, identity: str | None, *, overwrite: bool
) -> Manifest:
    """Put a backup in the place of the database of *config*.

    All or nothing: until everything was restored and compared, the database stays as it is.
    Raises BackupError; for a database with rows unless *overwrite*.
    """
    async with server(config) as url, connected(url) as connection:
        await take_lock(connection)
        await _check_target(connection, overwrite=overwrite)
        await make_way(connection, url)
        manifest = await _found(shelf, identity)
        async with (
            unpacked(shelf, manifest, config.home) as dump,
            scratch(connection, url) as name,
        ):
            if wrong := await _restored(connection, dump, manifest, url, name):
                raise BackupError(f"{manifest.id} is not what was backed up: {wrong[0]}")
            # Somebody may have come, and even gone, since we looked.
            await _check_target(connection, overwrite=overwrite)
            await connection.close()  # nobody may be connected to what is renamed
            await swap(url, name)
    return manifest


async def _found(shelf: Shelf, identity: str | None) -> Manifest:
    """Return the manifest of a backup whose schema this program knows."""
    manifest = await shelf.find(identity)
    if manifest.revision > migrate.head():
        raise BackupError(
            f"{manifest.id} has schema {manifest.revision}, this program knows up to "
            f"{migrate.head()}: update it"
        )
    return manifest


async def _check_target(connection: Connection, *, overwrite: bool) -> None:
    if not await may_create(connection):
        raise BackupError("this user may not create databases: alter role ... createdb")
    if others := await _others(connection):
        raise BackupError(
            f"{others} others use the database: end scrapy serve, work and all crawls first"
        )
    for (table,) in await (await connection.execute(TABLES)).fetchall():
        query = sql.SQL("select exists (select from {})").format(sql.Identifier("public", table))
        row = await (await connection.execute(query)).fetchone()
        if row and row[0] and not overwrite:
            raise BackupError(
                f"the database is not empty ({table} has rows): --overwrite puts the backup in "
                "its place"
            )


async def _others(connection: Connection) -> int:
    """Return how many others use the database: those that have just left it are still ending."""
    for _ in range(LOOKS):
        if not await ask(connection, SESSIONS):
            return 0
        await asyncio.sleep(LOOK_S)
    return int(await ask(connection, SESSIONS))


async def _restored(
    connection: Connection, dump: Path, manifest: Manifest, url: str, name: str
) -> Sequence[str]:
    """Restore into the database *name*. Return what is not as it was."""
    ours, theirs = major(await version(connection)), major(manifest.server_version)
    if theirs > ours:
        raise BackupError(f"{manifest.id} is of PostgreSQL {theirs}, this server is {ours}")
    await _make_roles(connection, manifest.roles)
    restorer = program("pg_restore", max(manifest.dump_version, ours))
    async with running(restorer, Target.of(url, name, QUICK), (*WORDS, str(dump))) as process:
        await process.end()
    async with connected(url, name) as one, connected(url, name) as other:
        return differences(manifest.tables, await sums(one, other))


async def _make_roles(connection: Connection, roles: Sequence[str]) -> None:
    """Make the roles that grants and policies name, where they are missing."""
    query = "select rolname from pg_roles where rolname = any(%s)"
    there = {row[0] for row in await (await connection.execute(query, [list(roles)])).fetchall()}
    for role in roles:
        if role not in there:
            make = sql.SQL("create role {} nologin").format(sql.Identifier(role))
            try:
                await connection.execute(make)
            except InsufficientPrivilege:
                raise BackupError(f"the role {role} is missing, and may not be made") from None
