"""``scrapy frontier``: the jobs that workers share, as an operator sees and steers them."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from scrapy import Spider
from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawlers import wire
from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError, FrontierError, JobError, StorageError
from crawlers.storage.database import Database
from crawlers.storage.jobs import Jobs
from crawlers.verdict import Exit

if TYPE_CHECKING:  # redis is an extra, and takes time to import as rich does
    from rich.console import Console, Group, RenderableType
    from rich.table import Table
    from rich.text import Text

    from crawlers.frontier.overview import Counts, Host, Overviews, Rate, View, Worker
    from crawlers.frontier.queue import LeaseQueue

HELP = """\
Show and steer the jobs that workers share.

  (no word)           list the jobs that Redis knows
                        scrapy frontier
  show JOB            how a job stands, until Ctrl-C or its end; without a terminal, or
                      with --once, how it stands now. The word may be left out
                        scrapy frontier show may
  dead JOB            list the requests that were given up, the oldest first; with --full
                      whole ids, and all that was queued
                        scrapy frontier dead may
  retry JOB [ID ...]  put dead requests back to work: all, or those whose ids begin so.
                      May be repeated
                        scrapy frontier retry may 3f9a0c51e2b7
  pause JOB           give out no more requests; workers stay
                        scrapy frontier pause may
  resume JOB          let a paused or drained job go on
                        scrapy frontier resume may
  drain JOB           let workers finish what is in flight and leave; the job stays
                        scrapy frontier drain may

Exit codes: 0 done, 1 Redis or the database cannot be used, 2 wrong use, 3 not all of the
dead requests could be put back.
"""
STATES = {"pause": "paused", "resume": "running", "drain": "draining"}
MEANINGS = {
    "paused": "what is in flight ends, nothing more is given out, workers stay. "
    "To go on: scrapy frontier resume {job}",
    "running": "its workers go on. Where there are none: scrapy crawl SOURCE -a job={job}",
    "draining": "workers finish what is in flight and leave, the job stays. "
    "To go on: scrapy frontier resume {job}, then start workers",
}
COLOURS = {"running": "green", "paused": "yellow", "draining": "yellow"}
COUNTS = ("ready", "waiting", "leased", "done", "dead", "failed", "blocked")
LISTED = ("ready", "waiting", "leased", "done", "dead", "workers")
CELL = 9
"""Characters that one of the counts takes."""
WIDE = 160
"""The width where nobody watches."""
FRAME = 10
"""Lines of a page that are always there, or may be."""
LEAVE = "Ctrl-C leaves; the job goes on"
REFRESH_S = 1.0
RETRIED_AT_ONCE = 500
DEAD_AT_ONCE = 50
SHORT = 12
"""Hex digits by which people name a request."""
PATIENCE_S = 15.0
"""A person waits so long for a database that comes back."""


class Help(ScrapyHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Scrapy's help, with lines as they are written."""


