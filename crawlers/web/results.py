"""What a job has found, table by table, and as files."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import from_json

from crawlers.api.job_access import HisJob
from crawlers.api.job_models import Job
from crawlers.api.job_results import FIRST, PROVENANCE, After, Table, which_of
from crawlers.api.state import TheDatabase, WholeDatabase
from crawlers.storage.job_results import Place, results, tables
from crawlers.web.rendering import page, query

router = APIRouter()

ON_A_PAGE = 50


@router.get("/jobs/{job}/results")
async def show_results(
    request: Request,
    found: HisJob,
    database: TheDatabase,
    whole: WholeDatabase,
    table: Table = None,
    unit: Annotated[str, Query(max_length=4096)] = "",
    after: After = FIRST,
) -> Response:
    """Show the rows of one table that a job has found."""
    chosen = table or next(iter(found.sums.rows), None)
    which = await which_of(whole, found, chosen, unit or None)
    listed = await results(database, which, after=Place.of(after), limit=ON_A_PAGE + 1)
    shown = listed[:ON_A_PAGE]
    given = {"table": chosen, "unit": unit}
    at = f"/jobs/{found.job.id}/results"
    return page(
        request,
        "results.html",
        job=Job.standing(found),
        given=given,
        is_first=after == FIRST,
        columns=columns_of(chosen),
        rows=[(one, row_of(chosen, one.row)) for one in shown],
        next=query(at, given, after=shown[-1].place) if len(listed) > ON_A_PAGE else None,
        exports={
            kind: query(f"/v1/jobs/{found.job.id}/export", given, format=kind)
            for kind in ("csv", "jsonl")
        },
    )


def columns_of(name: str | None) -> tuple[str, ...]:
    """Return the columns of a table that are shown: all but its provenance."""
    known = tables().get(name) if name else None
    return tuple(c.name for c in known.columns if c.name not in PROVENANCE) if known else ()


def row_of(name: str | None, text: str | None) -> dict[str, Any] | None:
    """Return a row that came as JSON, its instants as such; None where it has been erased."""
    if name is None or text is None:
        return None
    row: dict[str, Any] = from_json(text)
    instants = (c.name for c in tables()[name].columns if c.type.startswith("timestamp"))
    return row | {one: datetime.fromisoformat(row[one]) for one in instants if row[one]}
