"""The plan of periodic crawls: look at it, add to it, pause, go on, run now, remove."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from crawlers.api.access import requires
from crawlers.api.problems import Problem
from crawlers.api.state import TheSources, WholeDatabase
from crawlers.errors import ScheduleError
from crawlers.jobs import scheduling
from crawlers.jobs.scheduling import Entry
from crawlers.jobs.sources import Sources
from crawlers.jobs.submitting import SubmissionError
from crawlers.storage import schedules
from crawlers.storage.database import Database
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("jobs"))])

Admin = Depends(requires("admin"))
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Short = Annotated[str, Form(max_length=200)]


@router.get("/schedules")
async def show_schedules(
    request: Request, database: WholeDatabase, sources: TheSources
) -> Response:
    """List the plan, with a form for one more."""
    return await _list(request, database, sources, {}, None)


@router.post("/schedules", dependencies=[Admin])
async def add(
    request: Request,
    database: WholeDatabase,
    sources: TheSources,
    source: Short = "",
    expression: Short = "",
    zone: Short = "UTC",
    name: Short = "",
    arguments: Annotated[str, Form(max_length=4096)] = "",
    jitter_s: Annotated[int, Form(ge=0, le=3600)] = 0,
) -> Response:
    """Add an entry, or show the form again with what is wrong."""
    given = {"source": source, "expression": expression, "zone": zone, "name": name,
             "arguments": arguments, "jitter_s": jitter_s}  # fmt: skip
    try:
        entry = Entry(
            expression.strip(),
            source,
            pairs_of(arguments),
            name=name.strip() or None,
            zone=zone.strip() or "UTC",
            jitter_s=jitter_s,
        )
        _refuse_files(sources, entry)
        await scheduling.add(database, sources, entry)
    except (ScheduleError, SubmissionError) as error:
        return await _list(request, database, sources, given, str(error))
    return RedirectResponse("/schedules", 303)


@router.post("/schedules/{name}/{action}", dependencies=[Admin])
async def act(
    database: WholeDatabase,
    sources: TheSources,
    name: Name,
    action: Literal["pause", "resume", "run", "remove"],
) -> Response:
    """Do something about an entry."""
    if action == "pause":
        await schedules.pause(database, name)
    elif action == "remove":
        await schedules.remove(database, name)
    elif action == "resume":
        await scheduling.resume(database, name)
    else:
        took = await scheduling.run_now(database, sources, name)
        if took.job is None:
            raise Problem(409, f"{name}: {took.note}")
        return RedirectResponse(f"/jobs/{took.job}", 303)
    return RedirectResponse("/schedules", 303)


async def _list(
    request: Request,
    database: Database,
    sources: Sources,
    given: dict[str, Any],
    problem: str | None,
) -> Response:
    return page(
        request,
        "schedules.html",
        status=422 if problem else 200,
        found=await schedules.list_all(database),
        names=sources.names,
        given=given,
        problem=problem,
    )


def pairs_of(text: str) -> dict[str, str]:
    """Return the arguments in lines of ``name=value``. Raises ScheduleError for other lines."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise ScheduleError(f"{line[:60]!r} is no argument: one a line, name=value")
        found[name.strip()] = value.strip()
    return found


def _refuse_files(sources: Sources, entry: Entry) -> None:
    """Refuse what names files of the server: only who types commands there may read them."""
    named = [n for n in entry.arguments if n == "files" or n.endswith("_file")]
    if named:
        raise ScheduleError(f"{named[0]}: files of the server are not read")
    try:
        sources.spider(entry.source)
    except LookupError:
        raise ScheduleError("choose a source") from None
