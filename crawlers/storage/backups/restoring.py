"""Take a backup back: into a database of its own, which once compared takes the other's place."""

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import IO, NamedTuple, cast

from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from crawlers.config import Config
from crawlers.errors import BackupError
from crawlers.storage import migrate
from crawlers.storage.backups.manifest import Manifest
from crawlers.storage.backups.pipes import Running, writing
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

VERIFY = "verify"
"""The folder of the server that is started where no database can be made beside."""
QUICK = "-c maintenance_work_mem=256MB"
"""Indexes are most of a restore."""
WORDS = ("--format=custom", "--exit-on-error", "--single-transaction", "--no-owner")
SESSIONS = """
select count(*) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""
LOOKS = 10
LOOK_S = 0.1
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
    manifest = await _judged(shelf, identity)
    async with server(config) as url, connected(url) as connection:
        if await may_create(connection):
            await take_lock(connection)
            async with scratch(connection, url) as name:
                wrong = await _restored(connection, shelf, manifest, url, name)
            return Verified(manifest, wrong, "beside the database")
    async with throw_away(config.home / VERIFY) as url, connected(url) as connection:
        await take_lock(connection)
        async with scratch(connection, url) as name:
            wrong = await _restored(connection, shelf, manifest, url, name)
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
        manifest = await _judged(shelf, identity)
        async with scratch(connection, url) as name:
            if wrong := await _restored(connection, shelf, manifest, url, name):
                raise BackupError(f"{manifest.id} is not what was backed up: {wrong[0]}")
            # Somebody may have come, and even gone, since we looked.
            await _check_target(connection, overwrite=overwrite)
            await connection.close()  # nobody may be connected to what is renamed
            await swap(url, name)
    return manifest


async def _judged(shelf: Shelf, identity: str | None) -> Manifest:
    """Return the manifest of a backup that this program can read, and that is not damaged."""
    manifest = await shelf.find(identity)
    if manifest.revision > migrate.head():
        raise BackupError(
            f"{manifest.id} has schema {manifest.revision}, this program knows up to "
            f"{migrate.head()}: update it"
        )
    digest, size = sha256(), 0
    async for chunk in shelf.dump(manifest.id):
        size += len(chunk)
        await asyncio.to_thread(digest.update, chunk)
    if (size, digest.hexdigest()) != (manifest.size, manifest.sha256):
        raise BackupError(f"the dump of {manifest.id} is damaged")
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
    connection: Connection, shelf: Shelf, manifest: Manifest, url: str, name: str
) -> Sequence[str]:
    """Restore into the database *name*. Return what is not as it was."""
    ours, theirs = major(await version(connection)), major(manifest.server_version)
    if theirs > ours:
        raise BackupError(f"{manifest.id} is of PostgreSQL {theirs}, this server is {ours}")
    await _make_roles(connection, manifest.roles)
    restorer = program("pg_restore", max(manifest.dump_version, ours))
    async with writing(restorer, Target.of(url, name, QUICK), WORDS) as running:
        await _feed(shelf, manifest, running)
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


async def _feed(shelf: Shelf, manifest: Manifest, running: Running) -> None:
    import zstandard  # noqa: PLC0415 - start-up

    # It does nothing with it but write.
    pipe = cast("IO[bytes]", running)
    unpacker = zstandard.ZstdDecompressor().stream_writer(pipe)
    try:
        async for chunk in shelf.dump(manifest.id):
            await asyncio.to_thread(unpacker.write, chunk)
    except zstandard.ZstdError:
        raise BackupError(f"the dump of {manifest.id} is damaged") from None
    except BrokenPipeError:  # it has ended, and says why
        pass
    running.pipe.close()
    await running.end()
