"""Group commit: harvests that wait at the same time share one transaction.

Nothing lingers: as soon as a commit returns, all that waits meanwhile is the next batch. An idle
writer stores a lone harvest at once; a busy one fills its batches by itself.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Self

from psycopg import Error

from crawlers.errors import StorageError
from crawlers.harvest import Harvest
from crawlers.storage.batch import find_poison, write
from crawlers.storage.database import Database, blames_row
from crawlers.storage.pending import Pending, Stored, prepare

__all__ = ["Stored", "Writer"]

FLUSHERS = 2
"""Batches on their way at once: while one waits for PostgreSQL, the next is being encoded.

They may commit in any order. Keys are sorted, so they do not wait for each other in a circle. An
older observation does not replace a newer one, with one exception: a newer one that only confirmed
the row, less than `SIGHTING_S` after it was written, has left no trace and guards nothing. The next
observation puts that right.
"""

logger = logging.getLogger(__name__)


class Writer:
    """Stores harvests, each whole or not at all. For one event loop.

    A batch takes whole harvests up to *max_rows* rows. `store` waits while *max_waiting* rows are
    queued, so memory is bounded: by these and the batches on their way. An empty queue takes a
    harvest of any size.
    """

    def __init__(
        self,
        database: Database,
        *,
        max_rows: int = 2000,
        max_waiting: int = 10_000,
        committed: Callable[[int], None] | None = None,
    ) -> None:
        """Write to *database*; call `open` before `store`. *committed* hears of each batch."""
        self._committed = committed
        self._database = database
        self._max_rows = max_rows
        self._max_waiting = max_waiting
        self._queue: deque[Pending] = deque()
        self._queued_rows = 0
        self._unfinished: set[Pending] = set()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._closing = False
        self._flusher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to write. The database is opened by the first harvest."""
        self._flusher = asyncio.create_task(self._flush_forever(), name="flusher")
        self._flusher.add_done_callback(self._flusher_ended)

    async def __aenter__(self) -> Self:
        """Open."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Write what still waits, then stop. The database stays open."""
        self._closing = True
        self._wake.set()
        if self._flusher is not None:
            await asyncio.wait([self._flusher])

    async def store(self, harvest: Harvest) -> Stored:
        """Store *harvest*; return when it is committed.

        Raises StorageError when it could not be stored: an item without a table, a database that
        stayed away, a writer that is closed or has died. Then nothing of it is stored.
        """
        pending = prepare(harvest)
        while self._is_open() and self._queue and self._is_full(pending):
            self._room.clear()
            await self._room.wait()
        if not self._is_open():
            raise StorageError("the writer is not open")
        self._queue.append(pending)
        self._queued_rows += len(pending.rows)
        self._unfinished.add(pending)
        self._wake.set()
        try:
            return await pending.done
        finally:
            self._unfinished.discard(pending)

    def _is_open(self) -> bool:
        return self._flusher is not None and not self._flusher.done() and not self._closing

    def _is_full(self, pending: Pending) -> bool:
        return self._queued_rows + len(pending.rows) > self._max_waiting

    async def _flush_forever(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(FLUSHERS):
                group.create_task(self._flush())

    async def _flush(self) -> None:
        while self._queue or not self._closing:
            if self._queue:
                await self._store(self._take())
            else:
                self._wake.clear()
                await self._wake.wait()

    def _flusher_ended(self, flusher: asyncio.Task[None]) -> None:
        self._room.set()
        error = None if flusher.cancelled() else flusher.exception()
        if error is not None:
            logger.error("The writer died", exc_info=error)
        for pending in self._unfinished:
            _fail(pending, error or asyncio.CancelledError("the writer was stopped"))

    def _take(self) -> list[Pending]:
        batch = [self._queue.popleft()]
        rows = len(batch[0].rows)
        # A harvest without rows still costs something: count one for each.
        while self._queue and rows + len(batch) + len(self._queue[0].rows) <= self._max_rows:
            rows += len(self._queue[0].rows)
            batch.append(self._queue.popleft())
        self._queued_rows -= rows
        self._room.set()
        return batch

    async def _store(self, batch: list[Pending]) -> None:
        try:
            outcomes = await self._database.run(partial(write, batch=batch))
        except StorageError as error:
            for pending in batch:
                _fail(pending, error)
        except Error as error:
            if len(batch) == 1:
                await self._store_lone(batch[0], error)
            else:
                middle = len(batch) // 2
                await self._store(batch[:middle])
                await self._store(batch[middle:])
        else:
            if self._committed:
                self._committed(sum(len(pending.rows) for pending in batch))
            for pending, outcome in zip(batch, outcomes, strict=True):
                if not pending.done.done():
                    pending.done.set_result(outcome)

    async def _store_lone(self, pending: Pending, error: Error) -> None:
        """Quarantine the rows that PostgreSQL refuses and store the rest of the harvest."""
        try:
            rows = pending.rows if blames_row(error) else []
            poison = await self._database.run(partial(find_poison, pending=pending, rows=rows))
        except (StorageError, Error) as failure:
            _fail(pending, failure)
            return
        if not poison:
            _fail(pending, error)
            return
        logger.warning("%d rows of %s quarantined: %s", len(poison), pending.harvest.url, error)
        for row, reason in poison:
            pending.condemn(row, reason)
        await self._store([pending])


def _fail(pending: Pending, error: BaseException) -> None:
    if pending.done.done():
        return
    failure = StorageError(f"{pending.harvest.url} could not be stored: {error}")
    failure.__cause__ = error
    pending.done.set_exception(failure)
