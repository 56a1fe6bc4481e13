"""Make a backup: the dump and the sums of its tables are of one snapshot."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

from psycopg.types.json import Jsonb

from crawlers.config import Config
from crawlers.errors import BackupError
from crawlers.storage.backups.manifest import Manifest, new_id
from crawlers.storage.backups.pipes import Reading, reading
from crawlers.storage.backups.programs import Target, program
from crawlers.storage.backups.servers import (
    ask,
    connected,
    major,
    server,
    take_lock,
    version,
)
from crawlers.storage.backups.shelf import Shelf
from crawlers.storage.backups.sums import sums

T = TypeVar("T")

LEVEL = 3
"""Of zstd."""
CHUNK_BYTES = 1024 * 1024
WORDS = ("--format=custom", "--compress=0", "--lock-wait-timeout=30s")

REVISION = "select version_num from public.alembic_version"
ROLES = """
select coalesce(array_agg(rolname::text order by rolname), '{}') from pg_roles
where rolname !~ '^pg_' and oid in (
    select unnest(polroles) from pg_policy
    union select acl.grantee from pg_class, aclexplode(relacl) as acl
          where relnamespace = 'public'::regnamespace
    union select acl.grantee from pg_namespace, aclexplode(nspacl) as acl
          where nspname = 'public')
"""
NOTE = """
insert into public.marks (source, key, value, updated_at)
values ('kernel', 'backup/last', %s, now())
on conflict (source, key) do update set value = excluded.value, updated_at = excluded.updated_at
"""
"""For whoever watches the age of the last good one."""


@dataclass
class Passed:
    """What has passed so far: bytes of the dump, and of what is stored of it."""

    dump_bytes: int = 0
    size: int = 0
    digest: Any = field(default_factory=sha256)


async def back_up(config: Config, shelf: Shelf) -> Manifest:
    """Make a backup of the database of *config* in *shelf*. Raises BackupError."""
    async with server(config) as url, connected(url) as connection:
        await take_lock(connection)
        number = await version(connection)
        dumper = program("pg_dump", major(number))
        await connection.execute("begin isolation level repeatable read read only")
        snapshot = await ask(connection, "select pg_export_snapshot()")
        started_at = datetime.now(UTC)
        identity, passed = new_id(started_at), Passed()
        if not await ask(connection, "select to_regclass('public.alembic_version') is not null"):
            raise BackupError("there is nothing to back up: the database has no tables of ours")
        words = [*WORDS, f"--snapshot={snapshot}"]
        async with reading(dumper, Target.of(url), words) as running:
            tables = await _both(
                sums(connection), shelf.write_dump(identity, _packed(running, passed))
            )
        manifest = Manifest(
            id=identity,
            started_at=started_at,
            finished_at=datetime.now(UTC),
            server_version=number,
            dump_version=dumper.version,
            revision=await ask(connection, REVISION),
            dump_bytes=passed.dump_bytes,
            size=passed.size,
            sha256=passed.digest.hexdigest(),
            roles=tuple(await ask(connection, ROLES)),
            tables=tables,
        )
        await shelf.write_manifest(manifest)
        await connection.execute("commit")
        await connection.execute(NOTE, [Jsonb({"id": identity, "size": passed.size})])
    return manifest


async def _both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, None]) -> T:
    """Do both at once, and return what the *first* does. What fails ends the other."""
    try:
        async with asyncio.TaskGroup() as group:
            found = group.create_task(first)
            group.create_task(second)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return found.result()


async def _packed(running: Reading, passed: Passed) -> AsyncIterator[bytes]:
    """Yield what the program writes, as one frame of zstd; fail where the program does."""
    import zstandard  # noqa: PLC0415 - start-up

    packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
    buffer = memoryview(bytearray(CHUNK_BYTES))

    def some() -> tuple[bytes, bool]:
        count = running.read_into(buffer)
        passed.dump_bytes += count
        packed = packer.compress(buffer[:count]) if count else packer.flush()
        passed.size += len(packed)
        passed.digest.update(packed)
        return packed, not count

    is_over = False
    while not is_over:
        packed, is_over = await asyncio.to_thread(some)
        if is_over:
            await running.end()  # what is not the whole dump is never stored
        if packed:
            yield packed
