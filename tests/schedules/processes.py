"""Schedulers as processes: one that hands in what is due, one that gets stuck."""

import asyncio
import subprocess
import sys
from datetime import datetime

from crawlers.config import config
from crawlers.jobs.scheduling import run_due
from crawlers.schedules import Schedule
from crawlers.storage.schedules import Run, run_next
from tests.crawls.run import ROOT, Crawls
from tests.schedules.entries import SOURCES, opened


def start(user: Crawls, *words: str) -> subprocess.Popen[str]:
    """Start this module as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.schedules.processes", *words],
        cwd=ROOT,
        env=user.full_environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def say(*words: object) -> None:
    """Print one line now."""
    print(*words, flush=True)  # noqa: T201 - the test reads it


async def hand_in(now: datetime) -> None:
    """Say when everything is loaded, wait for a line, hand in what is due; say how much."""
    async with opened(config()) as database:
        await database.open()
        say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        say(await run_due(database, SOURCES, now))


async def stick(now: datetime) -> None:
    """Claim an entry, and get stuck before the transaction ends."""

    async def decide(schedule: Schedule, _: datetime) -> Run:
        say(schedule.name)
        await asyncio.sleep(600)
        raise AssertionError("unreachable")

    async with opened(config()) as database:
        await run_next(database, decide, now)


if __name__ == "__main__":
    what = {"hand_in": hand_in, "stick": stick}[sys.argv[1]]
    asyncio.run(what(datetime.fromisoformat(sys.argv[2])))
