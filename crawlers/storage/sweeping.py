"""Objects of the raw store that no row names, found and removed in two steps.

A crawl finds that an object is there, does not write it again, and writes its row later. So nothing
is removed at once: an object that no row names is set aside, where it can still be read, and goes
when no row has come to name it meanwhile. One that is named after all is put back.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg import AsyncConnection

from crawlers.errors import CrawlersError, RawStoreError
from crawlers.storage.database import Database
from crawlers.storage.object_stores import opened
from crawlers.storage.raw import ASIDE, KEPT, aside_of, key_of
from crawlers.storage.refusals import reason_of

if TYPE_CHECKING:
    from obstore.store import ObjectStore

LEAST_GRACE: Final = timedelta(hours=6)
"""More than a crawl remembers what it has put, and takes to write a row, together."""
BATCH: Final = 1000
AT_ONCE: Final = 32

NAMELESS: Final = """
select digest from unnest(%s::text[]) as digest
where not exists (select from raw_pages where sha256 = digest)
  and not exists (select from quarantine where sha256 = digest)
"""


class Where(NamedTuple):
    """The address of a store, and of an S3 server that is not AWS."""

    url: str
    endpoint: str | None


class Sweep:
    """Goes once through a store. *counts* says what it did, or would do."""

    def __init__(
        self, database: Database, where: Where, end: datetime, *, dry_run: bool = False
    ) -> None:
        """Sweep what has not changed since *end*, or with *dry_run* only count it."""
        self.counts: Counter[str] = Counter()
        self._database = database
        self._store: ObjectStore = opened(where.url, where.endpoint, retries=10)
        self._end = end
        self._is_dry = dry_run

    async def run(self) -> None:
        """Remove or put back what was set aside, then set aside what nobody names."""
        try:
            async for digests in self._listed(ASIDE):
                await self._settle(digests)
            async for digests in self._listed(KEPT):
                self.counts["looked at"] += len(digests)
                nameless = await self._nameless(self._old(digests))
                await self._each("set aside", self._set_aside, sorted(nameless))
        except CrawlersError:
            raise
        except Exception as error:
            raise RawStoreError(f"raw store: {reason_of(error, '')}") from error

    async def _listed(self, prefix: str) -> AsyncIterator[dict[str, datetime]]:
        """Yield the digests below *prefix* and their ages, as many at a time as are looked up."""
        async for chunk in self._store.list(prefix, chunk_size=BATCH):
            yield {
                one["path"].rpartition("/")[2].removesuffix(".zst"): one["last_modified"]
                for one in chunk
            }

    def _old(self, digests: dict[str, datetime]) -> list[str]:
        return [digest for digest, at in digests.items() if at < self._end]

    async def _settle(self, digests: dict[str, datetime]) -> None:
        nameless = await self._nameless(list(digests))
        named = sorted(digests.keys() - nameless)
        await self._each("put back", self._put_back, named)
        over = sorted(nameless.intersection(self._old(digests)))
        await self._each("removed", self._remove, over)

    async def _nameless(self, digests: Sequence[str]) -> set[str]:
        async def work(connection: AsyncConnection[Any]) -> set[str]:
            cursor = await connection.execute(NAMELESS, [list(digests)])
            return {row[0] for row in await cursor.fetchall()}

        return await self._database.run(work) if digests else set()

    async def _each(
        self, what: str, act: Callable[[str], Awaitable[None]], digests: Sequence[str]
    ) -> None:
        for begin in range(0, len(digests), AT_ONCE):
            some = digests[begin : begin + AT_ONCE]
            if not self._is_dry:
                await asyncio.gather(*map(act, some))
            self.counts[what] += len(some)

    async def _set_aside(self, digest: str) -> None:
        await self._move(key_of(digest), aside_of(digest))

    async def _put_back(self, digest: str) -> None:
        await self._move(aside_of(digest), key_of(digest))

    async def _move(self, old: str, new: str) -> None:
        # Written anew, not renamed: from now on its age is the time that it has waited.
        with suppress(FileNotFoundError):  # somebody else was first
            packed = await (await self._store.get_async(old)).bytes_async()
            await self._store.put_async(new, packed, use_multipart=False)
            await self._store.delete_async(old)

    async def _remove(self, digest: str) -> None:
        with suppress(FileNotFoundError):
            await self._store.delete_async(aside_of(digest))
