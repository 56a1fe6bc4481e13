"""Erase a person, then look whether anything is left.

Not looked at: Redis, where requests of a running job may wait, files that a crawl was told to
write, logs, backups, and old versions of objects in a bucket that keeps them.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from crawlers.errors import MissingObjectError
from crawlers.storage.database import Database
from crawlers.storage.mentions import GONE, Column, Mention, Person, mentions, searched_columns
from crawlers.storage.raw import RawStore

Connection = AsyncConnection[Any]

FIND: Final = """
select platform, id, username, source from profiles
where case when %(name)s like '@%%' then lower(username) = lower(substr(%(name)s, 2))
      else id = %(name)s end
order by platform, id
"""

OWN: Final = {
    "profiles": "delete from profiles where platform = %(platform)s and id = %(id)s",
    "follows": "delete from follows where platform = %(platform)s"
    " and (profile_id = %(id)s or lower(account) = lower(%(username)s))",
}
"""What removes the person's own rows, by table."""
DROPPED: Final = ("job_results", "job_units", "quarantine", "raw_pages")
"""Of these, rows go that mention the person."""
CLEANED: Final = ("apify_runs", "crawls", "job_workers", "jobs", "marks", "schedules")
"""Of these, mentions go."""
KEYS: Final = {"jobs": "id", "marks": "key", "schedules": "name"}
"""Columns that cannot lose a mention: the row goes."""
COUNTED: Final = {
    "job_results": "'rows/' || table_name",
    "job_units": "'unit/' || coalesce(status, 'open')",
}
"""Tables whose rows are counted for their job, and under which name."""
RECOUNT: Final = """
insert into job_counts as c (job, lane, name, n)
select job, 0, {name}, -1 from {table} where ctid = {ctid}::tid
on conflict (job, lane, name) do update set n = c.n + excluded.n
"""

PATIENCE: Final = """
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0
"""
"""Every row is read, and every object between two statements."""
OF_SOURCE: Final = sql.SQL("source = any(%(sources)s) for update")
BY_JOB: Final = (*COUNTED, "job_workers")
"""Tables that tell a source by its job only."""
OF_JOB: Final = sql.SQL("job in (select id from jobs where source = any(%(sources)s)) for update")


@dataclass(slots=True)
class Erased:
    """Rows that were *removed* and *changed*, by table; ``raw store`` counts objects."""

    removed: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        """Tell whether there was anything."""
        return self.removed.total() + self.changed.total() > 0


@dataclass(slots=True)
class Left:
    """What the search found: rows by place, in so many *columns* and raw *objects*."""

    places: Counter[str] = field(default_factory=Counter)
    columns: int = 0
    objects: int = 0


async def people(database: Database, name: str) -> list[Person]:
    """Return those of the table ``profiles`` whose id is *name*, or of ``@name`` the username."""

    async def work(connection: Connection) -> list[Person]:
        cursor = await connection.execute(FIND, {"name": name})
        return [Person(*row) for row in await cursor.fetchall()]

    return await database.run(work)


def without_profile(username: str) -> Person:
    """Return somebody who follows nobody here: an account, or one whose row could not be read."""
    return Person("instagram", "", username, "instagram")


async def erase(database: Database, store: RawStore, person: Person) -> Erased:
    """Erase *person* in one transaction.

    Objects go before it commits: a row without its object harms nobody, an object without a row
    would never be found again. Raises StorageError.
    """

    async def work(connection: Connection) -> Erased:
        await connection.execute(PATIENCE)
        erased = Erased()
        values = {"platform": person.platform, "id": person.id, "username": person.username}
        for table, statement in OWN.items():
            erased.removed[table] = (await connection.execute(statement, values)).rowcount
        columns = _by_table(await searched_columns(connection))
        digests = await _digests(connection, person)
        await _erase_bodies(connection, store, person, digests, erased)
        for table in (*DROPPED, *CLEANED):
            of_person = OF_JOB if table in BY_JOB else OF_SOURCE
            async for mention in mentions(connection, columns[table], person, of_person):
                await _clean(connection, table, person, mention, erased)
        for digest in await _without_row(connection, digests):
            await store.remove(digest)
            erased.removed["raw store"] += 1
        return erased

    return await database.run(work)


