"""What could not be read, with the page that was kept: as text, whatever it is."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from crawlers.api.access import requires
from crawlers.api.job_access import Worker, owner_of
from crawlers.api.problems import Problem
from crawlers.api.state import PublicDatabase, TheConfig, TheSources, WholeDatabase
from crawlers.config import Config
from crawlers.errors import RawStoreError
from crawlers.storage import quarantine
from crawlers.storage.database import Database
from crawlers.storage.quarantine import Quarantined
from crawlers.storage.raw import raw_store_for
from crawlers.web.parsing import TheParsing
from crawlers.web.rendering import page, query

router = APIRouter(dependencies=[Depends(requires("jobs"))])

ON_A_PAGE = 50
SHOWN_BYTES = 64 * 1024
Admin = Depends(requires("admin"))
Place = Annotated[str | None, Query(pattern=r"^[0-9T:.+-]{10,40},[0-9a-f]{1,64}$")]


@router.get("/quarantine")
async def show_quarantine(
    request: Request,
    caller: Worker,
    database: WholeDatabase,
    sources: TheSources,
    parsing: TheParsing,
    source: Annotated[str, Query(max_length=64)] = "",
    before: Place = None,
) -> Response:
    """List what could not be read, and which pages were blocked."""
    found = await quarantine.quarantined(
        database, source or None, before=_place(before), limit=ON_A_PAGE + 1
    )
    shown, last = found[:ON_A_PAGE], found[ON_A_PAGE - 1] if len(found) > ON_A_PAGE else None
    more = last and f"{last.fetched_at.isoformat()},{last.id}"
    return page(
        request,
        "quarantine.html",
        found=shown,
        names=sources.names,
        source=source,
        blocked=await quarantine.blocked(database, owner_of(caller), source or None),
        running=parsing.running,
        next=query("/quarantine", {"source": source}, before=more) if more else None,
    )


@router.post("/quarantine/parse", dependencies=[Admin])
async def parse_again(
    sources: TheSources, parsing: TheParsing, source: Annotated[str, Form(max_length=64)]
) -> Response:
    """Read the stored pages of a source again, as ``scrapy reparse`` does."""
    if source not in sources.names:
        raise Problem(404, "no source of that name")
    parsing.start(source)
    return RedirectResponse(query("/quarantine", {"source": source}), 303)


@router.get("/quarantine/{one}")
async def show_one(
    request: Request,
    database: PublicDatabase,
    config: TheConfig,
    parsing: TheParsing,
    one: Annotated[str, Path(pattern="^[0-9a-f]{1,64}$")],
) -> Response:
    """Show what could not be read. Nothing of it is interpreted: neither here nor by a browser."""
    found = await quarantine.find(database, one)
    if found is None:
        raise Problem(404, "nothing of that id is in quarantine")
    body, problem = await _kept(database, config, found)
    return page(
        request,
        "quarantined.html",
        found=found,
        text=None if body is None else body[:SHOWN_BYTES].decode("utf-8", "backslashreplace"),
        bytes=None if body is None else found.body_bytes or len(body),
        is_cut=body is not None and (found.body_bytes or len(body)) > SHOWN_BYTES,
        problem=problem,
        running=parsing.running,
    )


async def _kept(
    database: Database, config: Config, found: Quarantined
) -> tuple[bytes | None, str | None]:
    """Return the bytes that are kept, or what is wrong with them."""
    if found.body_bytes is not None:
        return await quarantine.body_of(database, found.id, SHOWN_BYTES), None
    if found.sha256 is None:
        return None, None
    try:
        return await raw_store_for(config).get(found.sha256), None
    except RawStoreError as error:
        return None, str(error)


def _place(before: str | None) -> tuple[datetime, str] | None:
    if before is None:
        return None
    at, _, one = before.partition(",")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise Problem(422, "no place in this list") from None
    return (instant, one)
