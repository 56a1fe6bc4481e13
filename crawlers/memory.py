"""What a spider may know of the store: its marks, and which items are there."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from crawlers.items.base import Item
from crawlers.storage import marks, queries
from crawlers.storage.database import Database


class Memory:
    """The memory of one source. The database is opened at the first question."""

    def __init__(
        self, database: Database, source: str, found: Callable[[int], None] = lambda _: None
    ) -> None:
        """Remember what *source* has committed to *database*.

        *found* hears how many were known each time that this is asked: what is stored and need not
        be read again is something that a crawl has, too.
        """
        self._database = database
        self._source = source
        self._found = found

    async def get(self, key: str) -> Any:
        """Return the value of the mark *key* (plain JSON), or None. Raises StorageError."""
        return await marks.get_mark(self._database, self._source, key)

    async def known(
        self,
        item_class: type[Item],
        keys: Iterable[Any],
        newer_than: datetime | None = None,
        having: Mapping[str, Any] | None = None,
    ) -> set[Any]:
        """Return those of *keys* that are stored, by whichever source. Raises StorageError.

        A key is the identity's value, or the tuple of its values where it has several. With
        *newer_than*, only rows seen since that instant count; a sighting is kept to within 60 s.
        With *having*, only rows whose columns have these values; ``...`` is any value but null.
        """
        known = await queries.known(self._database, item_class, keys, newer_than, having)
        self._found(len(known))
        return known

    async def marked(self, keys: Iterable[str]) -> set[str]:
        """Return those of *keys* that name a mark of the source. Raises StorageError."""
        return await marks.marked(self._database, self._source, keys)

    async def values(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the values of those of *keys* that name a mark. Raises StorageError."""
        return await marks.get_marks(self._database, self._source, keys)

    async def claim(self, key: str, value: Any) -> bool:
        """Set the mark *key* to *value*, unless that is its value. Tell whether it was set.

        Of several that claim the same value one is told so, or none where the answer of the
        database was lost. Raises StorageError.
        """
        return await marks.claim_mark(self._database, self._source, key, value)
