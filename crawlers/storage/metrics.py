"""Numbers for whoever watches: what crawls have counted, and how things stand just now.

Each question goes by an index or to a small table: the answer takes the same time however much is
stored.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection

from crawlers.storage.database import Database

Connection = AsyncConnection[Any]
Row = tuple[Any, ...]

SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds of the histogram of downloads."""

ADD: Final = """
insert into metric_totals as m (name, source, label, lane, n)
select name, %s, label, mod(pg_backend_pid(), 16), n
from unnest(%s::text[], %s::text[], %s::bigint[]) as given (name, label, n)
order by name, label
on conflict (name, source, label, lane) do update set n = m.n + excluded.n
"""

QUESTIONS: Final[Mapping[str, str]] = {
    "totals": """
        select name, source, label, sum(n)::bigint from metric_totals group by 1, 2, 3
    """,
    "jobs": """
        select source, case when dispatch_at is not null then 'queued'
                            when cancel_at is not null then 'cancelled' else 'running' end,
               count(*),
               extract(epoch from max(greatest(now() - dispatch_at, interval '0'))
                                  filter (where dispatch_at is not null))::float8
        from jobs where status is null group by 1, 2
    """,
    "workers": """
        select count(*), coalesce(extract(epoch from max(now() - seen_at)), 0)::float8
        from job_workers where ended_at is null and seen_at is not null
    """,
    "crawls": """
        select name, state, extract(epoch from finished_at)::float8
        from unnest(%(sources)s::text[]) as name,
             unnest(array['completed', 'partial', 'blocked', 'interrupted', 'failed']) as state,
             lateral (select finished_at from crawls where source = name and status = state
                      order by finished_at desc limit 1) as last
    """,
    "schedules": """
        select count(*) from schedules where not is_paused and next_at < now() - interval '5 min'
    """,
    "tables": """
        select relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) from pg_class
        where relkind = 'r' and relnamespace = current_schema()::regnamespace
    """,
    "turns": """
        select limit_key, greatest(0, extract(epoch from not_before - now()))::float8
        from serial_turns where not_before > now() limit 100
    """,
    "places": """
        select count(*) filter (where granted), count(*) filter (where not granted)
        from pg_locks where locktype = 'advisory'
          and database = (select oid from pg_database where datname = current_database())
    """,
    "connections": """
        select coalesce(state, 'other'), count(*) from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' group by 1
    """,
    "backup": """
        select extract(epoch from updated_at)::float8, (value->>'size')::bigint from marks
        where source = 'kernel' and key = 'backup/last'
    """,
}


class Total(NamedTuple):
    """A sum that only grows: its *name*, what it is of, and how many."""

    name: str
    label: str
    n: int


async def add(database: Database, source: str, totals: Sequence[Total]) -> None:
    """Add *totals* of a crawl of *source*. A connection that is lost may make it count twice."""

    async def work(connection: Connection) -> None:
        names, labels, numbers = (list(column) for column in zip(*totals, strict=True))
        await connection.execute(ADD, [source, names, labels, numbers])

    if totals:
        await database.run(work)


async def look(database: Database, sources: Sequence[str]) -> dict[str, list[Row]]:
    """Return the answers to all `QUESTIONS`, by name."""

    async def work(connection: Connection) -> dict[str, list[Row]]:
        await connection.execute("set local statement_timeout = '5s'")
        return {
            name: await (await connection.execute(question, {"sources": list(sources)})).fetchall()
            for name, question in QUESTIONS.items()
        }

    return await database.run(work)
