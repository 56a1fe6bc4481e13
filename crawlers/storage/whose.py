"""What a person has made is found by its id or its name, and by nobody else but administrators."""

from secrets import token_hex
from typing import Any, NamedTuple

from psycopg import AsyncConnection, sql

from crawlers.errors import AlertError

MINE = "(%(whose)s::text is null or c.owner = %(whose)s)"
"""The condition on rows *c* of *whose*; of None: of everybody."""

IS_OUT = """
(exists (select from users where id = c.owner and disabled_at is not null)
 or exists (select from api_keys where id = c.owner and revoked_at is not null))
"""
"""The condition on rows *c* whose owner may not come in any more: a person, or a key alone."""
OUT = "who wants it may not come in any more"
"""Why nobody is told of something, in the history."""


class Asked(NamedTuple):
    """An id or a name, and *whose* it must be; None: anybody's."""

    word: str
    whose: str | None = None


MOST = {"alert_rules": 10_000, "alert_channels": 100, "collections": 1_000}
"""So much one person can have of each: what rules cost, every crawl pays."""


async def check_room(connection: AsyncConnection[Any], table: str, owner: str | None) -> None:
    """Raise AlertError where *owner* has as much in *table* as anybody may."""
    query = sql.SQL("select count(*) from {} where coalesce(owner, '') = coalesce(%s, '')")
    row = await (await connection.execute(query.format(sql.Identifier(table)), [owner])).fetchone()
    if row and row[0] >= MOST[table]:
        what = table.removeprefix("alert_")
        raise AlertError(f"there are {row[0]:,} {what} already, the most there may be", "name")


def new_id() -> str:
    """Return an id that nobody has chosen."""
    return token_hex(6)