class Command(ScrapyCommand):
    """Look at jobs in Redis, and steer them."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[show|dead|retry|pause|resume|drain] [JOB] [ID ...]"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show and steer the jobs that workers share"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--once`` and ``--full``."""
        super().add_options(parser)
        parser.formatter_class = Help
        parser.add_argument("--once", action="store_true", help="show: print once and leave")
        parser.add_argument("--full", action="store_true", help="dead: all that was queued")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        try:
            words = Words.read(args, once=opts.once, full=opts.full)
            self.exitcode = asyncio.run(act(words, self.settings))
            sys.stdout.flush()
        except (ConfigError, JobError, UsageError) as error:
            self.exitcode = fail(error, Exit.WRONG_USE)
        except CrawlersError as error:
            self.exitcode = fail(error, Exit.FAILED)
        except KeyboardInterrupt:
            self.exitcode = fail("stopped", Exit.FAILED)
        except BrokenPipeError:  # the reader has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(reason: object, code: Exit) -> Exit:
    """Say *reason* on standard error, in one line, and return *code*."""
    line = "".join(one if one.isprintable() else " " for one in str(reason))
    print(f"scrapy frontier: {line}", file=sys.stderr)
    return code


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed. Without a *word* all jobs are listed."""

    word: str
    job: str = ""
    ids: tuple[str, ...] = ()
    once: bool = False
    full: bool = False

    @classmethod
    def read(cls, args: Sequence[str], *, once: bool, full: bool) -> "Words":
        """Read the command line. Raises UsageError."""
        cut = args.index("--") if "--" in args else len(args)
        if unknown := [one for one in args[:cut] if one.startswith("-")]:
            raise UsageError(f"unknown option {unknown[0]!r}")
        word, *rest = [*args[:cut], *args[cut + 1 :]] or [""]
        if word not in WORDS and not rest:
            word, rest = "show", [word]
        if word not in WORDS:
            raise UsageError(f"unknown word {word!r} (known: {', '.join(filter(None, WORDS))})")
        if word and not rest:
            raise UsageError(f"say which job: scrapy frontier {word} JOB")
        if word != "retry" and len(rest) > 1:
            raise UsageError(f"{word} takes one job: {rest[1]!r} is too much")
        if (once and word != "show") or (full and word != "dead"):
            raise UsageError("--once belongs to show, and --full to dead")
        return cls(word, "".join(rest[:1]), tuple(rest[1:]), once, full)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with. *queue* returns a job's, as nobody who works on it."""

    overviews: "Overviews"
    jobs: Jobs
    queue: Callable[[str], "LeaseQueue"]

    async def elsewhere(self, job: str) -> str:
        """Return what the database says of *job*, which Redis does not know. Raises JobError."""
        from crawlers.frontier.overview import plain  # noqa: PLC0415 - as above

        found = await self.jobs.find(job)
        if found is None:
            raise JobError(f"no job of that name: {job!r}")
        if found.finished_at is None:
            again = f"scrapy crawl {found.source} -a job={job}"
            return f"job {job} has not ended, but Redis has lost it. Seed it anew: {again}"
        reason = f": {plain(found.reason)}" if found.reason else ""
        when = f"{found.finished_at:%Y-%m-%d %H:%M} UTC"
        counts = f"{found.requests:,} requests, {found.rows:,} rows"
        return f"job {job} ended {when}, {found.status}{reason} ({counts})"


@asynccontextmanager
async def opened(settings: BaseSettings) -> AsyncIterator[Desk]:
    """Open Redis, and the database for who needs it. Raises ConfigError, RedisError."""
    from crawlers.frontier.connection import connect  # noqa: PLC0415 - as above
    from crawlers.frontier.limits import HostLimits  # noqa: PLC0415
    from crawlers.frontier.overview import Overviews  # noqa: PLC0415
    from crawlers.frontier.queue import LeaseQueue, Rules  # noqa: PLC0415

    url = config().redis_url
    if url is None:
        raise ConfigError("set REDIS_URL: workers share their jobs there")
    limits, prefix = HostLimits(settings), settings["FRONTIER_KEY_PREFIX"]
    lease_ms = round(settings.getfloat("FRONTIER_LEASE_S") * 1000)
    rules = Rules(lease_ms=lease_ms, limit=limits.concurrency, delay_ms=limits.delay_ms)
    try:
        redis = connect(url.get_secret_value(), **settings.getdict("REDIS_PARAMS"))
        pool = redis.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # it knows which options there are
    except (TypeError, ValueError) as error:
        raise ConfigError(f"REDIS_URL is wrong: {error}") from None

    def queue(job: str) -> LeaseQueue:
        nobody = Spider("frontier")
        return LeaseQueue(redis, nobody, prefix, wire, job=job, worker="", rules=rules)

    database = Database(config(), retry_s=PATIENCE_S)
    try:
        yield Desk(Overviews(redis, prefix, rules), Jobs(database), queue)
    finally:
        await redis.aclose()
        await database.close()


async def act(words: Words, settings: BaseSettings) -> Exit:
    """Do what *words* say. Errors of Redis and of the database become ours."""
    try:
        from redis.exceptions import RedisError  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        raise ConfigError("jobs need an extra: pip install 'crawlers[redis]'") from None
    if not words.job.isprintable():  # nor is what is no UTF-8
        raise JobError(f"no job of that name: {words.job!r}")
    try:
        async with opened(settings) as desk:
            return await WORDS[words.word](desk, words)
    except RedisError as error:
        raise FrontierError(f"Redis cannot be used: {error}") from error
    except psycopg.Error as error:
        raise StorageError(f"the database cannot be used: {error}") from error


async def list_jobs(desk: Desk, _: Words) -> Exit:
    """Print one line for each job."""
    jobs = await desk.overviews.jobs()
    table = grid(["job", "state"], LISTED)
    for counts in jobs:
        numbers = [f"{getattr(counts, name):,}" for name in LISTED]
        table.add_row(counts.job, state_of(counts), *numbers)
    if jobs:
        console().print(table)
    else:
        print("Redis knows no jobs")
    return Exit.COMPLETED


