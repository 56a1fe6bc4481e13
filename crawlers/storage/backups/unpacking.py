"""The dump of a backup as a file, because pg_restore reads one by several connections at once."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, cast

from crawlers.errors import BackupError
from crawlers.storage.backups.manifest import Manifest
from crawlers.storage.backups.shelf import Shelf

NAME = "restore.dump"
"""Always the same: the next run writes over what a killed one left."""


class _Bounded:
    """A file that takes no more than it is to have, whatever a packed byte unpacks to."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        """Take *size* bytes."""
        self._file = file
        self.left = size

    def write(self, data: bytes) -> int:
        """Write all of *data*. Raises ValueError for too much."""
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("too much")
        return self._file.write(data)


@asynccontextmanager
async def unpacked(shelf: Shelf, manifest: Manifest, home: Path) -> AsyncIterator[Path]:
    """Unpack the dump of *manifest* into a file in *home*, which goes at the end.

    Raises BackupError for one that is not what was backed up, or that there is no room for.
    """
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    if (free := shutil.disk_usage(home).free) < manifest.dump_bytes:
        raise BackupError(
            f"{manifest.id} has {manifest.dump_bytes:,} bytes, and {home} has room for {free:,}"
        )
    path = home / NAME
    try:
        await _unpack(shelf, manifest, path)
        yield path
    finally:
        path.unlink(missing_ok=True)


async def _unpack(shelf: Shelf, manifest: Manifest, path: Path) -> None:
    import zstandard  # noqa: PLC0415 - start-up

    digest, size = sha256(), 0
    damaged = BackupError(f"the dump of {manifest.id} is damaged")
    # For nobody else: all that is stored is in it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        bounded = _Bounded(file, manifest.dump_bytes)
        unpacker = zstandard.ZstdDecompressor().stream_writer(cast("IO[bytes]", bounded))
        async for chunk in shelf.dump(manifest.id):
            size += len(chunk)
            await asyncio.to_thread(digest.update, chunk)
            try:
                await asyncio.to_thread(unpacker.write, chunk)
            except (zstandard.ZstdError, ValueError):
                raise damaged from None
            except OSError as error:
                raise BackupError(f"{path}: {error.strerror}") from error
    if (bounded.left, size, digest.hexdigest()) != (0, manifest.size, manifest.sha256):
        raise damaged