async def what_is_left(database: Database, store: RawStore, person: Person) -> Left:
    """Search every column and the raw store's objects of the source for *person*."""

    async def work(connection: Connection) -> Left:
        await connection.execute(PATIENCE)
        left = Left()
        columns = await searched_columns(connection)
        left.columns = len(columns)
        for table, of_table in _by_table(columns).items():
            async for mention in mentions(connection, of_table, person):
                left.places.update(f"{table}.{column.name}" for column, _ in mention.values)
        digests = await _digests(connection, person)
        left.objects = len(digests)
        for digest in await _mentioning(store, person, digests):
            left.places[f"raw store, object {digest}"] += 1
        return left

    return await database.run(work)


def _by_table(columns: Sequence[Column]) -> dict[str, list[Column]]:
    tables: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        tables[column.table].append(column)
    return tables


async def _clean(
    connection: Connection, table: str, person: Person, mention: Mention, erased: Erased
) -> None:
    """Take the *mention* out of *table*, or the row that has it."""
    place = {"table": sql.Identifier(table), "ctid": sql.Literal(mention.ctid)}
    if _goes(table, person, mention):
        if table in COUNTED:
            recount = sql.SQL(RECOUNT).format(name=sql.SQL(COUNTED[table]), **place)
            await connection.execute(recount)
        query = sql.SQL("delete from {table} where ctid = {ctid}::tid").format(**place)
        erased.removed[table] += (await connection.execute(query)).rowcount
        return
    cells = {column.name: _cell(person, column, value) for column, value in mention.values}
    names = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in cells)
    query = sql.SQL("update {table} set {names} where ctid = {ctid}::tid").format(
        names=names, **place
    )
    erased.changed[table] += (await connection.execute(query, [*cells.values()])).rowcount


def _goes(table: str, person: Person, mention: Mention) -> bool:
    """Tell whether the row goes as a whole."""
    return table in DROPPED or any(
        column.name == KEYS.get(table) or (table == "marks" and person.without(value) is GONE)
        for column, value in mention.values
    )


def _cell(person: Person, column: Column, value: Any) -> Any:
    """Return *value* without the person, for its column."""
    if column.type == "text":
        return person.blotted(value)
    if column.table == "schedules":
        return Jsonb({name: person.unlisted(one) for name, one in value.items()})
    left = person.without(value)
    return left if column.type == "text[]" else Jsonb({} if left is GONE else left)


async def _erase_bodies(
    connection: Connection,
    store: RawStore,
    person: Person,
    digests: Sequence[str],
    erased: Erased,
) -> None:
    """Remove all rows of those of *digests* whose bodies mention *person*."""
    found = await _mentioning(store, person, digests)
    for table in ("quarantine", "raw_pages"):
        query = sql.SQL("delete from {} where sha256 = any(%s)").format(sql.Identifier(table))
        erased.removed[table] += (await connection.execute(query, [found])).rowcount


async def _digests(connection: Connection, person: Person) -> list[str]:
    """Return what is kept raw of the person's source."""
    query = "select distinct sha256 from raw_pages where source = any(%s) order by 1"
    cursor = await connection.execute(query, [[person.platform, person.source]])
    return [row[0] for row in await cursor.fetchall()]


async def _mentioning(store: RawStore, person: Person, digests: Sequence[str]) -> list[str]:
    """Return those of *digests* whose bodies mention *person*. Raises RawStoreError."""
    found = []
    for digest in digests:
        with suppress(MissingObjectError):
            if person.is_in(await store.get(digest)):
                found.append(digest)
    return found


async def _without_row(connection: Connection, digests: Sequence[str]) -> list[str]:
    """Return those of *digests* that no row names any more."""
    query = """
        select digest from unnest(%s::text[]) as digest
        where not exists (select from raw_pages where sha256 = digest)
    """
    return [row[0] for row in await (await connection.execute(query, [digests])).fetchall()]
