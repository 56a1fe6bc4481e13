"""Alerts that crawls and jobs have left, and the messages that are planned for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import class_row

from crawlers.storage.database import Database
from crawlers.storage.whose import IS_OUT, OUT

Connection = AsyncConnection[Any]

AT_ONCE = 200
ONE_PLANS = "select pg_try_advisory_xact_lock(hashtext('crawlers alerts'))"
"""Days are counted: two who plan at once would both find room for the last message."""

NEW = f"""
select c.id, c.key, c.owner, c.rule, c.created_at, now() as now, c.job, {IS_OUT} as is_out,
       r.id is not null as has_rule, coalesce(r.channels, '{{}}') as channels,
       coalesce(r.per_day, 0) as per_day, coalesce(r.zone, 'UTC') as zone,
       r.quiet_from, r.quiet_to, r.digest, r.digest_at,
       j.id is null or j.status is not null as is_over
from alert_outbox as c
left join alert_rules as r on r.id = c.rule
left join jobs as j on j.id = c.job
where c.planned_at is null order by c.id limit %s
"""  # noqa: S608 - constants
SETTLE = "update alert_outbox set planned_at = now(), note = %s where id = %s"
OF_RULE = """
select count(*) from alert_outbox where rule = %s and planned_at >= %s and note is null
"""
OF_CHANNEL = """
select count(*) from alert_deliveries
where channel = %s and created_at >= date_trunc('day', now(), 'UTC') and state <> 'left_out'
"""
CHANNELS = "select id, name, per_day from alert_channels where id = any(%s) order by id"
JOIN_DIGEST = """
update alert_deliveries set alerts = alerts || %(alert)s::bigint
where id = (select id from alert_deliveries
            where channel = %(channel)s and is_digest and due_at = %(due_at)s
              and state = 'waiting' and attempts = 0
              and cardinality(alerts) < 100
            order by id limit 1 for update)
returning id
"""
PLAN = """
insert into alert_deliveries (key, owner, channel, channel_name, alerts, is_digest, state, due_at,
                              reason)
values (md5(concat_ws(' ', %(key)s::text, %(channel)s::text)), %(owner)s, %(channel)s, %(name)s,
        array[%(alert)s::bigint], %(is_digest)s, %(state)s, %(due_at)s, %(reason)s)
on conflict (key) do nothing
"""


@dataclass(frozen=True, slots=True)
class New:
    """An alert that nobody has planned a message for, and how its rule wants to be told."""

    id: int
    key: str
    owner: str | None
    rule: str | None
    created_at: datetime
    now: datetime
    job: str | None
    is_out: bool
    has_rule: bool
    channels: list[str]
    per_day: int
    zone: str
    quiet_from: time | None
    quiet_to: time | None
    digest: str | None
    digest_at: time | None
    is_over: bool


class Plan(NamedTuple):
    """When the messages of an alert are due, and when the day of its rule began."""

    due_at: datetime
    day_began: datetime


async def plan(database: Database, decide: Callable[[New], Plan]) -> int:
    """Plan messages for what is new, as *decide* says; return how many alerts that were.

    One at a time does so; others find nothing to do.
    """

    async def work(connection: Connection) -> int:
        row = await (await connection.execute(ONE_PLANS)).fetchone()
        if row is None or not row[0]:
            return 0
        async with connection.cursor(row_factory=class_row(New)) as cursor:
            await cursor.execute(NEW.encode(), [AT_ONCE])
            found = await cursor.fetchall()
        for one in found:
            note = await _planned(connection, one, decide(one))
            await connection.execute(SETTLE, [note, one.id])
        return len(found)

    return await database.run(work)


async def _planned(connection: Connection, one: New, plan: Plan) -> str | None:
    """Plan the messages of an alert; return why there are none, where there are none."""
    if one.is_out:
        return OUT
    if not one.has_rule:
        return "its rule was removed"
    if not one.is_over:
        return "the job goes on"
    if await _count(connection, OF_RULE, [one.rule, plan.day_began]) >= one.per_day:
        return f"the rule has had its {one.per_day} alerts of the day"
    channels = await (await connection.execute(CHANNELS, [one.channels])).fetchall()
    for channel, name, per_day in channels:
        await _place(connection, one, plan.due_at, (channel, name, per_day))
    return None if channels else "the rule has no channel"


async def _place(
    connection: Connection, one: New, due_at: datetime, channel: tuple[str, str, int]
) -> None:
    number, name, per_day = channel
    is_digest = one.digest is not None
    values = {"alert": one.id, "channel": number, "due_at": due_at, "key": one.key}
    if is_digest and await (await connection.execute(JOIN_DIGEST, values)).fetchone():
        return
    is_full = await _count(connection, OF_CHANNEL, [number]) >= per_day
    values |= {"owner": one.owner, "name": name, "is_digest": is_digest}
    values["state"] = "left_out" if is_full else "waiting"
    values["reason"] = f"the channel has had its {per_day} messages of the day" if is_full else None
    await connection.execute(PLAN, values)


async def _count(connection: Connection, query: str, values: Sequence[Any]) -> int:
    row = await (await connection.execute(query.encode(), values)).fetchone()
    return int(row[0]) if row else 0
