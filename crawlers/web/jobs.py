"""Jobs: the list, one job while it goes on, its units, and what may be done about it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from crawlers.api import jobs as api
from crawlers.api.job_access import HisJob, Worker
from crawlers.api.job_models import Job
from crawlers.api.state import TheDatabase, TheSources
from crawlers.storage.job_views import Unit, units
from crawlers.web.rendering import page

router = APIRouter()

UNITS = 200
TROUBLE = 20
"""Units with trouble that the page of a job shows."""

Before = Annotated[str | None, Query(pattern=r"^[0-9T:.Z+-]{10,40},[A-Za-z0-9_-]{1,64}$")]
UnitState = Literal["open", "done", "blocked", "failed", "cancelled", ""]


@router.get("/jobs")
async def show_jobs(
    request: Request,
    caller: Worker,
    database: TheDatabase,
    sources: TheSources,
    source: Annotated[str, Query(max_length=64)] = "",
    state: api.State | Literal[""] = "",
    before: Before = None,
) -> Response:
    """List jobs, the newest first."""
    found = await api.list_jobs(caller, database, source or None, state or None, before)
    given = {"source": source, "state": state}
    return page(
        request, "jobs.html", found=found, names=sources.names, given=given, next=here(found.next)
    )


@router.get("/jobs/{job}")
async def show_job(request: Request, found: HisJob, database: TheDatabase) -> Response:
    """Show how a job stands; a script keeps it up to date."""
    trouble: list[Unit] = []
    for status in ("failed", "blocked"):
        if found.sums.units.get(status):
            trouble += await units(database, found.job.id, status=status, limit=TROUBLE)
    return page(request, "job.html", job=Job.standing(found), trouble=trouble)


@router.get("/jobs/{job}/units")
async def show_units(
    request: Request,
    found: HisJob,
    database: TheDatabase,
    state: UnitState = "",
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> Response:
    """List the units of a job."""
    listed = await api.list_units(found, database, state or None, after, UNITS)
    job = Job.standing(found)
    return page(
        request, "units.html", job=job, units=listed.units, state=state, next=here(listed.next)
    )


@router.post("/jobs/{job}/cancel")
async def cancel_job(request: Request, found: HisJob, database: TheDatabase) -> Response:
    """Ask for the end of a job."""
    await api.cancel_job(found, request, database)
    return RedirectResponse(f"/jobs/{found.job.id}", 303)


@router.post("/jobs/{job}/retry")
async def retry_job(request: Request, found: HisJob, database: TheDatabase) -> Response:
    """Do again what failed, was blocked or cancelled."""
    await api.retry_job(found, request, database)
    return RedirectResponse(f"/jobs/{found.job.id}", 303)


def here(address: str | None) -> str | None:
    """Return the page that shows what the API has at *address*."""
    return address and address.removeprefix("/v1")
