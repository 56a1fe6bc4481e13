"""Places: the limits of a site hold over all workers, whatever happens to them."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from crawlers.config import config
from crawlers.delays import delays_for
from crawlers.download import CrawlClosingError, HttpDownloadHandler
from crawlers.errors import TurnClosedError, TurnLostError
from crawlers.limits import limit_key
from crawlers.storage.database import database_for
from crawlers.storage.places import Place, Places, places_for
from tests.download.conftest import Postgres, Worker
from tests.download.counting_server import CountingServer
from tests.download.turn_worker import fetch

LOCKS = "select count(*) from pg_locks where locktype = 'advisory' and granted"
SESSIONS = "select count(*) from pg_stat_activity where application_name = 'places:test'"
TERMINATE = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where application_name = 'places:test'
"""
ROOT = Path(__file__).parents[2]

Make = Callable[..., Places]
Start = Callable[..., Awaitable[Worker]]


@pytest.fixture
async def make(postgres: Postgres) -> AsyncIterator[Make]:
    """Return a function that makes the places of one worker, in this process."""
    async with AsyncExitStack() as stack:

        def made(count: int = 1, delay_s: float = 0.0, **more: Any) -> Places:
            async def get_url() -> str:
                return postgres.url

            places = Places("test", get_url, count, delay_s, **more)
            stack.push_async_callback(places.close)
            return places

        yield made


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


async def visit(places: Places, site: CountingServer) -> Place:
    """Make one request in a place."""
    async with places.place() as place:
        await fetch(site.origin)
    return place


async def until(postgres: Postgres, query: str, value: int) -> None:
    """Return when the answer to *query* is *value*."""
    async with asyncio.timeout(30):
        while await asyncio.to_thread(postgres.ask, query) != value:  # noqa: ASYNC110 - PostgreSQL's
            await asyncio.sleep(0.01)


def taken_at(*workers: Worker) -> list[float]:
    """Return when places were taken, in order; all processes have one monotonic clock."""
    lines = [line.split() for worker in workers for line in worker.said]
    return sorted(float(words[1]) for words in lines if words[0] == "taken")


# --- Processes ---------------------------------------------------------------------------------


async def test_three_processes_never_make_more_requests_at_once_than_there_are_places(
    site: CountingServer, start: Start
) -> None:
    site.default_query = "pieces=3&pause=0.01"
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
    assert postgres.ask(LOCKS) == 0


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


# --- One process -------------------------------------------------------------------------------


