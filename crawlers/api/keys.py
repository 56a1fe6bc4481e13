"""The credentials that were shown lately, so that not every request asks the database."""

import asyncio
import time
from collections import OrderedDict

from crawlers.api.identity import IdentityProvider, Token
from crawlers.storage.credentials import Opened, Shown, find
from crawlers.storage.database import Database

FRESH_S = 5.0
"""A credential that is revoked opens nothing after so long."""
REMEMBERED = 10_000

Name = tuple[str, str]
Credential = Shown | Token


class KeyRing:
    """Credentials by id, as they were some seconds ago. For one event loop."""

    def __init__(self, database: Database, identity: IdentityProvider | None) -> None:
        """Ask *database* for what is not known, and *identity* for what others have signed."""
        self._database = database
        self._identity = identity
        self._known: OrderedDict[Name, tuple[float, Opened | None]] = OrderedDict()
        self._asked: dict[Name, asyncio.Task[Opened | None]] = {}

    def knows(self, shown: Credential) -> bool:
        """Tell whether *shown* has opened something before: whoever shows it does not guess."""
        _, found = self._known.get((shown.kind, shown.id), (0, None))
        return found is not None and found.opens_with(shown)

    async def opened_by(self, shown: Credential) -> Opened | None:
        """Return what *shown* opens; None for what opens nothing. Raises StorageError."""
        until, found = self._known.get((shown.kind, shown.id), (0, None))
        if until <= time.monotonic():
            found = await self._ask(shown)
        return found if found is not None and found.opens_with(shown) else None

    def forget(self, whose: str) -> None:
        """Ask anew for what belongs to a session, a person or a key: it has changed here."""
        for name, (_, found) in list(self._known.items()):
            if found and whose in {found.session_id, found.user_id, found.key_id}:
                del self._known[name]

    async def _ask(self, shown: Credential) -> Opened | None:
        """Ask once, however many requests show the same at the same time."""
        name = (shown.kind, shown.id)
        task = self._asked.get(name)
        if task is None:
            task = self._asked[name] = asyncio.create_task(self._load(shown))
            task.add_done_callback(lambda _: self._asked.pop(name, None))
        return await asyncio.shield(task)

    async def _load(self, shown: Credential) -> Opened | None:
        if isinstance(shown, Shown):
            found = await find(self._database, shown)
        else:
            found = await self._identity.find(shown) if self._identity is not None else None
        name = (shown.kind, shown.id)
        self._known[name] = (time.monotonic() + FRESH_S, found)
        self._known.move_to_end(name)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found
