"""A harvest made ready for writing, and what became of it."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from psycopg import Error

from crawlers.errors import StorageError
from crawlers.harvest import Harvest
from crawlers.items.base import Item
from crawlers.storage.kernel import quarantined, records_of
from crawlers.storage.replaced import Sighting, sightings_of
from crawlers.storage.tables import Row, provenance, table_of
from crawlers.storage.text import json_text


@dataclass(slots=True)
class Stored:
    """What became of a harvest: rows by table and state; rejects are under ``quarantine``."""

    tables: dict[str, Counter[str]] = field(default_factory=dict)
    cleaned: int = 0
    """Rows that held NUL or lone surrogates."""

    @property
    def new(self) -> int:
        """Rows that were not there."""
        return self._total("new")

    @property
    def changed(self) -> int:
        """Rows whose values were replaced."""
        return self._total("changed")

    @property
    def unchanged(self) -> int:
        """Rows that were there already, or older than what was there."""
        return self._total("unchanged")

    @property
    def quarantined(self) -> int:
        """Rows that PostgreSQL refused, rejected parts of the page, the page itself."""
        return self._total("quarantined")

    @property
    def removed(self) -> int:
        """Rows that were there, and that a newer sighting of their owner did not bring."""
        return self._total("removed")

    def add_removed(self, table: str, count: int) -> None:
        """Count *count* rows that were deleted from *table*."""
        self.tables.setdefault(table, Counter())["removed"] += count

    def _total(self, state: str) -> int:
        return sum(counts[state] for counts in self.tables.values())


@dataclass(slots=True, eq=False)
class Pending:
    """A harvest made ready for writing, and who waits for it.

    *ending* is the rest of every line: *provenance*, and when the row was seen first.
    """

    harvest: Harvest
    provenance: str
    ending: str
    rows: list[Row]
    records: dict[str, list[str]]
    done: asyncio.Future[Stored]
    sightings: list[Sighting] = field(default_factory=list)
    poisoned: Counter[str] = field(default_factory=Counter)

    def condemn(self, row: Row, error: Error) -> None:
        """Send *row* to the quarantine instead of its table."""
        self.rows.remove(row)
        place = f"{row.table.name} {json_text(row.key)}"
        reason = f"{type(error).__name__}: {error.diag.message_primary or error}"
        self.records["quarantine"].append(
            quarantined(self.harvest, place, reason, row.cells.encode(errors="replace"))
        )
        self.poisoned[row.table.name] += 1

    def stored(self) -> Stored:
        """Return the outcome as far as it is known before writing: nothing was new."""
        tables: dict[str, Counter[str]] = defaultdict(Counter)
        for name, count in Counter([row.table.name for row in self.rows]).items():
            tables[name]["unchanged"] = count
        for name, count in self.poisoned.items():
            tables[name]["quarantined"] += count
        rejected = len(self.records["quarantine"]) - self.poisoned.total()
        if rejected:
            tables["quarantine"]["quarantined"] = rejected
        return Stored(dict(tables), sum(row.cleaned for row in self.rows))


def prepare(harvest: Harvest) -> Pending:
    """Encode *harvest*. Raises StorageError for an item that is none of ours, or has no JSON."""
    groups: dict[type[Item], list[Item]] = defaultdict(list)
    for item in harvest.items:
        if not isinstance(item, Item):
            raise StorageError(
                f"{harvest.url}: a {type(item).__name__} cannot be stored, only items with a table"
            )
        for one in item.rows() if item.owned else (item,):
            groups[type(one)].append(one)
    rows = [row for group, items in groups.items() for row in table_of(group).rows(items)]
    try:
        records = records_of(harvest)
    except ValueError as error:
        raise StorageError(f"{harvest.url}: a mark is not plain JSON: {error}") from error
    owners = [item for group, items in groups.items() if group.replaces for item in items]
    sightings = list(sightings_of(owners, harvest.fetched_at))
    origin = provenance(harvest.source, harvest.url, harvest.fetched_at)
    ending = f"{origin}{harvest.fetched_at}"
    done = asyncio.get_running_loop().create_future()
    return Pending(harvest, origin, ending, rows, records, done, sightings)
