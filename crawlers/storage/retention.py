"""Rows that are older than somebody wants to keep: pages, quarantine, results, alerts.

Each table is gone through once, in batches of its key, each a transaction of its own: memory and
locks stay small, and whoever was cut off begins anew with what is left.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection, sql

from crawlers.storage.database import Database

Connection = AsyncConnection[Any]

BATCH: Final = 2000

UNREFERENCED: Final = """
not exists (select from quarantine as q where q.sha256 = t.sha256 and (
    %(quarantine)s::int is null
    or q.stored_at >= clock_timestamp() - make_interval(days => %(quarantine)s::int)))
"""
"""The quarantine's pages stay as long as it: they are what is parsed again."""
OF_ENDED_JOB: Final = """
exists (select from jobs as j where j.id = t.job
        and j.finished_at < clock_timestamp() - make_interval(days => %(days)s))
"""

UNTOLD: Final = """
not exists (select from alert_deliveries as d where d.alerts @> array[t.id] and (
    d.state = 'waiting' or d.created_at >= clock_timestamp() - make_interval(days => %(days)s)))
"""
"""An alert stays as long as a message about it: the history says what was sent, and why."""
OLD: Final = "t.{} < clock_timestamp() - make_interval(days => %(days)s)"

PAGE: Final = """
with page as (
    select {keys} from {table} where {after} order by {keys} limit %(limit)s
), old as (
    select {keys} from page join {table} as t using ({keys}) where {is_old}
), gone as (
    {gone}
)
select (select count(*) from gone), {last}
from (select {keys} from page order by {descending} limit 1) as l
"""
DELETE: Final = """
delete from {table} as t using old where ({of_table}) = ({of_old}) and {is_old} returning 1
"""
"""Judged again by what is there when the row is locked: a crawl may just have seen it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rows that grow old: the *keys* of their *table*, and what makes one *old*."""

    name: str
    table: str
    keys: tuple[str, ...]
    old: str


KINDS: Final = (
    Kind("results", "job_results", ("job", "xid", "seq"), OF_ENDED_JOB),
    Kind(
        "alerts",
        "alert_deliveries",
        ("id",),
        f"t.state <> 'waiting' and {OLD.format('created_at')}",
    ),
    Kind("alerts", "alert_outbox", ("id",), f"{OLD.format('planned_at')} and {UNTOLD}"),
    Kind("quarantine", "quarantine", ("id",), OLD.format("stored_at")),
    Kind(
        "raw",
        "raw_pages",
        ("source", "request_key", "sha256"),
        f"{OLD.format('last_fetched_at')} and {UNREFERENCED}",
    ),
)
"""In the order in which they go: what a message or the quarantine names, stays.

What is about to go names nothing any more: so a dry run, in which it is still there, counts alike.
"""
NAMES: Final = tuple(dict.fromkeys(kind.name for kind in KINDS))


async def expire(
    database: Database, kind: Kind, days: Mapping[str, int], *, dry_run: bool = False
) -> AsyncIterator[int]:
    """Remove the rows of *kind* that are too old; yield how many went, batch by batch.

    *days* is how long each kind is kept. *dry_run*: only count them.
    """
    last: list[Any] | None = None
    while True:
        gone, last = await database.run(_batch(kind, days, last, dry_run=dry_run))
        if last is None:
            return
        yield gone


def _batch(kind: Kind, days: Mapping[str, int], after: list[Any] | None, *, dry_run: bool) -> Any:
    query = _query(kind, is_first=after is None, dry_run=dry_run)
    values: dict[str, Any] = {"days": days[kind.name], "limit": BATCH}
    values["quarantine"] = days.get("quarantine")
    values |= {f"k{place}": value for place, value in enumerate(after or ())}

    async def work(connection: Connection) -> tuple[int, list[Any] | None]:
        row = await (await connection.execute(query, values)).fetchone()
        return (row[0], list(row[1:])) if row else (0, None)

    return work


def _query(kind: Kind, *, is_first: bool, dry_run: bool) -> sql.Composed:
    names = [sql.Identifier(name) for name in kind.keys]
    comma = sql.SQL(", ")
    table, is_old = sql.Identifier(kind.table), sql.SQL(kind.old)
    given = comma.join(sql.Placeholder(f"k{place}") for place in range(len(names)))
    after = sql.SQL("({}) > ({})").format(comma.join(names), given)
    delete = sql.SQL(DELETE).format(
        table=table,
        is_old=is_old,
        of_table=comma.join(sql.SQL("t.{}").format(name) for name in names),
        of_old=comma.join(sql.SQL("old.{}").format(name) for name in names),
    )
    return sql.SQL(PAGE).format(
        keys=comma.join(names),
        table=table,
        after=sql.SQL("true") if is_first else after,
        is_old=is_old,
        gone=sql.SQL("select 1 from old") if dry_run else delete,
        last=comma.join(sql.SQL("l.{}::text").format(name) for name in names),
        descending=comma.join(sql.SQL("{} desc").format(name) for name in names),
    )