async def show(desk: Desk, words: Words) -> Exit:
    """Print how a job stands, or watch it on a terminal."""
    from crawlers.frontier.overview import Rate  # noqa: PLC0415 - as above

    view, screen, rate = await desk.overviews.view(words.job), console(), Rate()
    if view is not None and view.counts.state != "ended":
        rate.add(view.counts)
        if sys.stdout.isatty() and not screen.is_dumb_terminal and not words.once:
            view = await watch(desk, view, rate, screen)
        else:
            await asyncio.sleep(REFRESH_S)
            view = await desk.overviews.view(words.job) or view
            rate.add(view.counts)
    if view is None:
        print(await desk.elsewhere(words.job))
    else:
        screen.print(page(view, rate, screen.width))
    return Exit.COMPLETED


async def watch(desk: Desk, view: "View", rate: "Rate", screen: "Console") -> "View | None":
    """Show a job until it ends or the person leaves. Return the last of it; None: it is gone."""
    from redis.exceptions import RedisError  # noqa: PLC0415 - as above
    from rich.live import Live  # noqa: PLC0415 - start-up

    last: View | None = view
    note = LEAVE
    if (task := asyncio.current_task()) is not None:
        # As Ctrl-C does: the terminal must be put right on every way out.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    live = Live(console=screen, screen=True, auto_refresh=False)
    with suppress(asyncio.CancelledError), live:
        while last is not None and last.counts.state != "ended":
            live.update(page(last, rate, *screen.size, note), refresh=True)
            await asyncio.sleep(REFRESH_S)
            try:
                last, note = await desk.overviews.view(view.counts.job), LEAVE
            except RedisError as error:
                note = f"Redis does not answer, and is asked again: {error}"
            else:
                rate.add(last.counts if last else view.counts)
    return last


async def list_dead(desk: Desk, words: Words) -> Exit:
    """Print two lines for each dead request: what happened to it, and what it was."""
    from crawlers.frontier.overview import dead, plain  # noqa: PLC0415 - as above

    if await desk.overviews.job(words.job) is None:
        print(await desk.elsewhere(words.job))
        return Exit.COMPLETED
    first, queue = 0, desk.queue(words.job)
    while found := await dead(queue, first, DEAD_AT_ONCE):
        for one in found:
            name = one.id if words.full else one.id[:SHORT]
            print(f"{name}  {one.died_at} UTC  {one.tries} tries  {one.reason}")
            print(f"    {plain(one.payload, None) if words.full else one.url}")
        first += len(found)
    if not first:
        print(f"job {words.job} has no dead requests")
    return Exit.COMPLETED


async def retry(desk: Desk, words: Words) -> Exit:
    """Put dead requests back to work."""
    from crawlers.frontier.overview import dead_ids  # noqa: PLC0415 - as above

    job = words.job
    counts = await desk.overviews.job(job)
    if counts is None:
        raise JobError(await desk.elsewhere(job))
    found = await desk.jobs.find(job)
    if found is None:
        raise JobError(f"the database knows no job {job!r}: is it the one of its workers?")
    ids, back = await dead_ids(desk.queue(job), words.ids), 0
    for at in range(0, len(ids), RETRIED_AT_ONCE):
        back += await revive(desk, job, ids[at : at + RETRIED_AT_ONCE])
    print(f"job {job}: {back:,} of {len(ids):,} dead requests are back to work")
    if back and counts.state in {"paused", "draining"}:
        print(f"it is {counts.state}: scrapy frontier resume {job}")
    if back:
        print(f"where there are no workers, start some: scrapy crawl {found.source} -a job={job}")
    if back < len(ids):
        return fail(f"{len(ids) - back:,} cannot be read, or were no longer dead", Exit.PARTIAL)
    return Exit.COMPLETED


async def revive(desk: Desk, job: str, ids: list[bytes]) -> int:
    """Reopen units and job in the database, then in Redis, which may be quick to end them."""
    from crawlers.frontier.overview import readable  # noqa: PLC0415 - as above

    queue = desk.queue(job)
    ids, units = await readable(queue, ids)
    if not ids:
        return 0
    await desk.jobs.reopen(job, units)
    back = len(await queue.ask("retry", len(ids), *ids))
    counts, found = await desk.overviews.job(job), await desk.jobs.find(job)
    if counts and counts.state != "ended" and found and found.status is not None:
        # A worker was just about to write that the job had ended.
        await desk.jobs.reopen(job, units)
    return back


