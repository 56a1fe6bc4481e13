"""What a harvest brings to its job: which rows were found, and which units it says have ended."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection, sql

from crawlers.items.base import Item, Known
from crawlers.storage.kernel import write_records
from crawlers.storage.pending import Pending
from crawlers.storage.tables import table_of
from crawlers.storage.text import json_text

COUNT = """
insert into job_counts as c (job, lane, name, n)
select job, mod(pg_backend_pid(), 16), name, count(*) from ({names}) as named
group by job, name order by job, name
on conflict (job, lane, name) do update set n = c.n + excluded.n
"""

RESULTS = """
, added as (
    insert into job_results (job, unit, table_name, key)
    select distinct on (job, table_name, key) job, unit, table_name, key
    from rows_of, jsonb_array_elements(keys) as k (one),
         lateral (select array(select jsonb_array_elements_text(one)) as key) as text_key
    order by job, table_name, key, unit
    on conflict (job, table_name, key) do nothing
    returning job, table_name
)
""" + COUNT.format(names="select job, 'rows/' || table_name as name from added")  # noqa: S608 - all of it is ours

KNOWN = """
with asked as (
    select * from unnest(%(jobs)s::text[], %(units)s::bigint[], %(names)s::text[], {arrays})
        as a (job, unit, name, {columns})
),
added as (
    insert into job_results (job, unit, table_name, key)
    select distinct on (a.job, key) a.job, coalesce(u.id, a.unit), {table_name}, key
    from asked as a
    {joins}
    left join job_units as u on u.job = a.job and md5(u.name)::uuid = md5(a.name)::uuid,
         lateral (select array[{key}] as key) as text_key
    order by a.job, key, u.id
    on conflict (job, table_name, key) do nothing
    returning job
)
""" + COUNT.format(names="select job, unnest(array['reused', {counted}]) as name from added")  # noqa: S608 - all of it is ours

ENDED_UNITS = """
update job_units as u
set ended_at = now(), status = e.status, reason = e.reason, is_told = true
from (select u.id, e.status, e.reason from rows_of as e
      join job_units as u on u.job = e.job and md5(u.name)::uuid = md5(e.name)::uuid
      order by u.id for update of u) as e
where u.id = e.id
"""


STATEMENTS = {
    "job_results": ("job text, unit bigint, table_name text, keys jsonb", RESULTS),
    "ended_units": ("job text, name text, status text, reason text", ENDED_UNITS),
}
"""As in `crawlers.storage.kernel`: the columns that arrive, and what becomes of them."""

Shape = tuple[type[Item], int, tuple[type[Item], tuple[str, ...]] | None]
"""What tells apart statements about known rows: class, how many values, and through what."""


async def write_results(connection: AsyncConnection[Any], batch: Sequence[Pending]) -> None:
    """Write what the harvests of *batch* bring to their jobs."""
    ours = [pending for pending in batch if pending.harvest.job]
    if ours:
        found = [one for pending in ours for one in results_of(pending)]
        ended = [one for pending in ours for one in ended_of(pending)]
        await write_records(connection, {"job_results": found, "ended_units": ended}, STATEMENTS)
        await write_known(connection, ours)


def results_of(pending: Pending) -> list[str]:
    """Return the rows of *pending* that its job has found, as JSON: not those that others own."""
    harvest = pending.harvest
    tops = {type(item) for item in harvest.items}
    names = {table_of(one).name for one in tops if issubclass(one, Item)}
    keys: dict[str, list[list[str]]] = defaultdict(list)
    for row in pending.rows:
        if row.table.name in names:
            keys[row.table.name].append([_text(value) for value in row.key])
    whose = {"job": harvest.job, "unit": harvest.unit}
    return [json_text(whose | {"table_name": name, "keys": found}) for name, found in keys.items()]


def ended_of(pending: Pending) -> list[str]:
    """Return the units that *pending* says have ended, as JSON."""
    harvest = pending.harvest
    known = {one.unit: ("done", "stored before") for one in harvest.known if one.unit is not None}
    told = known | {one.unit: (one.status, one.reason) for one in harvest.ended}
    return [
        json_text({"job": harvest.job, "name": name, "status": status, "reason": reason})
        for name, (status, reason) in told.items()
    ]


async def write_known(connection: AsyncConnection[Any], batch: Iterable[Pending]) -> None:
    """Write the rows that the harvests of *batch* know to be stored: one statement a shape."""
    shapes: dict[Shape, list[tuple[Pending, Known]]] = defaultdict(list)
    for pending in batch:
        for one in pending.harvest.known:
            shapes[one.item_class, len(one.values), one.through].append((pending, one))
    for shape, found in sorted(shapes.items(), key=lambda shape: shape[0][0].table):
        values = list(zip(*(one.values for _, one in found), strict=True))
        asked = {
            "jobs": [pending.harvest.job for pending, _ in found],
            "units": [pending.harvest.unit for pending, _ in found],
            "names": [one.unit for _, one in found],
            **{f"v{place}": list(column) for place, column in enumerate(values)},
        }
        await connection.execute(_known(*shape), asked)


def _known(
    item_class: type[Item], width: int, through: tuple[type[Item], tuple[str, ...]] | None
) -> sql.Composed:
    table = table_of(item_class)
    known = table if through is None else table_of(through[0])
    given: Sequence[Any] = known.key_columns[:width]
    columns = _names(column.name for column in given)
    joins = sql.SQL("join {} as {} using ({})").format(
        sql.Identifier(known.name), sql.SQL("t" if through is None else "via"), columns
    )
    if through is not None:
        joins += sql.SQL(" join {} as t on ({}) = ({})").format(
            sql.Identifier(table.name),
            _names((column.name for column in table.key_columns), "t"),
            _names(through[1], "via"),
        )
    return sql.SQL(KNOWN).format(
        arrays=sql.SQL(", ").join(
            sql.SQL("{}::{}[]").format(sql.Placeholder(f"v{place}"), sql.SQL(column.type))
            for place, column in enumerate(given)
        ),
        columns=columns,
        table_name=sql.Literal(table.name),
        joins=joins,
        key=sql.SQL(", ").join(
            sql.SQL("t.{}::text").format(sql.Identifier(column.name))
            for column in table.key_columns
        ),
        counted=sql.Literal(f"rows/{table.name}"),
    )


def _names(names: Iterable[str], *before: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*before, name) for name in names)


def _text(value: Any) -> str:
    """Return *value* as PostgreSQL writes it as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
