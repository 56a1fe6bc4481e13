"""Places: what holds within one process, and what happens when its database goes."""

import asyncio
import signal
import time
from itertools import pairwise

import pytest

from crawlers.errors import TurnClosedError, TurnLostError
from crawlers.storage.places import Place, Places
from tests.download.conftest import NewPlaces, Postgres
from tests.download.counting_server import CountingServer
from tests.download.places import LOCKS, SESSIONS, until, visit

TERMINATE = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where application_name = 'places:test'
"""


async def test_each_place_is_one_lock_and_none_is_left(
    postgres: Postgres, site: CountingServer, new_places: NewPlaces
) -> None:
    site.default_query = "pieces=600&pause=0.1"
    places = new_places(count=5)
    visits = [asyncio.create_task(visit(places, site)) for _ in range(3)]
    await site.until(lambda: site.open == 3)
    assert await asyncio.to_thread(postgres.ask, LOCKS) == 3
    for task in visits:
        task.cancel()
    await asyncio.wait(visits)
    await until(postgres, LOCKS, 0)
    assert postgres.ask(SESSIONS) == 1


async def test_a_worker_that_always_has_requests_leaves_places_to_others(
    site: CountingServer, new_places: NewPlaces
) -> None:
    busy, other = new_places(), new_places()
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


async def test_a_longer_delay_that_the_site_asks_for_is_kept(new_places: NewPlaces) -> None:
    places, found = new_places(), []
    for _ in range(3):
        async with places.place(at_least_s=0.2) as place:
            found.append(place.taken_at)
    assert min(later - earlier for earlier, later in pairwise(found)) >= 0.2


async def test_a_lost_session_ends_the_transfer_at_once_and_the_next_one_connects_again(
    postgres: Postgres, site: CountingServer, new_places: NewPlaces
) -> None:
    site.default_query = "pieces=600&pause=0.1"
    places = new_places()
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
    postgres: Postgres, site: CountingServer, new_places: NewPlaces
) -> None:
    site.default_query = "pieces=600&pause=0.1"
    holder = asyncio.create_task(visit(new_places(), site))
    await site.until(lambda: site.open == 1)
    other = new_places()
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
    postgres: Postgres, site: CountingServer, new_places: NewPlaces
) -> None:
    closing = asyncio.Event()
    other = new_places(closing=closing.is_set)
    third = new_places()
    async with new_places().place():
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
    site: CountingServer, new_places: NewPlaces
) -> None:
    first = new_places(delay_s=0.3)
    earlier = await visit(first, site)
    closed = asyncio.create_task(first.close())
    later = await visit(new_places(delay_s=0.3), site)
    await closed
    assert later.taken_at - earlier.taken_at >= 0.3


async def test_a_database_that_goes_while_a_worker_closes_is_no_news(
    postgres: Postgres,
    site: CountingServer,
    new_places: NewPlaces,
    caplog: pytest.LogCaptureFixture,
) -> None:
    places = new_places(delay_s=60.0)
    await visit(places, site)
    closing = asyncio.create_task(places.close())
    await until(postgres, TERMINATE, 1)
    await closing
    assert "waiting for the database" not in caplog.text


async def test_a_request_that_is_cancelled_while_it_waits_takes_no_place(
    postgres: Postgres, site: CountingServer, new_places: NewPlaces
) -> None:
    other = new_places()
    async with new_places().place():
        waiting = asyncio.create_task(visit(other, site))
        await until(postgres, SESSIONS, 2)
        waiting.cancel()
        await asyncio.wait({waiting})
    await visit(new_places(), site)
    await until(postgres, LOCKS, 0)
    assert len(site.visits) == 1
