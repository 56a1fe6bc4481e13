"""The table of an item class: its columns, its staging table, its upsert."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from psycopg import sql

from crawlers.items.base import Item
from crawlers.storage.columns import SCALARS, Column, column
from crawlers.storage.merging import NEWER, following, merged
from crawlers.storage.text import (
    NULL,
    SEPARATOR,
    Encoder,
    is_clean,
    line,
    plain_lines,
    sanitise,
)

SIGHTING_S = 60
"""`checked_at` moves when it is older than this, so that a sighting rarely writes a row.

It also moves with the first sighting of a day (UTC): that may be the only one of the day, and the
prices over time have one for each. `crawlers.storage.kernel` has the same limit for raw pages.
"""

PROVENANCE = (
    Column("source", "text"),
    Column("source_url", "text"),
    Column("fetched_at", SCALARS[datetime]),
    Column("first_seen_at", SCALARS[datetime]),
    Column("changed_at", SCALARS[datetime]),
    Column("checked_at", SCALARS[datetime]),
)
"""What every row carries besides its item's fields."""

STAGED = ("source", "source_url", "fetched_at", "first_seen_at")
"""The part of the provenance that a harvest brings along."""


class Row(NamedTuple):
    """One row on its way: its place, its identity, its cells as COPY text."""

    table: "Table"
    key: tuple[Any, ...]
    cells: str
    cleaned: bool = False


class Table:
    """Everything that PostgreSQL must know of an item class. Ask `table_of` for one."""

    def __init__(self, item_class: type[Item]) -> None:
        """Derive columns, encoders and statements from *item_class*."""
        self.name = item_class.table
        self.identity = item_class.identity
        self.merges = item_class.merges
        self._following = following(item_class)
        self.owner_width = len(item_class.replaced_by)
        """So many columns of the identity name the owner whose sightings replace the rows."""
        names = self.identity + tuple(n for n in item_class.columns if n not in self.identity)
        fields = item_class.model_fields
        self.columns = tuple(column(name, fields[name].annotation) for name in names)
        if any(c.nullable or c.type.endswith(("[]", "jsonb")) for c in self.key_columns):
            raise TypeError(f"{item_class.__name__}: an identity is made of plain values")
        # One name more, so that a table with one column gives a tuple too.
        self._values = attrgetter(*names, "__class__")
        self._encoders = tuple(c.encoder for c in self.columns)
        self.staging = f"staging_{self.name}"

    @property
    def key_columns(self) -> Sequence[Column]:
        """The columns of the identity, in its order."""
        return self.columns[: len(self.identity)]

    def rows(self, items: Sequence[Item]) -> list[Row]:
        """Encode *items*: by columns, twice as fast for short rows, unless a value needs care."""
        values = list(map(self._values, items))
        nulls, columns = 0, []
        for encode, plain in zip(self._encoders, zip(*values, strict=True), strict=False):
            missing = plain.count(None)
            nulls += missing
            columns.append(_cells(plain, encode, has_nulls=missing > 0))
        lines = plain_lines(zip(*columns, strict=True), len(columns), nulls)
        if lines is None:
            return [self._row(each) for each in values]
        width = len(self.identity)
        return [Row(self, each[:width], text) for each, text in zip(values, lines, strict=True)]

    def _row(self, values: tuple[Any, ...]) -> Row:
        values = values[:-1]
        text = self._line(values)
        cleaned = not is_clean(text)
        if cleaned:
            values = tuple(map(sanitise, values))
            text = self._line(values)
        return Row(self, values[: len(self.identity)], text, cleaned)

    def _line(self, values: tuple[Any, ...]) -> str:
        cells = [
            value if encode is None or value is None else encode(value)
            for value, encode in zip(values, self._encoders, strict=True)
        ]
        return line(cells)

    def create(self) -> str:
        """Return the CREATE TABLE statement, for migrations and documentation."""
        lines = [
            f"    {c.name} {c.type}{'' if c.nullable else ' not null'}"
            for c in self.columns + PROVENANCE
        ]
        lines.append(f"    primary key ({', '.join(self.identity)})")
        return f"create table {self.name} (\n" + ",\n".join(lines) + "\n)"

    @cached_property
    def create_staging(self) -> sql.Composed:
        """The statement that makes a connection's staging table."""
        staged = [c for c in self.columns + PROVENANCE if c in self.columns or c.name in STAGED]
        columns = [sql.SQL("{} {}").format(_id(c.name), sql.SQL(c.type)) for c in staged]
        return sql.SQL("create temp table if not exists {} ({}) on commit delete rows").format(
            _id(self.staging), _list(columns)
        )

    @cached_property
    def clear_staging(self) -> sql.Composed:
        """The statement that empties the staging table before the end of the transaction."""
        return sql.SQL("delete from {}").format(_id(self.staging))

    @cached_property
    def copy(self) -> sql.Composed:
        """The COPY into the staging table."""
        return sql.SQL("copy {} from stdin (delimiter {}, null {})").format(
            _id(self.staging), sql.Literal(SEPARATOR), sql.Literal(NULL)
        )

    @cached_property
    def upsert(self) -> sql.Composed:
        """The statement from staging to table, answering (key..., new or changed).

        Rows that stay as they are, or whose sighting alone moved, answer nothing or None.
        A staged row that was seen first before it was fetched stands for several observations
        that differ: its sighting moves, or a redo of one of the others would pass for newer.
        Of a merging item's row a None changes nothing, and a late row fills what is null.
        """
        names = [c.name for c in self.columns]
        changing = names[len(self.identity) :]
        values = [self._value(name) for name in changing]
        distinct = (
            sql.SQL("({}) is distinct from ({})").format(
                _list([_of("t", n) for n in changing]), _list(values)
            )
            if changing
            else sql.SQL("false")
        )
        observed = sql.SQL("{} and {}").format(NEWER, distinct) if self.merges else distinct
        moving = dict.fromkeys(("source", "source_url", "fetched_at"), observed)
        updates = [
            sql.SQL("{} = {}").format(_id(n), new) for n, new in zip(changing, values, strict=True)
        ]
        updates += [
            sql.SQL("{0} = case when {1} then excluded.{0} else t.{0} end").format(_id(n), moves)
            for n, moves in (moving | {"changed_at": distinct}).items()
        ]
        return sql.SQL(UPSERT).format(
            guard=sql.SQL("true") if self.merges else NEWER,
            newer=NEWER,
            table=_id(self.name),
            staging=_id(self.staging),
            columns=_list([_id(n) for n in (*names, *STAGED)]),
            order=_list([_ordered(c) for c in self.key_columns]),
            identity=_list([_id(n) for n in self.identity]),
            updates=_list(updates),
            sighting=sql.Literal(f"{SIGHTING_S} s"),
            distinct=distinct,
            answer=_list([_of("t", n) for n in self.identity]),
        )

    def _value(self, name: str) -> sql.Composed:
        """Return what the column *name* of a stored row becomes."""
        if not self.merges:
            return sql.SQL("excluded.{}").format(_id(name))
        return merged(name, self._following.get(name))


