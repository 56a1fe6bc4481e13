"""Which one of all nodes makes the backup of a day: the database says so, and only once."""

from typing import Any, Final

from psycopg import AsyncConnection

from crawlers.storage.database import Database

Connection = AsyncConnection[Any]

CLAIM: Final = """
insert into marks as m (source, key, value, updated_at)
values ('kernel', 'backup/daily', jsonb_build_object('is_done', false, 'day',
        ((now() at time zone 'utc') - %s::time)::date), now())
on conflict (source, key) do update set value = excluded.value, updated_at = excluded.updated_at
where m.value->>'day' < excluded.value->>'day'
   or not (m.value->>'is_done')::boolean and m.updated_at < now() - interval '1 hour'
returning value->>'day'
"""
"""A day begins at the time of its backup. One that came to nothing is tried again after an hour."""
DONE: Final = """
update marks set value = value || '{"is_done": true}'
where source = 'kernel' and key = 'backup/daily' and value->>'day' = %s
"""


async def claim(database: Database, at: str) -> str | None:
    """Return the day whose backup, due *at* hours and minutes (UTC), is ours to make, or None."""

    async def work(connection: Connection) -> str | None:
        row = await (await connection.execute(CLAIM, [at])).fetchone()
        return row[0] if row else None

    return await database.run(work)


async def done(database: Database, day: str) -> None:
    """Note that the backup of *day* is made."""

    async def work(connection: Connection) -> None:
        await connection.execute(DONE, [day])

    await database.run(work)
