"""One batch of harvests in one transaction: COPY into staging, one upsert for each table."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, Error

from crawlers.errors import StorageError
from crawlers.harvest import Harvest
from crawlers.items.base import Item
from crawlers.storage.database import blames_row
from crawlers.storage.kernel import quarantined, records_of, write_records
from crawlers.storage.tables import Row, Table, provenance, table_of
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
    origin = provenance(harvest.source, harvest.url, harvest.fetched_at)
    done = asyncio.get_running_loop().create_future()
    return Pending(harvest, origin, f"{origin}{harvest.fetched_at}", rows, records, done)


Choice = tuple[Row, Pending, datetime]
"""The row that stays of those with one key, and when the first that differed was observed."""

Chosen = dict[tuple[Any, ...], Choice]


async def write(connection: AsyncConnection[Any], batch: Sequence[Pending]) -> list[Stored]:
    """Write *batch* on *connection*, inside its transaction. Return the outcomes in order."""
    outcomes = {pending: pending.stored() for pending in batch}
    tables = _choose(batch)
    await _stage(connection, tables)
    for table, chosen in sorted(tables.items(), key=_table_name):
        for *key, state in await _upsert(connection, table, chosen):
            if state:
                counts = outcomes[chosen[tuple(key)][1]].tables[table.name]
                counts[state] += 1
                counts["unchanged"] -= 1
    records: dict[str, list[str]] = defaultdict(list)
    for pending in batch:
        for name, found in pending.records.items():
            records[name] += found
    await write_records(connection, records)
    return list(outcomes.values())


def _choose(batch: Sequence[Pending]) -> dict[Table, Chosen]:
    """Of the rows with one key, keep the one observed last, or else the one that came last."""
    tables: dict[Table, Chosen] = defaultdict(dict)
    for pending in batch:
        at = pending.harvest.fetched_at
        for row in pending.rows:
            chosen = tables[row.table]
            rival = chosen.get(row.key)
            choice = (row, pending, at)
            chosen[row.key] = choice if rival is None else _later(rival, choice)
    return tables


def _later(rival: Choice, choice: Choice) -> Choice:
    rival_at, at = rival[1].harvest.fetched_at, choice[1].harvest.fetched_at
    row, pending, _ = winner = choice if at >= rival_at else rival
    if choice[0].cells == rival[0].cells and rival[2] == rival_at:
        return winner
    return row, pending, min(rival[2], at)


def _line(choice: Choice) -> str:
    row, pending, first_seen_at = choice
    if first_seen_at is pending.harvest.fetched_at:
        return row.cells + pending.ending
    return f"{row.cells}{pending.provenance}{first_seen_at}"


def _table_name(entry: tuple[Table, Any]) -> str:
    return entry[0].name


async def find_poison(
    connection: AsyncConnection[Any], pending: Pending, rows: Sequence[Row]
) -> list[tuple[Row, Error]]:
    """Return those of *rows* of *pending* that PostgreSQL refuses. Writes nothing."""
    tables = _choose([replace(pending, rows=list(rows))])
    await _stage(connection, tables)
    try:
        async with connection.transaction(force_rollback=True):
            for table, chosen in sorted(tables.items(), key=_table_name):
                await _upsert(connection, table, chosen)
    except Error as error:
        if not blames_row(error):
            raise
        if len(rows) == 1:
            return [(rows[0], error)]
        middle = len(rows) // 2
        return [
            *await find_poison(connection, pending, rows[:middle]),
            *await find_poison(connection, pending, rows[middle:]),
        ]
    return []


_staged: WeakKeyDictionary[AsyncConnection[Any], set[str]] = WeakKeyDictionary()


async def _stage(connection: AsyncConnection[Any], tables: Iterable[Table]) -> None:
    """Make what is missing of the connection's staging tables; commits, so comes first."""
    staged = _staged.setdefault(connection, set())
    missing = [table for table in tables if table.name not in staged]
    for table in missing:
        await connection.execute(table.create_staging)
    if missing:
        await connection.commit()
        staged.update(table.name for table in missing)


async def _upsert(
    connection: AsyncConnection[Any], table: Table, chosen: Chosen
) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    lines = [_line(chosen[key]) for key in sorted(chosen)]
    async with cursor.copy(table.copy) as copy:
        await copy.write("\n".join(lines) + "\n")
    await cursor.execute(table.upsert, prepare=True)
    return await cursor.fetchall()
