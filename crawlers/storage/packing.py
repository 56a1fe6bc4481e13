"""Bodies hashed and compressed: small ones at once, large ones in a thread."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")

LEVEL = 3

INLINE_BYTES = 256 * 1024
"""Bodies below it are compressed on the loop, in about half a millisecond at most: cheaper than
the way to a thread and back."""


class Packer:
    """Compresses bodies, all small ones with one compressor. For one event loop."""

    def __init__(self) -> None:
        """Make the compressor."""
        import zstandard  # noqa: PLC0415 - start-up

        self._compressor = zstandard.ZstdCompressor(level=LEVEL)

    async def packed(self, body: bytes) -> bytes:
        """Return *body* as a zstd frame."""
        return await _sized(self._packed, body)

    def _packed(self, body: bytes) -> bytes:
        if len(body) < INLINE_BYTES:
            return self._compressor.compress(body)
        import zstandard  # noqa: PLC0415 - start-up

        return zstandard.ZstdCompressor(level=LEVEL).compress(body)  # one for each thread


async def digest_of(body: bytes) -> str:
    """Return the SHA-256 of *body* in hex."""
    return await _sized(_digest, body)


async def unpacked(packed: bytes) -> bytes | None:
    """Return the body of a zstd frame, or None for one that is damaged."""
    return await _sized(_unpacked, packed)


async def _sized(function: Callable[[bytes], T], body: bytes) -> T:
    if len(body) < INLINE_BYTES:
        return function(body)
    return await asyncio.to_thread(function, body)


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def _unpacked(packed: bytes) -> bytes | None:
    import zstandard  # noqa: PLC0415 - start-up

    try:
        # Piece by piece: a damaged frame may claim any size.
        return zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    except zstandard.ZstdError:
        return None