def _cells(column: Sequence[Any], encode: Encoder | None, *, has_nulls: bool) -> Iterable[str]:
    encode = encode or _same
    if has_nulls:
        return [NULL if value is None else encode(value) for value in column]
    return column if encode is _same else map(encode, column)


def _same(text: str) -> str:
    return text


UPSERT = """
insert into {table} as t ({columns}, changed_at, checked_at)
select {columns}, now(), fetched_at from {staging} order by {order}
on conflict ({identity}) do update
set {updates}, checked_at = greatest(t.checked_at, excluded.checked_at)
where {guard}
  and ({distinct}
       or {newer} and (t.checked_at < excluded.fetched_at - interval {sighting}
                       or t.checked_at < date_trunc('day', excluded.fetched_at, 'UTC')
                       or excluded.first_seen_at < excluded.fetched_at))
returning {answer},
  case when t.xmax = 0 then 'new' when t.changed_at = now() then 'changed' end
"""


@cache
def table_of(item_class: type[Item]) -> Table:
    """Return the table of *item_class*, derived once."""
    return Table(item_class)


def provenance(source: str, url: str, fetched_at: datetime) -> str:
    """Return what follows the cells of every row of a harvest: `STAGED` up to `fetched_at`."""
    return SEPARATOR + line((sanitise(source), sanitise(url), str(fetched_at))) + SEPARATOR


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _of(alias: str, name: str) -> sql.Composable:
    return sql.Identifier(alias, name)


def _list(parts: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _ordered(key: Column) -> sql.Composable:
    # Bytes of UTF-8 sort as Python's code points do: one order for every writer, so no deadlocks.
    collation = ' collate "C"' if key.type == "text" else ""
    return sql.SQL("{}" + collation).format(_id(key.name))
