"""Collections: products that a person has put together, under a name."""

from collections.abc import Sequence
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

SELECT = """
select c.id, c.owner, c.name, c.created_at,
       (select count(*) from collection_products where collection = c.id) as products
from collections as c
"""
LIST = f"{SELECT} where {MINE} order by c.name, c.id".encode()
FIND = f"""
{SELECT} where {MINE} and (c.id = %(word)s or c.name = %(word)s)
order by c.id = %(word)s desc, c.owner nulls first limit 1
""".encode()

ADD = """
insert into collection_products (collection, platform, product_id)
select %s, platform, product_id from unnest(%s::text[], %s::text[]) as p (platform, product_id)
order by 1, 2, 3
on conflict do nothing
"""
TAKE_OUT = """
delete from collection_products as c
using unnest(%s::text[], %s::text[]) as p (platform, product_id)
where c.collection = %s and c.platform = p.platform and c.product_id = p.product_id
"""
PRODUCTS = """
select c.platform, c.product_id as id, p.name, p.price_minor, p.currency, p.availability, c.added_at
from collection_products as c
left join products as p on p.platform = c.platform and p.id = c.product_id
where c.collection = %s and (c.platform, c.product_id) > (%s, %s)
order by c.platform, c.product_id limit %s
"""


class ProductId(NamedTuple):
    """A product of a platform, stored or not."""

    platform: str
    id: str


FIRST = ProductId("", "")
PRODUCTS_MAX = 100_000
COUNT = "select count(*) from collection_products where collection = %s"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection, and of how many products it is."""

    id: str
    owner: str | None
    name: str
    created_at: datetime
    products: int


@dataclass(frozen=True, slots=True)
class Member:
    """A product of a collection; what is not known of it yet is None."""

    platform: str
    id: str
    name: str | None
    price_minor: int | None
    currency: str | None
    availability: str | None
    added_at: datetime


async def create(
    database: Database, owner: str | None, name: str, products: Sequence[ProductId] = ()
) -> Collection:
    """Make a collection of *products*. Raises AlertError, TakenError."""
    number = new_id()

    async def work(connection: Connection) -> Collection:
        await check_room(connection, "collections", owner)
        await connection.execute(
            "insert into collections (id, owner, name) values (%s, %s, %s) on conflict do nothing",
            [number, owner, sanitise(name)],
        )
        found = await _find(connection, Asked(number, owner))
        if found is None:
            raise TakenError(f"there is a collection {name!r} already", "name")
        await _add(connection, found.id, products)
        return await find_in(connection, Asked(found.id))

    return await database.run(work)


async def list_all(database: Database, whose: str | None) -> list[Collection]:
    """Return the collections of *whose*; None: everybody's."""
    return await find_all(database, Collection, LIST, {"whose": whose})


async def find(database: Database, asked: Asked) -> Collection:
    """Return the collection that is *asked* for. Raises AlertError where there is none."""

    async def work(connection: Connection) -> Collection:
        return await find_in(connection, asked)

    return await database.run(work)


async def find_in(connection: Connection, asked: Asked) -> Collection:
    """Do what `find` does, in the transaction of the caller."""
    found = await _find(connection, asked)
    if found is None:
        raise AlertError(f"there is no collection {asked.word!r}", "collection")
    return found


async def add(database: Database, collection: str, products: Sequence[ProductId]) -> None:
    """Put *products* into a collection; those that are in it stay. Raises AlertError."""

    async def work(connection: Connection) -> None:
        await _add(connection, collection, products)

    await database.run(work)


async def take_out(database: Database, collection: str, products: Sequence[ProductId]) -> int:
    """Take *products* out of a collection; return how many were in it."""

    async def work(connection: Connection) -> int:
        done = await connection.execute(TAKE_OUT, [*_columns(products), collection])
        return done.rowcount

    return await database.run(work)


async def members(
    database: Database, collection: str, after: ProductId = FIRST, limit: int = 1000
) -> list[Member]:
    """Return products of a collection after one of them, in the order of their ids."""
    return await find_all(database, Member, PRODUCTS, [collection, *after, limit])


async def remove(database: Database, collection: str) -> None:
    """Remove a collection, never its products. Raises TakenError where a rule watches it."""

    async def work(connection: Connection) -> None:
        await connection.execute("select from collections where id = %s for update", [collection])
        rules = await connection.execute(
            "select name from alert_rules where collection = %s order by name limit 1", [collection]
        )
        if row := await rules.fetchone():
            raise TakenError(f"the rule {row[0]!r} watches this collection: remove it first")
        await connection.execute("delete from collections where id = %s", [collection])

    await database.run(work)


async def _add(connection: Connection, collection: str, products: Sequence[ProductId]) -> None:
    await connection.execute(ADD, [collection, *_columns(products)])
    row = await (await connection.execute(COUNT, [collection])).fetchone()
    if row and row[0] > PRODUCTS_MAX:
        raise AlertError(f"a collection can have {PRODUCTS_MAX:,} products", "products")


def _columns(products: Sequence[ProductId]) -> tuple[list[str], list[str]]:
    return [one.platform for one in products], [one.id for one in products]


async def _find(connection: Connection, asked: Asked) -> Collection | None:
    async with connection.cursor(row_factory=class_row(Collection)) as cursor:
        await cursor.execute(FIND, asked._asdict())
        return await cursor.fetchone()
