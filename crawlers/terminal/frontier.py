"""What ``scrapy frontier`` does with each of its words."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psycopg
from redis.exceptions import RedisError
from rich.console import Console
from rich.live import Live
from scrapy import Spider
from scrapy.settings import BaseSettings

from crawlers import wire
from crawlers.commands.common import fail
from crawlers.commands.frontier_words import Words
from crawlers.config import config
from crawlers.errors import ConfigError, FrontierError, JobError, StorageError
from crawlers.frontier.connection import connect
from crawlers.frontier.dead import dead_ids, instant, readable, url_of
from crawlers.frontier.options import Options
from crawlers.frontier.overview import Overviews, Rate, View, plain
from crawlers.frontier.queue import LeaseQueue
from crawlers.storage.database import Database
from crawlers.storage.jobs import Jobs
from crawlers.terminal.pages import LISTED, page, state_of
from crawlers.terminal.screen import console, grid
from crawlers.verdict import Exit

STATES = {"pause": "paused", "resume": "running", "drain": "draining"}
MEANINGS = {
    "paused": "what is in flight ends, nothing more is given out, workers stay. "
    "To go on: scrapy frontier resume {job}",
    "running": "its workers go on. Where there are none: scrapy crawl SOURCE -a job={job}",
    "draining": "workers finish what is in flight and leave, the job stays. "
    "To go on: scrapy frontier resume {job}, then start workers",
}
LEAVE = "Ctrl-C leaves; the job goes on"
REFRESH_S = 1.0
RETRIED_AT_ONCE = 500
DEAD_AT_ONCE = 50
SHORT = 12
"""Hex digits by which people name a request."""
PATIENCE_S = 15.0
"""A person waits so long for a database that comes back."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with. *queue* returns a job's, as nobody who works on it."""

    overviews: Overviews
    jobs: Jobs
    queue: Callable[[str], LeaseQueue]

    async def elsewhere(self, job: str) -> str:
        """Return what the database says of *job*, which Redis does not know. Raises JobError."""
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
    url = config().redis_url
    if url is None:
        raise ConfigError("set REDIS_URL: workers share their jobs there")
    rules, prefix = Options.read(settings).rules, settings["FRONTIER_KEY_PREFIX"]
    redis = connect(url.get_secret_value(), **settings.getdict("REDIS_PARAMS"))

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
    table.columns[0].overflow = "fold"  # a name is there to be typed
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
    view, screen, rate = await desk.overviews.view(words.job), console(), Rate()
    if view is not None and view.counts.state != "ended":
        if sys.stdout.isatty() and not screen.is_dumb_terminal and not words.once:
            view = await watch(desk, words.job, view, rate, screen)
        else:
            rate.add(view.counts)
            await asyncio.sleep(REFRESH_S)
            view = await desk.overviews.view(words.job) or view
            rate.add(view.counts)
    if view is None:
        print(await desk.elsewhere(words.job))
    else:
        hint = f"scrapy frontier dead {words.job}" if view.counts.dead else ""
        screen.print(page(view, rate, screen.width, note=hint))
    return Exit.COMPLETED


async def watch(desk: Desk, job: str, view: View, rate: Rate, screen: Console) -> View | None:
    """Show a job until it ends or the person leaves. Return the last of it; None: it is gone."""
    last: View | None = view
    note = LEAVE
    if (task := asyncio.current_task()) is not None:
        # As Ctrl-C does: the terminal must be put right on every way out.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    live = Live(console=screen, screen=True, auto_refresh=False)
    with suppress(asyncio.CancelledError), live:
        while last is not None and last.counts.state != "ended":
            rate.add(last.counts)
            live.update(page(last, rate, *screen.size, note), refresh=True)
            await asyncio.sleep(REFRESH_S)
            try:
                last, note = await desk.overviews.view(job), LEAVE
            except RedisError as error:
                note = f"Redis does not answer: {plain(str(error))}"
    return last


async def list_dead(desk: Desk, words: Words) -> Exit:
    """Print two lines for each dead request: what happened to it, and what it was."""
    if await desk.overviews.job(words.job) is None:
        print(await desk.elsewhere(words.job))
        return Exit.COMPLETED
    first, queue = 0, desk.queue(words.job)
    while found := await queue.dead(first, DEAD_AT_ONCE):
        for one in found:
            name = one.id if words.full else one.id[:SHORT]
            print(f"{name}  {instant(one.died_ms)} UTC  {one.tries} tries  {plain(one.reason)}")
            print(f"    {plain(one.payload, None) if words.full else url_of(one.payload)}")
        first += len(found)
    if not first:
        print(f"job {words.job} has no dead requests")
    return Exit.COMPLETED


async def retry(desk: Desk, words: Words) -> Exit:
    """Put dead requests back to work."""
    job = words.job
    counts = await desk.overviews.job(job)
    if counts is None:
        raise JobError(await desk.elsewhere(job))
    found = await desk.jobs.find(job)
    if found is None:
        raise JobError(f"the database knows no job {job!r}: is it the one of its workers?")
    ids, back = await dead_ids(desk.queue(job), words.ids), 0
    if not ids:
        print(f"job {job} has no dead requests")
        return Exit.COMPLETED
    for at in range(0, len(ids), RETRIED_AT_ONCE):
        back += await revive(desk, job, ids[at : at + RETRIED_AT_ONCE])
    print(f"job {job}: {back:,} of {len(ids):,} dead requests are back to work")
    if back and counts.state in {"paused", "draining"}:
        print(f"it is {counts.state}: scrapy frontier resume {job}")
    if back:
        print(f"where there are no workers, start some: scrapy crawl {found.source} -a job={job}")
    if back < len(ids):
        return fail(
            "frontier", f"{len(ids) - back:,} cannot be read, or were no longer dead", Exit.PARTIAL
        )
    return Exit.COMPLETED


async def revive(desk: Desk, job: str, ids: list[bytes]) -> int:
    """Reopen units and job in the database, then in Redis, which may be quick to end them."""
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
