"""Raw pages in an object store, under the hash of their content: a folder, or S3.

Writing the same body again is harmless, whoever does it and however often. A folder is never
synced to its disk: what was put survives the end of every process, not a loss of power.
"""

import asyncio
import logging
import re
import time
from typing import TYPE_CHECKING, Literal

from crawlers.config import Config
from crawlers.errors import MissingObjectError, RawStoreError
from crawlers.storage.object_stores import opened
from crawlers.storage.packing import Packer, digest_of, unpacked
from crawlers.storage.refusals import UNSUPPORTED, reason_of

if TYPE_CHECKING:
    from obstore.store import ObjectStore

logger = logging.getLogger(__name__)

IN_FLIGHT = 32
REMEMBERED = 4096
REMEMBERED_S = 3600.0
"""So long a body that was put is taken to be there: what sweeps the store waits for longer."""
CONFLICTS = 6
"""How often a write is tried that meets another one (409), with growing pauses."""
KEPT = "raw/v1/sha256"
ASIDE = "raw/v1/aside"
PROBE_KEY = "raw/v1/probe"
PROBE = b"Written by scrapy storage to try the store. May be removed.\n"


class RawStore:
    """Bodies by the SHA-256 of what was fetched, stored as zstd. For one event loop."""

    def __init__(self, url: str, endpoint: str | None = None) -> None:
        """Open ``file:///folder`` (made when missing) or ``s3://bucket/prefix``.

        *endpoint* is the address of an S3 server that is not AWS; only where it says http is
        plain http allowed. Credentials and region come from the usual AWS variables.
        Nothing is sent before the first call. Raises RawStoreError.
        """
        self.url = re.sub("//[^/@]*@", "//", url)
        self._endpoint = endpoint
        self._store = self._opened(retries=30)
        self._packer = Packer()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._recent: dict[str, float] = {}
        self._conditional = True

    async def put(self, body: bytes) -> str:
        """Keep *body* and return its SHA-256 in hex. Raises RawStoreError."""
        digest = await digest_of(body)
        if time.monotonic() > self._recent.get(digest, 0.0):
            async with self._slots:
                packed = await self._packer.packed(body)
                await self._write(self._store, key_of(digest), packed)
            self._remember(digest)
        return digest

    async def get(self, digest: str) -> bytes:
        """Return the body with that SHA-256.

        Raises MissingObjectError for one that is not there, RawStoreError for one that is damaged.
        """
        packed = await self._read(key_of(digest))
        if packed is None:
            packed = await self._read(aside_of(digest))
        if packed is None:
            raise MissingObjectError(f"raw store {self.url}: no object {digest}")
        body = await unpacked(packed)
        if body is None or await digest_of(body) != digest:
            raise RawStoreError(f"raw store {self.url}: object {digest} is damaged")
        return body

    async def remove(self, digest: str) -> None:
        """Remove the body with that SHA-256, if it is there. Raises RawStoreError."""
        self._recent.pop(digest, None)
        for key in (key_of(digest), aside_of(digest)):
            try:
                await self._store.delete_async(key)
            except FileNotFoundError as error:
                self._check_missing(error)
            except Exception as error:
                raise self._error(error) from error

    async def probe(self) -> bool:
        """Prove credentials, bucket, clock and the right to write; give up after few seconds.

        Returns whether the store honours conditional writes. Where it does not, later writes
        ask first and then overwrite. Raises RawStoreError with a plain reason.
        """
        store = self._opened(retries=2)
        await self._write(store, PROBE_KEY, PROBE)
        if self._conditional and await self._create(store, PROBE_KEY, PROBE):
            self._give_up_conditions()
        return self._conditional

    def _give_up_conditions(self) -> None:
        """Overwrite from now on, which is harmless: equal keys have equal content."""
        if self._conditional:
            logger.warning("raw store %s ignores conditional writes", self.url)
        self._conditional = False

    async def _read(self, key: str) -> bytes | None:
        """Return what is stored as *key*, None for nothing."""
        try:
            result = await self._store.get_async(key)
            return bytes(await result.bytes_async())
        except FileNotFoundError as error:
            self._check_missing(error)
            return None
        except Exception as error:
            raise self._error(error) from error

    async def _write(self, store: "ObjectStore", key: str, packed: bytes) -> None:
        if self._conditional:
            try:
                await self._create(store, key, packed)
            except RawStoreError as error:
                if not UNSUPPORTED.search(str(error)):
                    raise
                self._give_up_conditions()
            else:
                return
        try:
            await store.head_async(key)
        except FileNotFoundError:
            await self._put(store, key, packed, "overwrite")
        except Exception as error:
            raise self._error(error) from error

    async def _create(self, store: "ObjectStore", key: str, packed: bytes) -> bool:
        """Write unless *key* exists. Return whether it was written."""
        for attempt in range(CONFLICTS):
            written = await self._put(store, key, packed, "create")
            if written is not None:
                return written
            await asyncio.sleep(0.05 * 2**attempt)
        raise RawStoreError(f"raw store {self.url}: other writers did not let go of {key}")

    async def _put(
        self, store: "ObjectStore", key: str, packed: bytes, mode: Literal["create", "overwrite"]
    ) -> bool | None:
        """Return whether *packed* was written; None when another write was in the way."""
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415 - start-up

        try:
            await store.put_async(key, packed, mode=mode, use_multipart=False)
        except AlreadyExistsError as error:
            # obstore says the same for 412, an object that is there, and for 409, a race.
            return None if "409 Conflict" in str(error) else False
        except Exception as error:
            raise self._error(error) from error
        return True

    def _remember(self, digest: str) -> None:
        self._recent[digest] = time.monotonic() + REMEMBERED_S
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]

    def _opened(self, retries: int) -> "ObjectStore":
        try:
            return opened(self.url, self._endpoint, retries)
        except Exception as error:
            raise self._error(error) from error

    def _check_missing(self, error: Exception) -> None:
        """Raise RawStoreError where not only the object is missing, but its bucket."""
        if reason := reason_of(error, " ").strip():
            raise self._error(error, reason) from None

    def _error(self, error: Exception, reason: str = "") -> RawStoreError:
        return RawStoreError(f"raw store {self.url}: {reason_of(error, reason)}")


def raw_store_for(config: Config) -> RawStore:
    """Open the store that the configuration names; by default a folder in the home."""
    return RawStore(raw_url(config), config.aws_endpoint_url)


def raw_url(config: Config) -> str:
    """Return the address of the configured store."""
    return config.raw_store_url or (config.home / "raw").as_uri()


def key_of(digest: str) -> str:
    """Return the object's name for the SHA-256 *digest* in hex. RawStoreError if it is none."""
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise RawStoreError(f"not a SHA-256 in hex: {digest[:80]!r}")
    return f"{KEPT}/{digest[:2]}/{digest[2:4]}/{digest}.zst"


def aside_of(digest: str) -> str:
    """Return the name under which an object that nobody names waits for its end."""
    return f"{ASIDE}/{digest[:2]}/{digest}.zst"
