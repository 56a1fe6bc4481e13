"""What is stored of each source, and how young it is; how sources were crawled last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from crawlers.storage.crawls import Crawl
from crawlers.storage.database import Database
from crawlers.storage.finding import find_all

Connection = AsyncConnection[Any]

# Of a table that nobody has vacuumed yet, only the statistics of its writers know the size.
ESTIMATES = """
select relname, case when reltuples > 0 then greatest(reltuples::bigint, 0)
                     else pg_stat_get_live_tuples(oid) end
from pg_class
where relnamespace = current_schema()::regnamespace and relname = any(%s)
"""

HOLDINGS = """
select source, {name} as table, count(*) as rows, max(checked_at) as newest_at,
       min(checked_at) as oldest_at
from {table} group by source
"""

LATEST = """
select c.* from unnest(%s::text[]) as s (name)
cross join lateral (
    select * from crawls where source = s.name order by id desc limit 1
) as c
"""

TROUBLE = """
select source, count(*) from quarantine
where source = any(%s) and fetched_at > now() - interval '1 day' group by source
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """The rows of a source in one table: how many, and when the newest and oldest were seen."""

    source: str
    table: str
    rows: int
    newest_at: datetime
    oldest_at: datetime


async def estimates(database: Database, tables: Sequence[str]) -> dict[str, int]:
    """Return about how many rows *tables* have, without reading them."""
    return await _pairs(database, ESTIMATES, list(tables))


async def holdings(database: Database, tables: Sequence[str]) -> list[Holding]:
    """Count the rows of *tables* by source. Reads them all."""
    parts = [
        sql.SQL(HOLDINGS).format(name=sql.Literal(name), table=sql.Identifier(name))
        for name in tables
    ]
    query = sql.SQL(" union all ").join(parts) + sql.SQL(" order by source, rows desc")

    return await find_all(database, Holding, query)


async def latest_crawls(database: Database, sources: Sequence[str]) -> dict[str, Crawl]:
    """Return the last crawl of each of *sources* that was ever crawled."""

    async def work(connection: Connection) -> dict[str, Crawl]:
        async with connection.cursor(row_factory=class_row(Crawl)) as cursor:
            await cursor.execute(LATEST, [list(sources)])
            return {one.source: one for one in await cursor.fetchall()}

    return await database.run(work)


async def trouble(database: Database, sources: Sequence[str]) -> Mapping[str, int]:
    """Count what went to quarantine in the last day, by source."""
    return await _pairs(database, TROUBLE, list(sources))


async def _pairs(database: Database, query: str, names: list[str]) -> dict[str, int]:
    async def work(connection: Connection) -> dict[str, int]:
        cursor = await connection.execute(query.encode(), [names])
        return {name: int(count) for name, count in await cursor.fetchall()}

    return await database.run(work)