async def test_each_place_is_one_lock_and_none_is_left(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    site.default_query = "pieces=600&pause=0.1"
    places = make(count=5)
    visits = [asyncio.create_task(visit(places, site)) for _ in range(3)]
    await site.until(lambda: site.open == 3)
    assert await asyncio.to_thread(postgres.ask, LOCKS) == 3
    for task in visits:
        task.cancel()
    await asyncio.wait(visits)
    await until(postgres, LOCKS, 0)
    assert postgres.ask(SESSIONS) == 1


async def test_a_worker_that_always_has_requests_leaves_places_to_others(
    site: CountingServer, make: Make
) -> None:
    busy, other = make(), make()
    enough = asyncio.Event()

    async def keep_busy() -> None:
        while not enough.is_set():
            await visit(busy, site)

    lanes = [asyncio.create_task(keep_busy()) for _ in range(3)]
    async with asyncio.timeout(30):
        for _ in range(3):
            await visit(other, site)
    enough.set()
    await asyncio.gather(*lanes)


async def test_a_longer_delay_that_the_site_asks_for_is_kept(make: Make) -> None:
    places, found = make(), []
    for _ in range(3):
        async with places.place(at_least_s=0.2) as place:
            found.append(place.taken_at)
    assert min(later - earlier for earlier, later in pairwise(found)) >= 0.2


async def test_a_lost_session_ends_the_transfer_at_once_and_the_next_one_connects_again(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    site.default_query = "pieces=600&pause=0.1"
    places = make()
    holder = asyncio.create_task(visit(places, site))
    await site.until(lambda: site.open == 1)
    assert await asyncio.to_thread(postgres.ask, TERMINATE) == 1
    with pytest.raises(TurnLostError, match="the place is lost"):
        await holder
    await site.until(lambda: site.open == 0)
    assert not site.visits[0].complete
    site.default_query = ""
    await visit(places, site)


async def test_requests_that_wait_outlive_a_restart_of_the_server(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    site.default_query = "pieces=600&pause=0.1"
    holder = asyncio.create_task(visit(make(), site))
    await site.until(lambda: site.open == 1)
    other = make()
    waiting = [asyncio.create_task(visit(other, site)) for _ in range(3)]
    await until(postgres, SESSIONS, 2)
    site.default_query = ""
    await postgres.restart(signal.SIGQUIT)
    with pytest.raises(TurnLostError):
        await holder
    await asyncio.gather(*waiting)
    assert len(site.visits) == 4
    assert site.most == 1


async def test_a_place_waits_for_a_database_that_is_away(
    postgres: Postgres, site: CountingServer, caplog: pytest.LogCaptureFixture
) -> None:
    urls = iter(["postgresql:///none?host=/nowhere"] * 2)

    async def get_url() -> str:
        return next(urls, postgres.url)

    places = Places("test", get_url, 1, 0.0)
    await visit(places, site)
    await places.close()
    assert caplog.text.count("waiting for the database") == 1


async def test_requests_that_wait_end_when_the_crawl_closes(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    closing = asyncio.Event()
    other = make(closing=closing.is_set)
    third = make()
    async with make().place():
        waiting = [asyncio.create_task(visit(other, site)) for _ in range(3)]
        closed = asyncio.create_task(visit(third, site))
        await until(postgres, SESSIONS, 3)
        closing.set()
        await third.close()
        for task in (*waiting, closed):
            with pytest.raises(TurnClosedError):
                await task
    assert site.visits == []


async def test_the_delay_begins_with_the_request_of_a_worker_that_comes_late() -> None:
    place = Place()
    place.taken_at -= 30
    began = time.monotonic()
    async with place.hold(20.0):
        pass
    assert place.free_at is not None
    assert place.free_at >= began + 20


async def test_a_worker_that_closes_keeps_its_place_for_the_rest_of_the_delay(
    site: CountingServer, make: Make
) -> None:
    first = make(delay_s=0.3)
    earlier = await visit(first, site)
    closed = asyncio.create_task(first.close())
    later = await visit(make(delay_s=0.3), site)
    await closed
    assert later.taken_at - earlier.taken_at >= 0.3


async def test_a_database_that_goes_while_a_worker_closes_is_no_news(
    postgres: Postgres, site: CountingServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    places = make(delay_s=60.0)
    await visit(places, site)
    closing = asyncio.create_task(places.close())
    await until(postgres, TERMINATE, 1)
    await closing
    assert "waiting for the database" not in caplog.text


async def test_a_request_that_is_cancelled_while_it_waits_takes_no_place(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    other = make()
    async with make().place():
        waiting = asyncio.create_task(visit(other, site))
        await until(postgres, SESSIONS, 2)
        waiting.cancel()
        await asyncio.wait({waiting})
    await visit(make(), site)
    await until(postgres, LOCKS, 0)
    assert len(site.visits) == 1


# --- The way out -------------------------------------------------------------------------------


@pytest.fixture
async def handler(
    make: Make,
    site: CountingServer,
    test_mode: None,  # noqa: ARG001 - loopback
) -> AsyncIterator[HttpDownloadHandler]:
    """Give a handler that shares one place."""
    closing = asyncio.Event()

    def new_places(_: object, key: str, count: int, delay_s: float, *_more: object) -> Places:
        assert (key, delay_s) == (limit_key(site.origin), 0.0)
        assert count in {1, 2}
        return make(closing=closing.is_set)

    settings = {
        "ALLOWED_PRIVATE_ORIGINS": [site.origin],
        "SHARED_LIMIT_KEYS": [limit_key(site.origin)],
        "SHARED_CONCURRENCY": 0,
        "SHARED_DELAY_S": 0,
        "SHARED_PLACES": new_places,
    }
    handler = HttpDownloadHandler.from_crawler(get_crawler(settings_dict=settings))
    handler.closing = closing  # type: ignore[attr-defined]
    yield handler
    await handler.close()


async def test_requests_to_a_shared_site_each_take_a_place(
    handler: HttpDownloadHandler, site: CountingServer
) -> None:
    site.default_query = "pieces=3&pause=0.01"
    requests = [handler.download_request(Request(f"{site.origin}/{n}")) for n in range(4)]
    responses = await asyncio.gather(*requests)
    assert [response.status for response in responses] == [200] * 4
    assert site.most == 1


@pytest.mark.parametrize("meta", [{}, {"render": "page"}])
async def test_plain_and_rendered_requests_wait_for_a_place_and_end_when_the_crawl_closes(
    handler: HttpDownloadHandler,
    postgres: Postgres,
    site: CountingServer,
    make: Make,
    meta: dict[str, Any],
) -> None:
    async with make().place():
        waiting = asyncio.ensure_future(
            handler.download_request(Request(site.origin, meta=dict(meta)))
        )
        await until(postgres, SESSIONS, 2)
        handler.closing.set()  # type: ignore[attr-defined]
        with pytest.raises(CrawlClosingError):
            await waiting
    assert site.visits == []


async def test_what_robots_txt_asks_for_lies_between_requests_in_all_places(
    handler: HttpDownloadHandler, site: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[tuple[Place, float]] = []
    end = Place.end

    def note(place: Place, delay_s: float) -> None:
        ends.append((place, delay_s))
        end(place, delay_s)

    monkeypatch.setattr(Place, "end", note)
    monkeypatch.setattr(handler, "_shared_count", 2)
    monkeypatch.setattr(delays_for(handler._crawler), "of", {limit_key(site.origin): 0.1}.get)
    for _ in range(2):
        await handler.download_request(Request(site.origin))
    (first, asked_s), (second, _) = ends
    assert asked_s == 0.2
    assert second.taken_at - first.taken_at >= 0.2


async def test_a_crawl_takes_its_places_in_its_own_database(
    postgres: Postgres, site: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    config.cache_clear()
    crawler = get_crawler()
    places = places_for(crawler, "test", 1, 0.0, lambda: False)
    await visit(places, site)
    assert postgres.ask(SESSIONS) == 1
    await places.close()
    await database_for(crawler).close()
    config.cache_clear()
