"""Jobs on a terminal: a list, one job, one job while it goes on."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from pydantic_core import to_json
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from crawlers.commands.common import fail
from crawlers.storage import job_views
from crawlers.storage.database import Database
from crawlers.storage.job_views import JobRow, Standing
from crawlers.terminal.screen import clean, console, grid
from crawlers.verdict import Exit

LOOK_S = 1.0
TELL_S = 5.0
"""Without a terminal, one line so often."""
SHOWN = 20
WAITS = "it waits for a dispatcher: scrapy work"
CODES = {"completed": Exit.COMPLETED, "failed": Exit.FAILED}


async def show_list(database: Database, source: str | None, state: str | None, last: int) -> None:
    """Print one line for each job."""
    choice = job_views.Choice(source=source, state=state)
    found = await job_views.jobs(database, choice, limit=last)
    if not found:
        print("no jobs")
        return
    table = grid(["job", "source", "state", "handed in (UTC)", "took", "reason"], [])
    table.columns[0].overflow = "fold"  # a name is there to be typed
    for job in found:
        handed_in = f"{job.created_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(job.id, job.source, job.state, handed_in, _took(job), clean(job.reason))
    console().print(table)


async def show(database: Database, job: str, *, watch: bool, units: bool, as_json: bool) -> Exit:
    """Print how *job* stands; with *watch* until it has ended."""
    found = await job_views.standing(database, job)
    if found is None:
        return fail("job", f"no job of that name: {job!r}", Exit.WRONG_USE)
    if watch and found.job.status is None:
        found = await _watch(database, found)
    if as_json:
        print(to_json(asdict(found), indent=2).decode())
    elif units:
        await _print_units(database, job)
    else:
        console().print(page(found))
        await _print_trouble(database, job)
    return CODES.get(found.job.state, Exit.PARTIAL) if watch else Exit.COMPLETED


async def _watch(database: Database, found: Standing) -> Standing:
    """Look at the job again and again until it has ended."""
    if not sys.stderr.isatty():
        return await _follow(database, found)
    with Live(page(found), console=console(), transient=True, auto_refresh=False) as live:
        while found.job.status is None:
            await asyncio.sleep(LOOK_S)
            found = await job_views.standing(database, found.job.id) or found
            live.update(page(found), refresh=True)
    return found


async def _follow(database: Database, found: Standing) -> Standing:
    told_at = 0.0
    while found.job.status is None:
        now = asyncio.get_running_loop().time()
        if now - told_at >= TELL_S:
            print(line(found), file=sys.stderr, flush=True)
            told_at = now
        await asyncio.sleep(LOOK_S)
        found = await job_views.standing(database, found.job.id) or found
    return found


def line(found: Standing) -> str:
    """Return how a job stands in one line."""
    share = found.sums.done_share
    percent = "" if share is None else f" {share:.0%},"
    rows = sum(found.sums.rows.values())
    hint = f"; {WAITS}" if found.job.state == "queued" else ""
    return f"{found.job.id}: {found.job.state},{percent} {rows:,} rows, {found.live} workers{hint}"


def page(found: Standing) -> Group:
    """Return how a job stands, as a page."""
    job, sums = found.job, found.sums
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    if (share := sums.done_share) is not None:
        table.add_row("done", ProgressBar(total=1, completed=share, width=60))
    for name, text in _lines(found):
        table.add_row(name, Text(clean(text)))
    head = Text(f"{job.id}  {job.source}  {job.state}", style="bold")
    return Group(head, table)


def _lines(found: Standing) -> Iterator[tuple[str, str]]:
    job, sums = found.job, found.sums
    if job.reason:
        yield "reason", job.reason
    if job.state == "queued" and not job.is_cancelling:
        yield "", WAITS
    if job.is_cancelling and job.status is None:
        yield "", "somebody asked for its end: its workers finish what is in flight"
    yield "arguments", ", ".join(f"{name}={value}" for name, value in job.arguments.items()) or "-"
    yield "units", _counts(sums.units)
    yield "rows", _counts(sums.rows)
    if sums.reused:
        yield "reused", f"{sums.reused:,} rows were stored before, and not asked for again"
    trouble = f" ({sums.failed:,} failed, {sums.blocked:,} blocked)"
    yield "requests", f"{sums.requests:,}{trouble if sums.failed or sums.blocked else ''}"
    yield "workers", f"{found.live} at work; attempt {job.attempts} of {job.max_attempts}"
    yield "handed in", f"{job.created_at:%Y-%m-%d %H:%M:%S} UTC, took {_took(job)}"
    for each in job.story:
        yield "story", each


async def _print_units(database: Database, job: str) -> None:
    after = 0
    while found := await job_views.units(database, job, after=after, limit=1000):
        for unit in found:
            print(f"{unit.status or 'open'}\t{clean(unit.name)}\t{clean(unit.reason)}")
        after = found[-1].id


async def _print_trouble(database: Database, job: str) -> None:
    for status in ("failed", "blocked"):
        for unit in await job_views.units(database, job, status=status, limit=SHOWN):
            console().print(Text(clean(f"  {status}  {unit.name}  {unit.reason or ''}")))


def _counts(counts: dict[str, int] | object) -> str:
    found = dict(counts) if isinstance(counts, dict) else {}
    return ", ".join(f"{count:,} {name}" for name, count in found.items()) or "none yet"


def _took(job: JobRow) -> str:
    if job.started_at is None:
        return "-"
    seconds = ((job.finished_at or datetime.now(UTC)) - job.started_at).total_seconds()
    return f"{seconds:,.0f} s"
