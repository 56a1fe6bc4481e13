"""Messages on their way: taken by one of many who send, noted when they are sent, or why not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from crawlers.errors import AlertError
from crawlers.storage.alert_channels import Channel
from crawlers.storage.database import Database
from crawlers.storage.finding import find_all, find_one
from crawlers.storage.text import sanitise
from crawlers.storage.whose import IS_OUT, new_id

Connection = AsyncConnection[Any]

# One message at a time to a channel: they come in their order. Channels that hang, however many
# one person has, do not keep all who send busy.
TAKE = """
with taken as materialized (
    select channel, owner from alert_deliveries where state = 'waiting' and taken_until > now()
)
update alert_deliveries set attempts = attempts + 1,
       taken_until = now() + %(lease_s)s * interval '1 s'
where id = (
    select d.id from alert_deliveries as d
    where d.state = 'waiting' and d.due_at <= now()
      and (d.taken_until is null or d.taken_until <= now())
      and (%(only)s::bigint is null or d.id = %(only)s)
      and not exists (select from taken as t where t.channel = d.channel)
      and (select count(*) from taken as t where t.owner is not distinct from d.owner)
          < %(of_owner)s
    order by d.due_at, d.id limit 1 for update skip locked)
returning id, key, channel, alerts, attempts
"""
OF_OWNER = 3
"""Messages of one person that are sent at the same time."""
ONE_TAKES = "select pg_advisory_xact_lock(hashtext('crawlers alerts taken'))"
"""Two who take at once would not see that the other one is at the same channel."""
CHANNEL = "select * from alert_channels where id = %s"
IS_FOR_NOBODY = f"select {IS_OUT} from alert_deliveries as c where id = %s"  # noqa: S608 - constants
ALERTS = """
select o.id, o.key, o.rule_name, o.kind, o.platform, o.product_id, o.variant_id, o.job, o.at,
       o.facts, p.name as product, p.url, v.name as variant, j.reason as job_reason
from alert_outbox as o
left join products as p on p.platform = o.platform and p.id = o.product_id
left join product_variants as v on v.platform = o.platform and v.product_id = o.product_id
    and v.id = o.variant_id
left join jobs as j on j.id = o.job
where o.id = any(%s) order by o.id
"""
HABITS = """
select zone, quiet_from, quiet_to, now() from alert_rules
where id = (select rule from alert_outbox where id = %s)
"""
SENT = """
update alert_deliveries set state = 'sent', sent_at = now(), taken_until = null, reason = null
where id = %s and state = 'waiting'
"""
LATER = """
update alert_deliveries set due_at = now() + %s * interval '1 s', taken_until = null, reason = %s
where id = %s and attempts = %s and state = 'waiting'
"""
PUT_OFF = """
update alert_deliveries set due_at = %s, taken_until = null, attempts = attempts - 1
where id = %s and attempts = %s and state = 'waiting'
"""
END = """
update alert_deliveries set state = %s, taken_until = null, reason = %s
where id = %s and attempts = %s and state = 'waiting'
"""
TESTS_MAX = 10
TESTED = """
select count(*) from alert_outbox where kind = 'test' and facts ->> 'channel' = %s
  and created_at > now() - interval '1 hour'
"""
TEST = """
with alert as (
    insert into alert_outbox (key, owner, rule_name, kind, at, facts, planned_at)
    values (%(key)s, %(owner)s, '', 'test', now(), jsonb_build_object('channel', %(id)s::text),
            now())
    on conflict (key) do nothing returning id
)
insert into alert_deliveries (key, owner, channel, channel_name, alerts, is_digest, state, due_at)
select %(key)s, %(owner)s, %(id)s, %(name)s, array[id], false, 'waiting', now() from alert
on conflict (key) do nothing
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is ours to send, for a while."""

    id: int
    key: str
    channel: str
    alerts: list[int]
    attempts: int


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with what is known of its product or job now."""

    id: int
    key: str
    rule_name: str
    kind: str
    platform: str | None
    product_id: str | None
    variant_id: str | None
    job: str | None
    at: datetime
    facts: dict[str, Any]
    product: str | None
    url: str | None
    variant: str | None
    job_reason: str | None


class Deliveries:
    """The messages in one database. Every method may be repeated."""

    def __init__(self, database: Database) -> None:
        """Ask *database*, which opens at the first question."""
        self._database = database

    async def take(self, lease_s: float, only: int | None = None) -> Taken | None:
        """Take a message that is due (or *only* this one), for *lease_s*: nobody else sends it."""

        async def work(connection: Connection) -> Taken | None:
            await connection.execute(ONE_TAKES)
            async with connection.cursor(row_factory=class_row(Taken)) as cursor:
                await cursor.execute(TAKE, {"lease_s": lease_s, "only": only, "of_owner": OF_OWNER})
                return await cursor.fetchone()

        return await self._database.run(work)

    async def channel(self, taken: Taken) -> Channel | None:
        """Return where it goes, or None: the channel was removed."""
        return await find_one(self._database, Channel, CHANNEL, [taken.channel])

    async def is_for_nobody(self, taken: Taken) -> bool:
        """Tell whether who wants it may not come in any more."""
        row = await self._row(IS_FOR_NOBODY, taken.id)
        return row is not None and bool(row[0])

    async def alerts(self, taken: Taken) -> list[Alert]:
        """Return what it is about."""
        return await find_all(self._database, Alert, ALERTS, [taken.alerts])

    async def habits(self, taken: Taken) -> tuple[Any, ...] | None:
        """Return zone and quiet hours of the rule that it comes from, and the time now."""
        return await self._row(HABITS, taken.alerts[0])

    async def sent(self, taken: Taken) -> None:
        """Note that it was sent."""
        await self._execute(SENT, taken.id)

    async def again(self, taken: Taken, wait_s: float, reason: str) -> None:
        """Let it be sent again after *wait_s*."""
        await self._execute(LATER, wait_s, sanitise(reason), taken.id, taken.attempts)

    async def put_off(self, taken: Taken, due_at: datetime) -> None:
        """Give it back unsent, until *due_at*."""
        await self._execute(PUT_OFF, due_at, taken.id, taken.attempts)

    async def end(self, taken: Taken, state: str, reason: str) -> None:
        """Give it up: *state* is dead, or left_out where it never went out."""
        await self._execute(END, state, sanitise(reason), taken.id, taken.attempts)

    async def test(self, channel: Channel) -> int:
        """Plan a test message to *channel*, and return its number. Raises AlertError."""
        key = new_id()

        async def work(connection: Connection) -> int:
            row = await (await connection.execute(TESTED, [channel.id])).fetchone()
            if row and row[0] >= TESTS_MAX:
                raise AlertError(f"there were {TESTS_MAX} test messages within an hour", "channel")
            values = {"key": key, "owner": channel.owner, "id": channel.id, "name": channel.name}
            await connection.execute(TEST, values)
            found = await connection.execute(
                "select id from alert_deliveries where key = %s", [key]
            )
            row = await found.fetchone()
            assert row is not None  # noqa: S101 - it was just written
            return int(row[0])

        return await self._database.run(work)

    async def state(self, delivery: int) -> tuple[str, str | None]:
        """Return how a message stands, and why."""
        row = await self._row("select state, reason from alert_deliveries where id = %s", delivery)
        return (row[0], row[1]) if row else ("left_out", "it is not there any more")

    async def _row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        async def work(connection: Connection) -> tuple[Any, ...] | None:
            return await (await connection.execute(query.encode(), values)).fetchone()

        return await self._database.run(work)

    async def _execute(self, statement: str, *values: Any) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(statement.encode(), values)

        await self._database.run(work)
