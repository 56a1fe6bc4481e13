"""Rules: when somebody is to be told. What they find is decided in the database itself."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from crawlers.errors import AlertError, TakenError
from crawlers.storage.collections import find_in
from crawlers.storage.database import Database
from crawlers.storage.finding import find_all
from crawlers.storage.text import sanitise
from crawlers.storage.whose import MINE, Asked, check_room, new_id

Connection = AsyncConnection[Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, as `crawlers.alerts.wanted` describes it."""

    id: str
    owner: str | None
    name: str
    kind: str
    platform: str | None
    product_id: str | None
    variant_id: str | None
    collection: str | None
    keyword: str | None
    region: str | None
    source: str | None
    each_variant: bool
    limit_minor: int | None
    currency: str | None
    percent: Decimal | None
    hysteresis_percent: Decimal
    cooldown_s: int
    per_day: int
    quiet_from: time | None
    quiet_to: time | None
    zone: str
    digest: str | None
    digest_at: time | None
    channels: list[str]
    is_paused: bool
    created_at: datetime


NAMES = [one.name for one in fields(Rule)]
GIVEN = NAMES[: NAMES.index("is_paused")]
COLUMNS = ", ".join(f"c.{name}" for name in NAMES)
LIST = f"select {COLUMNS} from alert_rules as c where {MINE} order by c.name, c.id".encode()  # noqa: S608 - all of it is ours
FIND = f"""
select {COLUMNS} from alert_rules as c where {MINE} and (c.id = %(word)s or c.name = %(word)s)
order by c.id = %(word)s desc, c.owner nulls first limit 1
""".encode()  # noqa: S608 - the same
INSERT = sql.SQL("insert into alert_rules ({}) values ({}) on conflict do nothing").format(
    sql.SQL(", ").join(map(sql.Identifier, GIVEN)),
    sql.SQL(", ").join(map(sql.Placeholder, GIVEN)),
)
CHANNEL = "select id from alert_channels as c where {} and c.id = %(word)s"


async def add(database: Database, owner: str | None, given: Mapping[str, Any]) -> Rule:
    """Keep a rule with the *given* columns, for *owner*. Raises AlertError, TakenError.

    Its collection is given by id or by name.
    """
    values = {**given, "name": sanitise(given["name"]), "id": new_id(), "owner": owner}

    async def work(connection: Connection) -> Rule:
        await check_room(connection, "alert_rules", owner)
        if given["collection"] is not None:
            found_in = await find_in(connection, Asked(given["collection"], owner))
            values["collection"] = found_in.id
        for channel in given["channels"]:
            await _check_channel(connection, channel, owner)
        await connection.execute(INSERT, values)
        found = await _find(connection, Asked(values["id"], owner))
        if found is None:
            raise TakenError(f"there is a rule {given['name']!r} already", "name")
        return found

    return await database.run(work)


async def list_all(database: Database, whose: str | None) -> list[Rule]:
    """Return the rules of *whose*, by name; None: everybody's."""
    return await find_all(database, Rule, LIST, {"whose": whose})


async def find(database: Database, asked: Asked) -> Rule:
    """Return the rule that is *asked* for. Raises AlertError where there is none."""

    async def work(connection: Connection) -> Rule:
        found = await _find(connection, asked)
        if found is None:
            raise AlertError(f"there is no rule {asked.word!r}", "rule")
        return found

    return await database.run(work)


async def pause(database: Database, rule: str, *, is_paused: bool) -> None:
    """Let *rule* rest, or go on: with what it knew when it was paused."""

    async def work(connection: Connection) -> None:
        query = "update alert_rules set is_paused = %s where id = %s"
        await connection.execute(query, [is_paused, rule])

    await database.run(work)


async def remove(database: Database, rule: str) -> None:
    """Forget *rule*; its history stays."""

    async def work(connection: Connection) -> None:
        await connection.execute("delete from alert_rules where id = %s", [rule])

    await database.run(work)


async def _find(connection: Connection, asked: Asked) -> Rule | None:
    async with connection.cursor(row_factory=class_row(Rule)) as cursor:
        await cursor.execute(FIND, asked._asdict())
        return await cursor.fetchone()


async def _check_channel(connection: Connection, channel: str, owner: str | None) -> None:
    query = CHANNEL.format(MINE).encode()
    found = await connection.execute(query, {"whose": owner, "word": channel})
    if await found.fetchone() is None:
        raise AlertError(f"there is no channel {channel!r}", "channels")
