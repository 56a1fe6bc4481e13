"""The results of a job over HTTP: page by page, or all of them as a file."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import AfterValidator
from pydantic_core import from_json

from crawlers.api.job_access import HisJob
from crawlers.api.job_models import ResultPage
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import FieldError, Problem
from crawlers.api.state import TheDatabase, TheSources, WholeDatabase
from crawlers.jobs.sources import Sources
from crawlers.storage.database import Database
from crawlers.storage.job_results import (
    PLACE,
    Found,
    Place,
    Result,
    all_results,
    results,
    tables,
    unit_number,
)
from crawlers.storage.job_views import Standing
from crawlers.storage.text import json_text

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], dependencies=[NO_OTHERS])

PROVENANCE = ("source", "source_url", "fetched_at", "first_seen_at", "changed_at", "checked_at")
RUNS = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), wide or not.
Some leave spaces out.
"""
FIRST = "0-0"
CHUNK = 64 * 1024
TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def a_table(name: str | None) -> str | None:
    """Refuse a table that is none: for a slip of the pen nothing would be found, for ever."""
    if name is not None and name not in tables():
        raise ValueError(f"there is no table {name!r}")
    return name


Table = Annotated[
    str | None,
    Query(pattern=r"^[a-z_]{1,63}$", description="rows of one table"),
    AfterValidator(a_table),
]
Unit = Annotated[
    str | None, Query(max_length=4096, description="what was found for one unit, by its name")
]
After = Annotated[
    str, Query(pattern=f"^{PLACE}$", description="the `place` of the last result that you have")
]
Limit = Annotated[int, Query(ge=1, le=5000)]


@router.get("/{job}/results", response_model=ResultPage)
async def list_results(
    found: HisJob,
    database: TheDatabase,
    whole: WholeDatabase,
    table: Table = None,
    unit: Unit = None,
    after: After = FIRST,
    limit: Limit = 1000,
) -> Response:
    """List what a job has found, also while it goes on: follow ``next``.

    Where ``next`` is null and ``is_final`` is false, ask again later with the last ``place``
    as ``after``.
    """
    at = f"/v1/jobs/{found.job.id}/results"
    which = await which_of(whole, found, table, unit)
    return await page_of(database, which, at, after=after, limit=limit)


async def page_of(database: Database, which: Found, at: str, *, after: str, limit: int) -> Response:
    """Return a page of results; the address of the next one begins with *at*."""
    page = await results(database, which, after=Place.of(after), limit=limit)
    following = "null"
    if len(page) == limit:
        query = {"table": which.table, "unit": which.unit, "after": page[-1].place, "limit": limit}
        given = urlencode({name: one for name, one in query.items() if one is not None})
        following = f'"{at}?{given}"'
    # The rows come as JSON from the database: reading and writing them again would cost the most.
    rows = ",".join(one.json for one in page)
    is_final = "true" if which.is_over else "false"
    body = f'{{"results":[{rows}],"next":{following},"is_final":{is_final}}}'
    return Response(body, media_type="application/json")


@router.get(
    "/{job}/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            }
        }
    },
)
async def export_results(
    found: HisJob,
    database: TheDatabase,
    whole: WholeDatabase,
    sources: TheSources,
    format: Literal["jsonl", "csv"] = "jsonl",  # noqa: A002 - the name of the parameter
    table: Table = None,
    unit: Unit = None,
    after: After = FIRST,
) -> StreamingResponse:
    """Send all that a job has found so far as a file: JSON lines, or CSV.

    One that is cut off is gone on with by its last whole line: its ``place`` as ``after``. In CSV a
    text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    which = await which_of(whole, found, table, unit)
    rows = all_results(database, which, Place.of(after))
    if format == "jsonl":
        lines = _json_lines(rows)
    else:
        lines = _csv_lines(rows, columns_of(sources, found.job.source, table))
    name = f'attachment; filename="{which.job}.{format}"'
    return StreamingResponse(lines, media_type=TYPES[format], headers={"Content-Disposition": name})


async def which_of(whole: Database, found: Standing, table: str | None, unit: str | None) -> Found:
    """Return which results are asked for, of a job that the caller may see.

    The number of a unit is looked up in the *whole* database: policies allow no index of digests.
    """
    job, number = found.job.id, None
    if unit is not None and (number := await unit_number(whole, job, unit)) is None:
        field = FieldError("query.unit", "this job has no unit of that name")
        raise Problem(422, "the request is not as documented", [field])
    return Found(job, found.job.status is not None, table, unit, number)


async def _json_lines(rows: AsyncIterator[Result]) -> AsyncIterator[str]:
    waiting: list[str] = []
    size = 0
    async for one in rows:
        waiting.append(one.json)
        size += len(waiting[-1])
        if size >= CHUNK:
            yield "\n".join(waiting) + "\n"
            waiting, size = [], 0
    if waiting:
        yield "\n".join(waiting) + "\n"


async def _csv_lines(rows: AsyncIterator[Result], columns: Sequence[str]) -> AsyncIterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("place", "table", "unit", *columns))
    async for one in rows:
        row = from_json(one.row) if one.row is not None else {}
        cells = [safe_cell(row.get(name)) for name in columns]
        writer.writerow([one.place, one.table, safe_cell(one.unit), *cells])
        if text.tell() >= CHUNK:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def columns_of(sources: Sources, source: str, table: str | None) -> tuple[str, ...]:
    """Return the columns of a CSV file: provenance, then those of all items of *source*."""
    try:
        spider = sources.spider(source)
    except LookupError:
        field = FieldError("query.format", f"{source} is no source any more: take jsonl")
        raise Problem(422, "the request is not as documented", [field]) from None
    items = [one for one in spider.items if table in {None, one.table}]
    names = dict.fromkeys(name for one in items for name in one.columns)
    return (*PROVENANCE, *(name for name in names if name not in PROVENANCE))


def safe_cell(value: Any) -> Any:
    """Return what a cell shows: lists by spaces, and no text that a spreadsheet would run."""
    parts = value if isinstance(value, list) else [value]
    if any(isinstance(one, dict | list) for one in parts):
        return json_text(value)
    if isinstance(value, list):  # a null keeps its place
        value = " ".join("null" if one is None else str(one) for one in value)
    is_text = any(isinstance(one, str) for one in parts)
    return f"'{value}" if is_text and RUNS.match(value) else value
