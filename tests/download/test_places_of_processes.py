"""Places of several processes, some of which are killed or stopped."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.download.conftest import Postgres, Worker
from tests.download.counting_server import CountingServer
from tests.download.places import LOCKS, SESSIONS, until

ROOT = Path(__file__).parents[2]

Start = Callable[..., Awaitable[Worker]]


@pytest.fixture
async def start(postgres: Postgres, site: CountingServer) -> AsyncIterator[Start]:
    """Return a function that starts a `place_worker`."""
    started: list[Worker] = []

    async def begun(places: int, delay_s: float = 0.0, requests: int = 8, lanes: int = 4) -> Worker:
        arguments = {"url": postgres.url, "origin": site.origin, "places": places}
        arguments |= {"delay_s": delay_s, "requests": requests, "lanes": lanes}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.download.place_worker",
            json.dumps(arguments),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(Worker(process))
        return started[-1]

    yield begun
    for worker in started:
        if worker.process.returncode is None:
            worker.process.kill()
        await worker.process.communicate()


def taken_at(*workers: Worker) -> list[float]:
    """Return when places were taken, in order; all processes have one monotonic clock."""
    lines = [line.split() for worker in workers for line in worker.said]
    return sorted(float(words[1]) for words in lines if words[0] == "taken")


async def test_three_processes_never_make_more_requests_at_once_than_there_are_places(
    site: CountingServer, start: Start
) -> None:
    site.default_query = "pieces=3&pause=0.03"
    workers = [await start(2) for _ in range(3)]
    for worker in workers:
        await worker.says("end")
    assert len(site.visits) == 24
    assert site.most == 2


async def test_a_place_is_given_out_again_no_sooner_than_its_delay_after_it_was_taken(
    start: Start,
) -> None:
    workers = [await start(2, delay_s=0.25, requests=5) for _ in range(2)]
    for worker in workers:
        await worker.says("end")
    taken = taken_at(*workers)
    assert len(taken) == 10
    assert min(later - earlier for earlier, later in zip(taken, taken[2:], strict=False)) >= 0.25


async def test_the_places_of_a_killed_worker_are_free_and_never_one_too_many(
    postgres: Postgres, site: CountingServer, start: Start
) -> None:
    site.default_query = "pieces=600&pause=0.1"
    killed = await start(2)
    await site.until(lambda: site.open == 2)
    others = [await start(2, requests=4) for _ in range(2)]
    await until(postgres, SESSIONS, 3)
    site.default_query = "pieces=2&pause=0.01"
    os.kill(killed.pid, signal.SIGKILL)
    for worker in others:
        await worker.says("end")
    assert len(site.visits) == 10
    assert site.most == 2
    await until(postgres, LOCKS, 0)


async def test_a_stopped_worker_keeps_its_places(
    postgres: Postgres, site: CountingServer, start: Start
) -> None:
    site.default_query = "pieces=5&pause=0.01"
    first = await start(1, requests=1)
    await site.until(lambda: site.open == 1)
    os.kill(first.pid, signal.SIGSTOP)
    second = await start(1, requests=1)
    await until(postgres, SESSIONS, 2)
    await site.until(lambda: site.open == 0)
    os.kill(first.pid, signal.SIGCONT)
    await first.says("end")
    await second.says("end")
    assert taken_at(first) < taken_at(second)
    assert site.most == 1
