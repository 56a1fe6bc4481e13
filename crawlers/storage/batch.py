"""One batch of harvests in one transaction: COPY into staging, one upsert for each table."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, Error

from crawlers.errors import StorageError
from crawlers.harvest import Harvest
from crawlers.items.base import Item
from crawlers.storage.database import blames_row
from crawlers.storage.kernel import quarantined, records_of, write_records
from crawlers.storage.replaced import (
    Newest,
    Sighting,
    lock,
    newest_sightings,
    remove_others,
    sightings_of,
)
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


Choice = tuple[Row, Pending, datetime]
"""The row that stays of those with one key, and when the first that differed was observed."""

Chosen = dict[tuple[Any, ...], Choice]

Tables = dict[Table, list[Chosen]]
"""What goes to each table, in rounds: one, unless a batch holds a key of a merging item twice."""


async def write(connection: AsyncConnection[Any], batch: Sequence[Pending]) -> list[Stored]:
    """Write *batch* on *connection*, inside its transaction. Return the outcomes in order."""
    outcomes = {pending: pending.stored() for pending in batch}
    sightings = {sighting: pending for pending in batch for sighting in pending.sightings}
    tables = _choose(batch)
    await _stage(connection, tables)
    newest = await newest_sightings(connection, tables, sightings)
    if newest:
        tables = _choose(batch, newest)
    for table, rounds in sorted(tables.items(), key=_table_name):
        for number, chosen in enumerate(rounds):
            for *key, state in await _upsert(connection, table, chosen, number):
                if state:
                    counts = outcomes[chosen[tuple(key)][1]].tables[table.name]
                    counts[state] += 1
                    counts["unchanged"] -= 1
    for sighting, count in await remove_others(connection, newest):
        outcomes[sightings[sighting]].add_removed(sighting.table.name, count)
    records = defaultdict(list, marks=newest.marks())
    for pending in batch:
        for name, found in pending.records.items():
            records[name] += found
    await write_records(connection, records)
    return list(outcomes.values())


def _choose(batch: Sequence[Pending], newest: Newest | None = None) -> Tables:
    """Of the rows with one key, keep the one observed last, or else the one that came last.

    Those of a merging item all stay, in as many rounds. What *newest* overrules is left out.
    """
    tables: dict[Table, Chosen] = defaultdict(dict)
    merging: dict[Table, list[Choice]] = defaultdict(list)
    for pending in batch:
        at = pending.harvest.fetched_at
        rows = newest.left(pending.rows, at) if newest else pending.rows
        for row in rows:
            chosen = tables[row.table]
            rival = chosen.get(row.key)
            choice = (row, pending, at)
            if rival is None:
                chosen[row.key] = choice
            elif row.table.merges:
                merging[row.table].append(choice)
            else:
                chosen[row.key] = _later(rival, choice)
    rounds = {table: [chosen] for table, chosen in tables.items()}
    for table, more in merging.items():
        rounds[table] = _rounds([*tables[table].values(), *more])
    return rounds


def _rounds(choices: Sequence[Choice]) -> list[Chosen]:
    """Order what has one key by time. Of equal neighbours of a day only the later counts."""
    series: dict[tuple[Any, ...], list[Choice]] = defaultdict(list)
    for choice in sorted(choices, key=itemgetter(2)):
        found = series[choice[0].key]
        if found and _is_confirmed(found[-1], choice):
            found.pop()
        found.append(choice)
    return [
        {key: found[number] for key, found in series.items() if number < len(found)}
        for number in range(max(map(len, series.values())))
    ]


def _is_confirmed(earlier: Choice, later: Choice) -> bool:
    # Days are told apart, as in the table itself: prices over time have one sighting of each.
    return earlier[0].cells == later[0].cells and earlier[2].date() == later[2].date()


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
            await lock(connection, tables)
            for table, rounds in sorted(tables.items(), key=_table_name):
                for number, chosen in enumerate(rounds):
                    await _upsert(connection, table, chosen, number)
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
    connection: AsyncConnection[Any], table: Table, chosen: Chosen, number: int
) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    if number:  # the round before has left its rows
        await cursor.execute(table.clear_staging)
    lines = [_line(chosen[key]) for key in sorted(chosen)]
    async with cursor.copy(table.copy) as copy:
        await copy.write("\n".join(lines) + "\n")
    await cursor.execute(table.upsert, prepare=True)
    return await cursor.fetchall()
