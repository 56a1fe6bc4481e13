"""Versions of rows: whether an answer that was made from them still holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from crawlers.storage.database import Database
from crawlers.storage.things import rows


class Version(NamedTuple):
    """How many rows are read, and when the newest of them changed."""

    rows: int
    newest: datetime | None


async def version(database: Database, query: str, values: Mapping[str, Any]) -> Version:
    """Return the version of the rows that *query* gives: of each its ``changed_at``."""
    (found,) = await rows(database, counting(query), values)
    return Version(**found)


def counting(query: str) -> str:
    """Return the query for the version of the rows that *query* gives."""
    return f"select count(*) as rows, max(changed_at) as newest from ({query}) as seen"  # noqa: S608 - ours
