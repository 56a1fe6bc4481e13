"""Places of a site as these tests ask for them, and what is asked of the database."""

import asyncio

from crawlers.storage.places import Place, Places
from tests.download.conftest import Postgres
from tests.download.counting_server import CountingServer
from tests.download.turn_worker import fetch

LOCKS = "select count(*) from pg_locks where locktype = 'advisory' and granted"

SESSIONS = "select count(*) from pg_stat_activity where application_name = 'places:test'"


async def visit(places: Places, site: CountingServer) -> Place:
    """Make one request in a place."""
    async with places.place() as place:
        await fetch(site.origin)
    return place


async def until(postgres: Postgres, query: str, value: int) -> None:
    """Return when the answer to *query* is *value*."""
    async with asyncio.timeout(60):
        while await asyncio.to_thread(postgres.ask, query) != value:  # noqa: ASYNC110 - PostgreSQL's
            await asyncio.sleep(0.01)
