"""Jobs over HTTP: hand in, list, read, cancel, retry, watch."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from crawlers.api.job_access import HisJob, Worker, owner_of
from crawlers.api.job_models import (
    Job,
    JobAccepted,
    JobPage,
    JobRequest,
    JobSummary,
    UnitOut,
    UnitPage,
)
from crawlers.api.openapi import errors
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import FieldError, Problem
from crawlers.api.state import (
    TheConfig,
    TheDatabase,
    TheSources,
    WholeDatabase,
    closing,
    state_of,
)
from crawlers.errors import StorageError
from crawlers.jobs import orders
from crawlers.jobs.submitting import Wanted, prepare, with_identity
from crawlers.storage import job_views
from crawlers.storage.database import Database
from crawlers.storage.job_views import Standing
from crawlers.storage.submissions import submit

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], dependencies=[NO_OTHERS])

LOOK_S = 1.0
"""A stream looks so often how its job stands."""
WATCHERS_MAX = 64
"""Streams of one key: each asks the database all the time."""
WATCH_AGAIN_S = 10

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[!-~]{1,200}$",
        description="the same key again is the same job, however often it is sent",
    ),
]
State = Literal["queued", "running", "completed", "partial", "failed", "cancelled"]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post("", status_code=202, responses=errors(409))
async def create_job(
    body: JobRequest,
    caller: Worker,
    response: Response,
    database: TheDatabase,
    whole: WholeDatabase,
    sources: TheSources,
    config: TheConfig,
    idempotency_key: IdempotencyKey = None,
) -> JobAccepted:
    """Hand in a crawl: it is written at once, and started by a dispatcher."""
    if "origin" in body.arguments and not config.crawlers_test:
        field = FieldError("body.arguments.origin", "only servers in test mode take it")
        raise Problem(422, "this job cannot be handed in", [field])
    if body.workers > 1 and config.redis_url is None:
        field = FieldError("body.workers", "several workers need a Redis, which is not set up")
        raise Problem(422, "this job cannot be handed in", [field])
    wanted = Wanted(
        body.source,
        body.arguments,
        tuple(body.units),
        skips_wrong=body.skip_wrong,
        reads_files=False,
    )
    submission, left_out = await asyncio.to_thread(prepare, sources, wanted)
    submission = with_identity(
        submission,
        id=body.name,
        workers=body.workers,
        owner=caller.owner,
        idempotency_key=idempotency_key,
    )
    # A name or a flight may be somebody else's, and rows by the thousand are copied.
    done = await submit(whole, submission)
    response.headers["Location"] = f"/v1/jobs/{done.id}"
    found = await _standing(database, done.id)
    return JobAccepted.accepted(found, is_new=done.is_new, left_out=left_out)


@router.get("")
async def list_jobs(
    caller: Worker,
    database: TheDatabase,
    source: Annotated[str | None, Query(max_length=64)] = None,
    state: State | None = None,
    before: Annotated[
        str | None, Query(pattern=r"^[0-9T:.Z+-]{10,40},[A-Za-z0-9_-]{1,64}$")
    ] = None,
    limit: Limit = 50,
) -> JobPage:
    """List jobs, the newest first."""
    choice = job_views.Choice(owner_of(caller), source, state)
    found = await job_views.jobs(database, choice, before=_place(before), limit=limit)
    following = None
    if len(found) == limit:
        place = f"{found[-1].created_at.isoformat()},{found[-1].id}".replace("+00:00", "Z")
        query = {"source": source, "state": state, "before": place, "limit": limit}
        following = f"/v1/jobs?{urlencode({k: v for k, v in query.items() if v is not None})}"
    return JobPage(jobs=[JobSummary.of(job) for job in found], next=following)


@router.get("/{job}")
async def read_job(found: HisJob) -> Job:
    """Say how a job stands."""
    return Job.standing(found)


@router.get("/{job}/units")
async def list_units(
    found: HisJob,
    database: TheDatabase,
    state: Literal["open", "done", "blocked", "failed", "cancelled"] | None = None,
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    limit: Limit = 100,
) -> UnitPage:
    """List the units of a job, and how each ended."""
    job = found.job.id
    units = await job_views.units(database, job, status=state, after=after, limit=limit)
    following = None
    if len(units) == limit:
        query = {"after": units[-1].id, "limit": limit} | ({"state": state} if state else {})
        following = f"/v1/jobs/{job}/units?{urlencode(query)}"
    return UnitPage(units=[UnitOut.of(unit) for unit in units], next=following)


@router.post("/{job}/cancel", status_code=202)
async def cancel_job(found: HisJob, request: Request, database: TheDatabase) -> Job:
    """Ask for the end of a job: its workers finish what is in flight, and leave."""
    settings = state_of(request.scope).settings
    await orders.cancel(database, found.job.id, settings)
    return Job.standing(await _standing(database, found.job.id))


@router.post("/{job}/retry", status_code=202, responses=errors(409))
async def retry_job(found: HisJob, request: Request, database: TheDatabase) -> Job:
    """Do again what failed, was blocked or cancelled."""
    settings = state_of(request.scope).settings
    await orders.retry(database, found.job.id, settings)
    return Job.standing(await _standing(database, found.job.id))


@router.get(
    "/{job}/events",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def watch_job(
    found: HisJob, caller: Worker, request: Request, database: TheDatabase
) -> EventSourceResponse:
    """Watch a job: an event ``progress`` whenever something changes, at last one event ``end``."""
    watchers = state_of(request.scope).watchers
    if watchers[caller.owner] >= WATCHERS_MAX:
        detail = f"this key watches {WATCHERS_MAX} jobs already"
        raise Problem(429, detail, headers={"Retry-After": str(WATCH_AGAIN_S)})
    events = _counted(watchers, caller.owner, _events(database, found, closing(request)))
    return EventSourceResponse(events, ping=15)


async def _counted(
    watchers: Counter[str | None], who: str | None, events: AsyncIterator[ServerSentEvent]
) -> AsyncIterator[ServerSentEvent]:
    watchers[who] += 1
    try:
        async for event in events:
            yield event
    finally:
        watchers[who] -= 1


async def _events(
    database: Database, found: Standing, closes: asyncio.Event
) -> AsyncIterator[ServerSentEvent]:
    told = ""
    while not closes.is_set():
        now = Job.standing(found).model_dump_json()
        is_over = found.job.status is not None
        if now != told or is_over:
            told = now
            yield ServerSentEvent(now, event="end" if is_over else "progress")
        if is_over:
            return
        await asyncio.sleep(LOOK_S)
        try:
            found = await _standing(database, found.job.id)
        except StorageError:  # it comes back, and the pings go on
            logger.warning("a stream waits for the database")
        except Problem:  # the job was removed
            return


async def _standing(database: Database, job: str) -> Standing:
    found = await job_views.standing(database, job)
    if found is None:
        raise Problem(404, "no job of that name")
    return found


def _place(before: str | None) -> tuple[datetime, str] | None:
    if before is None:
        return None
    at, _, job = before.partition(",")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        field = FieldError("query.before", "expected what `next` of the page before says")
        raise Problem(422, "the request is not as documented", [field])
    return instant, job
