"""Rows and checksum of every table, whatever the order of the rows, as one snapshot has them."""

import asyncio
from typing import Any, Final

from psycopg import AsyncConnection, sql

from crawlers.storage.backups.manifest import TableSum

Connection = AsyncConnection[Any]

COLUMNS: Final = """
select n.nspname, c.relname, array_agg(a.attname::text order by a.attname),
       array_agg(exists (
           select from pg_opclass as o join pg_am as m on m.oid = o.opcmethod
           where m.amname = 'hash' and o.opcdefault and o.opcintype in (
               t.oid, case when t.typcategory = 'A' then 'anyarray'::regtype end)
           and (t.typelem = 0 or t.typcategory <> 'A' or exists (
               select from pg_opclass as e where e.opcmethod = o.opcmethod
               and e.opcdefault and e.opcintype = t.typelem))
       ) order by a.attname)
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type as t on t.oid = a.atttypid
where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
group by n.nspname, c.oid order by pg_table_size(c.oid) desc
"""
"""The columns of each table by name, and which of them PostgreSQL can hash as they are; large
tables first, so that several who share them are done at the same time."""


async def sums(*connections: Connection) -> dict[str, TableSum]:
    """Return them, table by table, which the *connections* share."""
    found: dict[str, TableSum] = {}
    tables = iter(await (await connections[0].execute(COLUMNS)).fetchall())

    async def work(connection: Connection) -> None:
        for schema, table, names, hashable in tables:
            query = _query(sql.Identifier(schema, table), dict(zip(names, hashable, strict=True)))
            row = await (await connection.execute(query)).fetchone()
            assert row is not None  # noqa: S101 - a sum is one row
            name = table if schema == "public" else f"{schema}.{table}"
            found[name] = TableSum(rows=row[0], checksum=str(row[1]))

    await asyncio.gather(*map(work, connections))
    return dict(sorted(found.items()))


def _query(table: sql.Identifier, columns: dict[str, bool]) -> sql.Composed:
    """Return what counts and adds up.

    A record's hash is far cheaper than its text, and as stable: PostgreSQL's partitions rely on it.
    """
    cells = sql.SQL(", ").join(
        sql.SQL("{}" if is_hashable else "{}::text").format(sql.Identifier(name))
        for name, is_hashable in columns.items()
    )
    return sql.SQL(
        "select count(*), coalesce(sum(hash_record_extended(row({cells}), 0)), 0) from {table}"
    ).format(cells=cells, table=table)


def differences(expected: dict[str, TableSum], found: dict[str, TableSum]) -> list[str]:
    """Say for each table that is not as *expected* what is different."""
    told = []
    for table in sorted(expected.keys() | found.keys()):
        theirs, ours = expected.get(table), found.get(table)
        if theirs is None or ours is None:
            told.append(f"{table} is {'missing' if ours is None else 'not in the backup'}")
        elif theirs.rows != ours.rows:
            told.append(f"{table} has {ours.rows:,} rows instead of {theirs.rows:,}")
        elif theirs != ours:
            told.append(f"{table} has other rows")
    return told
