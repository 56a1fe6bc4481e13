"""The followers of an account that are stored, counted."""

from collections.abc import Mapping
from typing import Any

from crawlers.storage.database import Database
from crawlers.storage.things import rows
from crawlers.storage.versions import Version

# Of whom an estimate has changed, only the newest of all profiles tells without reading each.
VERSION = """
select (select count(*) from follows where platform = %(platform)s and account = %(account)s)
           as rows,
       (select max(changed_at) from profiles) as newest
"""

GENDERS = """
select p.gender, count(*) as n
from follows as f join profiles as p on p.platform = f.platform and p.id = f.profile_id
where f.platform = %(platform)s and f.account = %(account)s
group by p.gender
"""


async def version(database: Database, account: Mapping[str, Any]) -> Version:
    """Return how many followers are stored, and when a profile last changed."""
    (found,) = await rows(database, VERSION, account)
    return Version(**found)


async def genders(database: Database, account: Mapping[str, Any]) -> dict[str | None, int]:
    """Return how many followers are of each gender, as far as first names tell."""
    found = await rows(database, GENDERS, account)
    return {row["gender"]: row["n"] for row in found}
