"""The keys that were shown lately, so that not every request asks the database."""

import asyncio
import time
from collections import OrderedDict

from crawlers.storage.api_keys import ApiKey, Shown, find
from crawlers.storage.database import Database

FRESH_S = 5.0
"""A key that is revoked opens nothing after so long."""
REMEMBERED = 10_000


class KeyRing:
    """Keys by id, as they were some seconds ago. For one event loop."""

    def __init__(self, database: Database) -> None:
        """Ask *database* for what is not known."""
        self._database = database
        self._known: OrderedDict[str, tuple[float, ApiKey | None]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[ApiKey | None]] = {}

    def knows(self, shown: Shown) -> bool:
        """Tell whether *shown* has opened something before: whoever shows it does not guess."""
        _, found = self._known.get(shown.id, (0, None))
        return found is not None and found.opens_with(shown)

    async def opened_by(self, shown: Shown) -> ApiKey | None:
        """Return the key that *shown* is; None for one that opens nothing. Raises StorageError."""
        until, found = self._known.get(shown.id, (0, None))
        if until <= time.monotonic():
            found = await self._ask(shown)
        return found if found is not None and found.opens_with(shown) else None

    async def _ask(self, shown: Shown) -> ApiKey | None:
        """Ask once, however many requests show the same key at the same time."""
        task = self._asked.get(shown.id)
        if task is None:
            task = self._asked[shown.id] = asyncio.create_task(self._load(shown))
            task.add_done_callback(lambda _: self._asked.pop(shown.id, None))
        return await asyncio.shield(task)

    async def _load(self, shown: Shown) -> ApiKey | None:
        found = await find(self._database, shown)
        self._known[shown.id] = (time.monotonic() + FRESH_S, found)
        self._known.move_to_end(shown.id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found
