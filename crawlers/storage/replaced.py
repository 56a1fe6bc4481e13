"""Rows that a newer sighting of their owner replaces (`Item.replaced_by`).

A sighting brings all rows that its owner has of one class; what is stored besides, and was not
observed later, is deleted with it. When each owner was last seen so is a mark of the kernel's, so
that a late redo of an older sighting brings nothing back, even where the newer one found none. As
with rows, a sighting of the same set within `SIGHTING_S` leaves no trace.

Writers of such a table take turns, under one lock for each table that lasts as long as the
transaction: a set is replaced as a whole, and no two writers wait for each other in a circle.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection, sql

from crawlers.errors import StorageError
from crawlers.items.base import Item
from crawlers.storage.columns import Column
from crawlers.storage.tables import SIGHTING_S, Row, Table, table_of
from crawlers.storage.text import json_text, sanitise

SOURCE = "kernel"
"""Whose marks the sightings are: they hold for every source that sees the owner."""

LOCK = """
select pg_advisory_xact_lock(hashtextextended('replaced:' || name, 0))
from unnest(%s::text[]) as name
"""
SEEN = "select key, updated_at, value from marks where source = %s and key = any(%s::text[])"
REMOVE = """
delete from {table} as t
using unnest({owner_arrays}, %s::timestamptz[], %s::bigint[]) as o ({owner}, at, number)
where ({owner_of_t}) = ({owner_of_o}) and t.checked_at <= o.at
  and not exists (
    select from unnest({key_arrays}) as brought ({key}) where ({key_of_brought}) = ({key_of_t}))
returning o.number
"""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """All rows of *table* that one owner had at one time. *owner* and *keys* are identities."""

    table: Table
    owner: tuple[Any, ...]
    keys: frozenset[tuple[Any, ...]]
    at: datetime

    @property
    def mark(self) -> str:
        """The key of its mark."""
        return mark_key(self.table, self.owner)

    @property
    def digest(self) -> str:
        """What its keys have in common with an equal set of keys only."""
        return sha256("\n".join(sorted(map(json_text, self.keys))).encode()).hexdigest()


class Newest:
    """Of the owners in a batch, what was last seen. False when there are none."""

    def __init__(
        self, sightings: Iterable[Sighting], stored: Mapping[str, tuple[datetime, str]]
    ) -> None:
        """Choose among *sightings*; *stored* says by mark when others were, and their digest."""
        self.sightings: dict[str, Sighting] = {}
        self._stored = stored
        for sighting in sorted(sightings, key=_at):
            mark = sighting.mark
            if mark not in stored or stored[mark][0] <= sighting.at:
                self.sightings[mark] = sighting

    def __bool__(self) -> bool:
        """Tell whether there is anything to heed."""
        return bool(self.sightings or self._stored)

    def left(self, rows: Sequence[Row], at: datetime) -> list[Row]:
        """Return those of *rows*, observed *at*, that no later sighting of their owner overrules.

        A stored sighting leaves nothing that is older: what it brought is stored already.
        """
        return [row for row in rows if not row.table.owner_width or self._keeps(row, at)]

    def _keeps(self, row: Row, at: datetime) -> bool:
        mark = mark_key(row.table, row.key[: row.table.owner_width])
        if sighting := self.sightings.get(mark):
            return at > sighting.at or row.key in sighting.keys
        return mark not in self._stored or at >= self._stored[mark][0]

    def marks(self) -> list[str]:
        """Return as JSON the marks of what is newly seen."""
        return [
            json_text({"source": SOURCE, "key": mark, "value": one.digest, "updated_at": one.at})
            for mark, one in self.sightings.items()
            if not self._is_known(mark, one)
        ]

    def _is_known(self, mark: str, sighting: Sighting) -> bool:
        at, digest = self._stored.get(mark, (sighting.at, ""))
        return digest == sighting.digest and sighting.at - at <= timedelta(seconds=SIGHTING_S)


def sightings_of(owners: Iterable[Item], at: datetime) -> Iterator[Sighting]:
    """Yield what *owners*, observed *at*, bring. Raises StorageError for another's row."""
    for owner in owners:
        for child, fields in owner.replaces.items():
            values = [getattr(owner, name) for name in fields]
            if None in values:  # the page does not say
                continue
            keys = [one.key for rows in values for one in rows]
            width = len(child.replaced_by)
            if wrong := next((key for key in keys if key[:width] != owner.key), None):
                raise StorageError(f"{child.table} {wrong} is not a row of {owner.key}")
            clean = frozenset(tuple(map(sanitise, key)) for key in keys)
            yield Sighting(table_of(child), tuple(map(sanitise, owner.key)), clean, at)


