"""Channels: where messages go. Their addresses are secrets, and stored encrypted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import class_row

from crawlers.errors import AlertError, TakenError
from crawlers.storage.database import Database
from crawlers.storage.finding import find_all
from crawlers.storage.text import sanitise
from crawlers.storage.whose import MINE, Asked, check_room, new_id

Connection = AsyncConnection[Any]

COLUMNS = "c.id, c.owner, c.name, c.shown, c.sealed, c.per_day, c.created_at"
LIST = f"select {COLUMNS} from alert_channels as c where {MINE} order by c.name, c.id".encode()  # noqa: S608 - all of it is ours
FIND = f"""
select {COLUMNS} from alert_channels as c where {MINE} and (c.id = %(word)s or c.name = %(word)s)
order by c.id = %(word)s desc, c.owner nulls first limit 1
""".encode()  # noqa: S608 - the same
INSERT = """
insert into alert_channels (id, owner, name, shown, sealed, per_day)
values (%s, %s, %s, %s, %s, %s) on conflict do nothing
"""
FROM_RULES = """
update alert_rules set channels = array_remove(channels, %(channel)s)
where channels @> array[%(channel)s]
"""


class Sealed(NamedTuple):
    """An address: what may be *shown* of it, and the whole of it, *sealed*."""

    shown: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: what is *shown* of its address, and the whole of it, *sealed*."""

    id: str
    owner: str | None
    name: str
    shown: str
    sealed: bytes
    per_day: int
    created_at: datetime

    def __repr__(self) -> str:
        """Return what may be shown."""
        return f"Channel({self.name!r}, {self.shown})"


async def create(
    database: Database, owner: str | None, name: str, address: Sealed, per_day: int
) -> Channel:
    """Keep a channel. Raises AlertError, TakenError."""
    number = new_id()

    async def work(connection: Connection) -> Channel:
        await check_room(connection, "alert_channels", owner)
        values = [number, owner, sanitise(name), sanitise(address.shown)]
        values += [address.sealed, per_day]
        await connection.execute(INSERT, values)
        found = await find_in(connection, Asked(number, owner))
        if found is None:
            raise TakenError(f"there is a channel {name!r} already", "name")
        return found

    return await database.run(work)


async def list_all(database: Database, whose: str | None) -> list[Channel]:
    """Return the channels of *whose*, by name; None: everybody's."""
    return await find_all(database, Channel, LIST, {"whose": whose})


async def find(database: Database, asked: Asked) -> Channel:
    """Return the channel that is *asked* for. Raises AlertError where there is none."""

    async def work(connection: Connection) -> Channel:
        found = await find_in(connection, asked)
        if found is None:
            raise AlertError(f"there is no channel {asked.word!r}", "channel")
        return found

    return await database.run(work)


async def find_in(connection: Connection, asked: Asked) -> Channel | None:
    """Return the channel that is *asked* for, in the transaction of the caller."""
    async with connection.cursor(row_factory=class_row(Channel)) as cursor:
        await cursor.execute(FIND, asked._asdict())
        return await cursor.fetchone()


async def remove(database: Database, channel: str) -> None:
    """Forget *channel*; rules that use it go on without it."""

    async def work(connection: Connection) -> None:
        await connection.execute(FROM_RULES, {"channel": channel})
        await connection.execute("delete from alert_channels where id = %s", [channel])

    await database.run(work)