async def change(desk: Desk, words: Words) -> Exit:
    """Change the state of a job, and say what that means."""
    to = STATES[words.word]
    state = (await desk.queue(words.job).ask("state", to)).decode()
    if state == "gone":
        raise JobError(await desk.elsewhere(words.job))
    if state != to:
        raise JobError(f"job {words.job} has ended")
    print(f"job {words.job} is {state}: {MEANINGS[state].format(job=words.job)}")
    return Exit.COMPLETED


WORDS = {
    "": list_jobs,
    "show": show,
    "dead": list_dead,
    "retry": retry,
    "pause": change,
    "resume": change,
    "drain": change,
}


def console() -> "Console":
    """Return a console that takes no text of others for markup."""
    from rich.console import Console  # noqa: PLC0415 - start-up

    width = None if sys.stdout.isatty() else WIDE
    return Console(markup=False, emoji=False, highlight=False, width=width)


def page(view: "View", rate: "Rate", width: int, height: int = 99, note: str = "") -> "Group":
    """Return a job as it is shown, in *height* lines."""
    from rich.console import Group  # noqa: PLC0415 - start-up
    from rich.text import Text  # noqa: PLC0415 - start-up

    title = Text.assemble(("job ", "dim"), (view.counts.job, "bold"), "  ", state_of(view.counts))
    sums = sums_of(view.counts, rate.per_minute, max(1, width // CELL))
    lines = height - FRAME - 2 * sums.row_count
    workers = view.workers[: max(1, lines // 3)]
    hosts = view.hosts[: max(1, lines - len(workers))]
    parts: list[RenderableType] = [title, "", sums, ""]
    parts += part(workers_of(workers), view.workers_in_all, "workers")
    parts += part(hosts_of(hosts), view.hosts_in_all, "hosts with ready requests")
    return Group(*parts[:-1], *(["", Text(note, style="dim", no_wrap=True)] if note else []))


def state_of(counts: "Counts") -> "Text":
    """Return the state of a job in its colour."""
    from rich.text import Text  # noqa: PLC0415 - start-up

    is_growing = not counts.is_seeded and counts.state != "ended"
    return Text(
        f"{counts.state}, being seeded" if is_growing else counts.state,
        style=COLOURS.get(counts.state, "bold"),
    )


def sums_of(counts: "Counts", per_minute: float | None, in_row: int) -> "Table":
    """Return the counts of a job, each below its name."""
    from rich.table import Table  # noqa: PLC0415 - start-up
    from rich.text import Text  # noqa: PLC0415 - start-up

    found = [(name, f"{getattr(counts, name):,}") for name in COUNTS]
    found.append(("done/min", "-" if per_minute is None else f"{per_minute:,.0f}"))
    cells = [Text.assemble((name, "dim"), "\n", (value, "bold")) for name, value in found]
    table = Table.grid()
    for _ in range(min(in_row, len(cells))):
        table.add_column(justify="right", min_width=CELL)
    for at in range(0, len(cells), in_row):
        table.add_row(*cells[at : at + in_row])
    return table


def workers_of(workers: "Sequence[Worker]") -> "Table":
    """Return a line for each worker."""
    from rich.text import Text  # noqa: PLC0415 - start-up

    table = grid(["worker"], ["heard (s ago)"])
    for one in workers:
        table.add_row(Text(one.name), f"{one.silent_s:,.1f}")
    return table


def hosts_of(hosts: "Sequence[Host]") -> "Table":
    """Return a line for each host."""
    from rich.text import Text  # noqa: PLC0415 - start-up

    table = grid(["host"], ["ready", "places used", "delay (s)"])
    table.add_column("asked next")
    for one in hosts:
        places, delay = f"{one.used:,} of {one.limit:,}", f"{one.delay_s:,.1f}"
        table.add_row(Text(one.name), f"{one.ready:,}", places, delay, one.next)
    return table


def part(table: "Table", in_all: int, what: str) -> list["RenderableType"]:
    """Return a part of a page, and a line for what does not fit on it."""
    from rich.text import Text  # noqa: PLC0415 - start-up

    if not in_all:
        return [Text(f"no {what}", style="dim"), ""]
    left = in_all - table.row_count
    return [table, *([Text(f"and {left:,} more", style="dim")] if left > 0 else []), ""]


def grid(words: Sequence[str], sums: Sequence[str]) -> "Table":
    """Return a table without lines: columns of *words*, then of numbers."""
    from rich.table import Table  # noqa: PLC0415 - start-up

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in words:
        table.add_column(name, overflow="fold")
    for name in sums:
        table.add_column(name, justify="right")
    return table
