"""The place where backups are kept: a bucket or a folder of their own."""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawlers.config import Config
from crawlers.errors import BackupError
from crawlers.storage.backups.manifest import (
    PLACE,
    Manifest,
    dump_key,
    identity_of,
    manifest_key,
)
from crawlers.storage.object_stores import folder_of, opened
from crawlers.storage.refusals import reason_of

if TYPE_CHECKING:
    from obstore import ObjectMeta

KEPT = timedelta(days=7)
UNFINISHED = timedelta(days=1)
"""A dump without manifest that is older belongs to nobody any more."""
PART_BYTES = 16 * 1024 * 1024
"""Of a part of an upload; S3 takes 10,000 of them."""
AT_ONCE = 4
MANIFEST_MAX = 1024 * 1024
PROBE_KEY = f"{PLACE}probe"
PROBE = b"Written by scrapy storage to try the store. May be removed.\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup as the store has it. What is wrong with it is its *problem*."""

    id: str
    size: int
    modified_at: datetime
    manifest: Manifest | None
    problem: str | None

    @property
    def is_good(self) -> bool:
        """Whether it is whole, as far as the store can tell."""
        return self.problem is None


class Shelf:
    """The backups in ``file:///folder`` or ``s3://bucket/prefix``. Raises BackupError."""

    def __init__(self, config: Config) -> None:
        """Open the place that *config* names. Nothing is sent yet."""
        url = backup_url(config)
        self.url = re.sub("//[^/@]*@", "//", url)
        self._folder = folder_of(url)
        try:
            self._store = opened(url, config.aws_endpoint_url, retries=10)
        except Exception as error:
            raise self._error(error) from error

    async def all(self) -> list[Kept]:
        """Return every backup, also what is left of those that were cut off; the newest first."""
        sizes: dict[str, dict[str, ObjectMeta]] = defaultdict(dict)
        try:
            async for chunk in self._store.list(PLACE):
                for one in chunk:
                    if identity := identity_of(one["path"]):
                        sizes[identity][one["path"]] = one
        except Exception as error:
            raise self._error(error) from error
        return [await self._kept(one, sizes[one]) for one in sorted(sizes, reverse=True)]

    async def find(self, identity: str | None) -> Manifest:
        """Return the manifest of *identity*, or of the newest good backup."""
        kept = await self.all()
        if identity is None:
            for one in kept:
                if one.is_good and one.manifest:
                    return one.manifest
            raise BackupError(f"there is no good backup in {self.url}")
        for one in kept:
            if one.id == identity:
                if one.manifest is None or one.problem:
                    raise BackupError(f"{identity} cannot be used: {one.problem}")
                return one.manifest
        raise BackupError(f"there is no backup {identity[:60]!r} in {self.url}")

    async def probe(self) -> None:
        """Prove that it can be written to."""
        try:
            await self._store.put_async(PROBE_KEY, PROBE, use_multipart=False)
        except Exception as error:
            raise self._error(error) from error

    async def write_dump(self, identity: str, chunks: AsyncIterable[bytes]) -> None:
        """Store the dump of *identity*: all of it or nothing that could be read."""
        try:
            await self._store.put_async(
                dump_key(identity), chunks, chunk_size=PART_BYTES, max_concurrency=AT_ONCE
            )
        except BackupError:
            raise
        except Exception as error:
            raise self._error(error) from error

    async def write_manifest(self, manifest: Manifest) -> None:
        """Make a good backup of it: this comes last."""
        text = manifest.model_dump_json(indent=1).encode()
        try:
            await self._store.put_async(manifest_key(manifest.id), text, use_multipart=False)
        except Exception as error:
            raise self._error(error) from error

    async def dump(self, identity: str) -> AsyncIterator[bytes]:
        """Yield the stored bytes of *identity*."""
        try:
            result = await self._store.get_async(dump_key(identity))
            async for chunk in result.stream(min_chunk_size=1024 * 1024):
                yield bytes(chunk)
        except Exception as error:
            raise self._error(error) from error

    async def remove(self, identity: str) -> None:
        """Remove it, its manifest first: what is half removed is no good backup."""
        for key in (manifest_key(identity), dump_key(identity)):
            try:
                await self._store.delete_async(key)
            except FileNotFoundError:
                continue
            except Exception as error:
                raise self._error(error) from error

    async def prune(self) -> list[str]:
        """Remove what is older than it is kept, never the last good one. Return what went."""
        kept, now = await self.all(), datetime.now(UTC)
        last_good = next((one.id for one in kept if one.is_good), None)
        old = [
            one.id
            for one in kept
            if one.id != last_good
            and now - one.modified_at > (KEPT if one.manifest else UNFINISHED)
        ]
        for identity in old:
            await self.remove(identity)
        if self._folder:
            await asyncio.to_thread(_remove_parts, self._folder)
        return old

    async def _kept(self, identity: str, objects: "dict[str, ObjectMeta]") -> Kept:
        dump, note = objects.get(dump_key(identity)), objects.get(manifest_key(identity))
        newest = max(one["last_modified"] for one in objects.values())
        size = dump["size"] if dump else 0
        manifest: Manifest | None = None
        problem: str | None = "it was not finished"
        if note:
            manifest, problem = await self._manifest(identity, note["size"])
        if manifest and not problem and size != manifest.size:
            problem = f"its dump has {size:,} bytes instead of {manifest.size:,}"
        return Kept(identity, size, newest, manifest, problem)

    async def _manifest(self, identity: str, size: int) -> "tuple[Manifest | None, str | None]":
        if size > MANIFEST_MAX:
            return None, f"the manifest of {identity} is too large"
        try:
            result = await self._store.get_async(manifest_key(identity))
            return Manifest.read(identity, bytes(await result.bytes_async())), None
        except BackupError as error:
            return None, str(error)
        except Exception as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> BackupError:
        return BackupError(f"backups in {self.url}: {reason_of(error, '')}")


def backup_url(config: Config) -> str:
    """Return the address of the configured place; by default a folder in the home."""
    return config.backup_store_url or (config.home / "backups").as_uri()


def _remove_parts(folder: Path) -> None:
    """Remove what a killed run left of a file: a store of objects shows it to nobody."""
    for part in folder.glob(f"{PLACE}*#*"):
        if not identity_of(f"{PLACE}{part.name}"):
            continue
        if time.time() - part.stat().st_mtime > UNFINISHED.total_seconds():
            part.unlink(missing_ok=True)
