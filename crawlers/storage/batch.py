"""One batch of harvests in one transaction: COPY into staging, one upsert for each table."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, Error

from crawlers.storage.choice import Choice, Chosen, choose
from crawlers.storage.database import blames_row
from crawlers.storage.kernel import write_records
from crawlers.storage.pending import Pending, Stored
from crawlers.storage.replaced import lock, newest_sightings, remove_others
from crawlers.storage.results import write_results
from crawlers.storage.tables import Row, Table


async def write(connection: AsyncConnection[Any], batch: Sequence[Pending]) -> list[Stored]:
    """Write *batch* on *connection*, inside its transaction. Return the outcomes in order."""
    outcomes = {pending: pending.stored() for pending in batch}
    sightings = {sighting: pending for pending in batch for sighting in pending.sightings}
    tables = choose(batch)
    await _stage(connection, tables)
    newest = await newest_sightings(connection, tables, sightings)
    if newest:
        tables = choose(batch, newest)
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
    await write_results(connection, batch)
    return list(outcomes.values())


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
    tables = choose([replace(pending, rows=list(rows))])
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