def mark_key(table: Table, owner: tuple[Any, ...]) -> str:
    """Return the key of the mark that says when the rows of *owner* were last seen."""
    return f"{table.name} {json_text(owner)}"


async def newest_sightings(
    connection: AsyncConnection[Any],
    tables: Mapping[Table, Sequence[Collection[tuple[Any, ...]]]],
    sightings: Collection[Sighting],
) -> Newest:
    """Lock the tables that need it, and find the last sighting of every owner in a batch.

    *tables* has the keys of the rows on their way. Where no table needs it this asks nothing.
    """
    marks = {sighting.mark for sighting in sightings}
    marks |= {
        mark_key(table, key[: table.owner_width])
        for table, rounds in tables.items()
        if table.owner_width
        for key in rounds[0]
    }
    if not marks:
        return Newest((), {})
    await lock(connection, [*tables, *(sighting.table for sighting in sightings)])
    found = await connection.execute(SEEN, [SOURCE, sorted(marks)], prepare=True)
    return Newest(sightings, {key: (at, digest) async for key, at, digest in found})


async def lock(connection: AsyncConnection[Any], tables: Iterable[Table]) -> None:
    """Keep other writers from those of *tables* whose rows are replaced, until the commit."""
    names = sorted({table.name for table in tables if table.owner_width})
    if names:
        await connection.execute(LOCK, [names], prepare=True)


async def remove_others(
    connection: AsyncConnection[Any], newest: Newest
) -> list[tuple[Sighting, int]]:
    """Delete what the newest sightings did not bring; return how many rows that was for each."""
    removed = []
    for table in {sighting.table: None for sighting in newest.sightings.values()}:
        found = [each for each in newest.sightings.values() if each.table is table]
        counts = [0] * len(found)
        cursor = await connection.execute(_remove(table), _parameters(table, found), prepare=True)
        async for (number,) in cursor:
            counts[number] += 1
        removed += [(each, count) for each, count in zip(found, counts, strict=True) if count]
    return removed


def _remove(table: Table) -> sql.Composed:
    key, owner = table.key_columns, table.key_columns[: table.owner_width]
    return sql.SQL(REMOVE).format(
        table=sql.Identifier(table.name),
        owner_arrays=_arrays(owner),
        owner=_names(owner),
        owner_of_t=_names(owner, "t"),
        owner_of_o=_names(owner, "o"),
        key_arrays=_arrays(key),
        key=_names(key),
        key_of_brought=_names(key, "brought"),
        key_of_t=_names(key, "t"),
    )


def _parameters(table: Table, found: Sequence[Sighting]) -> list[list[Any]]:
    owners = [[each.owner[n] for each in found] for n in range(table.owner_width)]
    keys = [key for each in found for key in each.keys]
    brought = [[key[n] for key in keys] for n in range(len(table.key_columns))]
    return [*owners, [each.at for each in found], list(range(len(found))), *brought]


def _arrays(columns: Sequence[Column]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(f"%s::{column.type}[]") for column in columns)


def _names(columns: Sequence[Column], alias: str = "") -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(*filter(None, (alias, column.name))) for column in columns
    )


def _at(sighting: Sighting) -> datetime:
    return sighting.at
