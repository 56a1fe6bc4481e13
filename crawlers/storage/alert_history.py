"""What happened: each alert, whom it was sent to and when, or why not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from crawlers.storage.database import Database
from crawlers.storage.whose import MINE

HISTORY = f"""
select c.id, c.rule, c.rule_name, c.kind, c.platform, c.product_id, c.variant_id, c.job, c.at,
       c.facts, c.created_at, c.note,
       coalesce((
           select jsonb_agg(jsonb_build_object(
               'key', d.key, 'channel', d.channel_name, 'state', d.state, 'due_at', d.due_at,
               'sent_at', d.sent_at, 'attempts', d.attempts, 'reason', d.reason) order by d.id)
           from alert_deliveries as d where d.alerts @> array[c.id]), '[]') as deliveries
from alert_outbox as c
where {MINE} and (%(before)s::bigint is null or c.id < %(before)s)
  and (%(rule)s::text is null or c.rule = %(rule)s)
order by c.id desc limit %(limit)s
""".encode()  # noqa: S608 - all of it is ours


@dataclass(frozen=True, slots=True)
class Told:
    """An alert and its messages; *note* says why there are none."""

    id: int
    rule: str | None
    rule_name: str
    kind: str
    platform: str | None
    product_id: str | None
    variant_id: str | None
    job: str | None
    at: datetime
    facts: dict[str, Any]
    created_at: datetime
    note: str | None
    deliveries: list[dict[str, Any]]


async def history(
    database: Database,
    whose: str | None,
    *,
    rule: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Told]:
    """Return the alerts of *whose* (None: everybody's) before one of them, the newest first."""
    values = {"whose": whose, "rule": rule, "before": before, "limit": limit}

    async def work(connection: AsyncConnection[Any]) -> list[Told]:
        async with connection.cursor(row_factory=class_row(Told)) as cursor:
            await cursor.execute(HISTORY, values)
            return await cursor.fetchall()

    return await database.run(work)
