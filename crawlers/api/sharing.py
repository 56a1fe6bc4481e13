"""Links that show one job, read-only, to whoever has them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from crawlers.api.entering import acting
from crawlers.api.job_access import HisJob, Worker
from crawlers.api.job_models import Job, ResultPage
from crawlers.api.job_results import FIRST, After, Limit, Table, Unit, page_of, which_of
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import Problem
from crawlers.api.state import TheDatabase, WholeDatabase, seen_by, state_of
from crawlers.storage.audit import note_alone
from crawlers.storage.database import Database
from crawlers.storage.job_views import Standing, standing
from crawlers.storage.ownership import Eyes
from crawlers.storage.share_links import TOKEN, ShareLink, links_to, share, shared_job, unshare

router = APIRouter(prefix="/v1", tags=["jobs"], dependencies=[NO_OTHERS])

DAYS = 30

Token = Annotated[
    str, Path(pattern=f"^{TOKEN}$", examples=["crs_0123456789012345678901234567890123456789abc"])
]


class LinkRequest(BaseModel):
    """How long a link is to show its job."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"days": 7}]})

    days: StrictInt = Field(DAYS, ge=1, le=3650)


class Link(BaseModel):
    """A link, without what it takes to follow it."""

    id: str
    created_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, link: ShareLink) -> "Link":
        """Show *link*."""
        return cls(id=link.id, created_at=link.created_at, expires_at=link.expires_at)


class NewLink(Link):
    """A link that was just made: its address is shown this once."""

    address: str = Field(description="to be given to whoever is to see the job")


class LinkList(BaseModel):
    """The links to a job, the oldest first."""

    links: list[Link]


class JobShown(BaseModel):
    """A job as strangers see it: how it stands, not how it is done."""

    id: str
    source: str
    state: str = Field(description="queued, running, completed, partial, failed or cancelled")
    reason: str | None = Field(description="why it ended so, in words")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    done_share: float | None = Field(description="of its units, from 0 to 1; null without any")
    units: dict[str, int] = Field(description="by state: open, done, blocked, failed, cancelled")
    rows: dict[str, int] = Field(description="found so far, by table")
    results: str = Field(description="the address of its results")

    @classmethod
    def of(cls, found: Standing, results: str) -> "JobShown":
        """Show how a job stands."""
        names = cls.model_fields.keys() - {"results"}
        return cls(**Job.standing(found).model_dump(include=names), results=results)


@router.post("/jobs/{job}/links", status_code=201)
async def share_job(
    found: HisJob,
    caller: Worker,
    request: Request,
    database: TheDatabase,
    whole: WholeDatabase,
    body: LinkRequest,
) -> NewLink:
    """Make a link that shows a job to whoever has it, without an API key."""
    expires_at = datetime.now(UTC) + timedelta(days=body.days)
    link, token = await share(database, found.job.id, caller.owner, expires_at, caller.key_id)
    await note_alone(whole, "link made", acting(request, caller), link.id, found.job.id)
    return NewLink(**Link.of(link).model_dump(), address=f"/v1/shared/{token}")


@router.get("/jobs/{job}/links")
async def list_links(found: HisJob, whole: WholeDatabase) -> LinkList:
    """List the links that show a job."""
    return LinkList(links=[Link.of(link) for link in await links_to(whole, found.job.id)])


@router.delete("/jobs/{job}/links/{link}", status_code=204)
async def unshare_job(
    found: HisJob,
    link: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")],
    caller: Worker,
    request: Request,
    database: TheDatabase,
    whole: WholeDatabase,
) -> None:
    """Let a link show its job no more."""
    if not await unshare(database, found.job.id, link):
        raise Problem(404, "no link of that id")
    await note_alone(whole, "link revoked", acting(request, caller), link, found.job.id)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link shows: how its job stands, in the *database* as who has the link may see it."""

    found: Standing
    database: Database


async def shared(token: Token, request: Request) -> Shared:
    """Return what *token* shows. One that was revoked is as one that never was."""
    state = state_of(request.scope)
    job = await shared_job(state.whole, token)
    database = seen_by(state, Eyes(link=job or "", job=job))
    found = await standing(database, job) if job is not None else None
    if found is None:
        raise Problem(404, "this link shows nothing: it is unknown, expired or revoked")
    return Shared(found, database)


SharedJob = Annotated[Shared, Depends(shared)]


@router.get("/shared/{token}")
async def read_shared(link: SharedJob, token: Token) -> JobShown:
    """Say how the job of a link stands. No API key is needed."""
    return JobShown.of(link.found, f"/v1/shared/{token}/results")


@router.get("/shared/{token}/results", response_model=ResultPage)
async def list_shared_results(
    link: SharedJob,
    token: Token,
    whole: WholeDatabase,
    table: Table = None,
    unit: Unit = None,
    after: After = FIRST,
    limit: Limit = 1000,
) -> Response:
    """List what the job of a link has found: follow ``next``. No API key is needed."""
    which = await which_of(whole, link.found, table, unit)
    at = f"/v1/shared/{token}/results"
    return await page_of(link.database, which, at, after=after, limit=limit)
