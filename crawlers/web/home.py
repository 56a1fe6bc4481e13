"""The first page: what goes on, how the sources are, how much is stored."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from crawlers.api.access import Caller, requires
from crawlers.api.job_access import owner_of
from crawlers.api.state import TheDatabase, TheSources, WholeDatabase
from crawlers.storage import holdings, job_views
from crawlers.storage.database import Database
from crawlers.storage.job_views import Choice, JobRow, Standing, standing
from crawlers.web.listings import LISTED
from crawlers.web.rendering import page

router = APIRouter()

JOBS = 8
LIVE = 4
"""Running jobs that are shown with how far they are."""

Reader = Annotated[Caller, Depends(requires("read"))]


@router.get("/")
async def show_overview(
    request: Request,
    caller: Reader,
    database: TheDatabase,
    whole: WholeDatabase,
    sources: TheSources,
) -> Response:
    """Show what goes on. Nothing here reads a whole table."""
    names = await asyncio.to_thread(lambda: sources.names)
    spiders = [sources.spider(name) for name in names]
    running, recent = await _jobs(database, whole, caller)
    sizes = await holdings.estimates(database, [one.table for one in LISTED])
    return page(
        request,
        "home.html",
        running=running,
        recent=recent,
        spiders=spiders,
        latest=await holdings.latest_crawls(database, names),
        trouble=await holdings.trouble(database, names),
        stored=[(one, sizes[one.table]) for one in LISTED if sizes.get(one.table)],
    )


async def _jobs(
    database: Database, whole: Database, caller: Caller
) -> tuple[list[Standing], list[JobRow]]:
    """Return some jobs that run, and the last ones, for who may see them."""
    if "jobs" not in caller.scopes:
        return [], []
    owner = owner_of(caller)
    running = await job_views.jobs(database, Choice(owner, state="running"), limit=LIVE)
    found = [await standing(whole, one.id) for one in running]  # their own, as was just looked up
    recent = await job_views.jobs(database, Choice(owner), limit=JOBS)
    return [one for one in found if one is not None], recent
