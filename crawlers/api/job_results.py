"""The results of a job over HTTP: page by page, or all of them as a file."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic_core import from_json

from crawlers.api.job_access import HisJob
from crawlers.api.job_models import ResultPage
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import FieldError, Problem
from crawlers.api.state import TheDatabase, TheSources
from crawlers.jobs.sources import Sources
from crawlers.storage.database import Database
from crawlers.storage.job_results import Found, Result, all_results, results
from crawlers.storage.job_views import Standing
from crawlers.storage.text import json_text

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], dependencies=[NO_OTHERS])

PROVENANCE = ("source", "source_url", "fetched_at", "first_seen_at", "changed_at", "checked_at")
RUNS = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), wide or not.
Some leave spaces out.
"""
CHUNK = 64 * 1024
TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

Table = Annotated[str | None, Query(pattern=r"^[a-z_]{1,63}$", description="rows of one table")]
Unit = Annotated[
    str | None, Query(max_length=4096, description="what was found for one unit, by its name")
]
After = Annotated[int, Query(ge=0, lt=2**63)]
Limit = Annotated[int, Query(ge=1, le=5000)]


@router.get("/{job}/results", response_model=ResultPage)
async def list_results(
    found: HisJob,
    database: TheDatabase,
    table: Table = None,
    unit: Unit = None,
    after: After = 0,
    limit: Limit = 1000,
) -> Response:
    """List what a job has found, also while it goes on: follow ``next``.

    Where ``next`` is null and ``is_final`` is false, ask again later with the last ``seq`` as
    ``after``.
    """
    at = f"/v1/jobs/{found.job.id}/results"
    return await page_of(database, which_of(found, table, unit), at, after=after, limit=limit)


async def page_of(database: Database, which: Found, at: str, *, after: int, limit: int) -> Response:
    """Return a page of results; the address of the next one begins with *at*."""
    page = await results(database, which, after=after, limit=limit)
    following = "null"
    if len(page) == limit:
        query = {"table": which.table, "unit": which.unit, "after": page[-1].seq, "limit": limit}
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
    sources: TheSources,
    format: Literal["jsonl", "csv"] = "jsonl",  # noqa: A002 - the name of the parameter
    table: Table = None,
    unit: Unit = None,
    after: After = 0,
) -> StreamingResponse:
    """Send all that a job has found so far as a file: JSON lines, or CSV.

    One that is cut off is gone on with by its last whole line: its ``seq`` as ``after``. In CSV a
    text that a spreadsheet would run as a formula has an apostrophe before it.
    """
    which = which_of(found, table, unit)
    rows = all_results(database, which, after)
    if format == "jsonl":
        lines = _json_lines(rows)
    else:
        lines = _csv_lines(rows, columns_of(sources, found.job.source, table))
    name = f'attachment; filename="{which.job}.{format}"'
    return StreamingResponse(lines, media_type=TYPES[format], headers={"Content-Disposition": name})


def which_of(found: Standing, table: str | None, unit: str | None) -> Found:
    """Return which results are asked for."""
    return Found(found.job.id, found.job.status is not None, table, unit)


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
    writer.writerow(("seq", "table", "unit", *columns))
    async for one in rows:
        row = from_json(one.row) if one.row is not None else {}
        cells = [safe_cell(row.get(name)) for name in columns]
        writer.writerow([one.seq, one.table, safe_cell(one.unit), *cells])
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
