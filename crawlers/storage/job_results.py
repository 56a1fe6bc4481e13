"""The rows that a job has found, page by page, in an order to which nothing is added in between."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NamedTuple

from psycopg import AsyncConnection, sql

import crawlers.items
from crawlers.items.base import Item
from crawlers.storage.database import Database
from crawlers.storage.tables import Table, table_of
from crawlers.storage.text import json_text

Connection = AsyncConnection[Any]
Key = tuple[str, ...]

AT_ONCE = 1000

PAGE = """
select r.xid::text, r.seq, u.name, r.table_name, r.key
from job_results as r left join job_units as u on u.id = r.unit
where r.job = %(job)s and (r.xid, r.seq) > (%(xid)s::xid8, %(seq)s)
  and (%(is_over)s or r.xid < pg_snapshot_xmin(pg_current_snapshot()))
  {filters}
order by r.xid, r.seq limit %(limit)s
"""
"""While a job goes on, nothing is shown that an open transaction could still come before: so the
order is that of transactions, of which those that are open are the last. Two that are open at once
number their rows in any order.
"""

UNIT = """
select coalesce(leader, id) from job_units where job = %s and md5(name)::uuid = md5(%s)::uuid
"""

ROWS = """
select k.place, row_to_json(t)::text
from unnest({arrays}) with ordinality as k ({names}, place) join {table} as t using ({names})
"""


class Place(NamedTuple):
    """Where a result stands in the order: its transaction and its number. Written ``12-345``."""

    xid: int
    seq: int

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.xid}-{self.seq}"

    @classmethod
    def of(cls, text: str) -> "Place":
        """Read what `PLACE` describes."""
        xid, seq = text.split("-")
        return cls(int(xid), int(seq))


PLACE = r"[0-9]{1,18}-[0-9]{1,18}"
BEGIN = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Result:
    """A row that a job has found. *row* is JSON; None where it has been erased since."""

    place: Place
    unit: str | None
    table: str
    row: str | None

    @property
    def json(self) -> str:
        """All of it as JSON."""
        row = "null" if self.row is None else self.row
        head = json_text({"place": str(self.place), "table": self.table, "unit": self.unit})
        return f'{head[:-1]},"row":{row}}}'


@dataclass(frozen=True, slots=True)
class Found:
    """Which results: of a *job*, of one *table*, of one *unit* (a name, and its number).

    *is_over*: the job has ended, so nothing comes any more.
    """

    job: str
    is_over: bool
    table: str | None = None
    unit: str | None = None
    number: int | None = None


async def results(
    database: Database, which: Found, *, after: Place = BEGIN, limit: int = AT_ONCE
) -> list[Result]:
    """Return at most *limit* results that come *after* a place."""

    async def work(connection: Connection) -> list[Result]:
        filters, values = _filters(which)
        values |= {"job": which.job, "is_over": which.is_over, "limit": limit}
        values |= {"xid": str(after.xid), "seq": after.seq}
        page = sql.SQL(PAGE).format(filters=sql.SQL(filters))
        found = await (await connection.execute(page, values, prepare=True)).fetchall()
        keys: dict[str, list[Key]] = defaultdict(list)
        for *_, table, key in found:
            keys[table].append(tuple(key))
        rows = {table: await _rows(connection, table, those) for table, those in keys.items()}
        return [
            Result(Place(int(xid), seq), unit, table, rows[table].get(tuple(key)))
            for xid, seq, unit, table, key in found
        ]

    return await database.run(work)


async def all_results(
    database: Database, which: Found, after: Place = BEGIN
) -> AsyncIterator[Result]:
    """Yield all results *after* a place, a page at a time."""
    while page := await results(database, which, after=after):
        for one in page:
            yield one
        after = page[-1].place


async def unit_number(database: Database, job: str, unit: str) -> int | None:
    """Return the number of a unit of *job* by its name, if there is one."""

    async def work(connection: Connection) -> int | None:
        row = await (await connection.execute(UNIT, [job, unit])).fetchone()
        return row[0] if row else None

    return await database.run(work)


def _filters(which: Found) -> tuple[str, dict[str, Any]]:
    filters, values = "", dict[str, Any]()
    if which.table is not None:
        filters, values = "and r.table_name = %(table)s", {"table": which.table}
    if which.unit is not None:
        filters += " and r.unit = %(unit)s"
        values["unit"] = which.number
    return filters, values


async def _rows(connection: Connection, name: str, keys: Sequence[Key]) -> dict[Key, str]:
    table = tables().get(name)
    if table is None:
        return {}
    columns = [list(values) for values in zip(*keys, strict=True)]
    cursor = await connection.execute(_statement(table), columns, prepare=True)
    return {keys[place - 1]: row for place, row in await cursor.fetchall()}


@cache
def tables() -> dict[str, Table]:
    """Return the table of every item, by name."""
    for module in walk_packages(crawlers.items.__path__, "crawlers.items."):
        import_module(module.name)
    found = (one for one in Item.__subclasses__() if one.__module__.startswith("crawlers.items."))
    return {one.table: table_of(one) for one in found}


@cache
def _statement(table: Table) -> sql.Composed:
    # A key is kept as text: its parts are read as what their columns are.
    arrays = [sql.SQL("%s::text[]::{}[]").format(sql.SQL(one.type)) for one in table.key_columns]
    names = [sql.Identifier(one.name) for one in table.key_columns]
    return sql.SQL(ROWS).format(
        arrays=sql.SQL(", ").join(arrays),
        names=sql.SQL(", ").join(names),
        table=sql.Identifier(table.name),
    )
