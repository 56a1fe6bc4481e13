"""What is stored of each source: counted exactly, which takes a while, and so once a minute."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from crawlers.api.access import requires
from crawlers.api.state import PublicDatabase
from crawlers.storage.crawls import crawls
from crawlers.storage.database import Database
from crawlers.storage.holdings import Holding, holdings
from crawlers.storage.job_results import tables
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("read"))])

FRESH_S = 60.0
CRAWLS = 20


class Counts:
    """The rows of each source by table. However many ask, they are counted once a minute."""

    def __init__(self, database: Database) -> None:
        """Count in *database*."""
        self._database = database
        self._found: list[Holding] = []
        self._counted_at = -FRESH_S
        self._lock = asyncio.Lock()

    async def get(self) -> tuple[list[Holding], float]:
        """Return what is stored, and how many seconds ago that was counted."""
        async with self._lock:
            if time.monotonic() - self._counted_at > FRESH_S:
                self._found = await holdings(self._database, sorted(tables()))
                self._counted_at = time.monotonic()
        return self._found, time.monotonic() - self._counted_at


def counts(request: Request) -> Counts:
    """Return the counts that this process keeps."""
    found: Counts = request.app.state.counts
    return found


@router.get("/stored")
async def show_stored(
    request: Request, database: PublicDatabase, counted: Annotated[Counts, Depends(counts)]
) -> Response:
    """Show what is stored of each source, and the last crawls."""
    found, age_s = await counted.get()
    by_source: dict[str, list[Holding]] = {}
    for one in found:
        by_source.setdefault(one.source, []).append(one)
    return page(
        request,
        "stored.html",
        by_source=by_source,
        age_s=age_s,
        crawls=await crawls(database, CRAWLS),
    )
