"""Serial turns of one process: what they leave open, how long others wait, when they end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.utils.test import get_crawler

from crawlers.config import config
from crawlers.errors import TurnClosedError, TurnLostError
from crawlers.limits import limit_key
from crawlers.storage.database import database_for
from crawlers.storage.turns import SerialTurns, TurnTimes, turns_for
from tests.download.conftest import Postgres
from tests.download.counting_server import CountingServer
from tests.download.serial import OPEN, SLOW, TERMINATE, TIMES, seen_s
from tests.download.turn_worker import fetch
from tests.replica import FaultProxy

BACKOFF = "SELECT extract(epoch FROM not_before - finished_at)::float8 FROM serial_turns"

Make = Callable[..., SerialTurns]


@pytest.fixture
async def make(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Make]:
    """Return a function that makes turns in this process, one machine for each *folder*."""
    async with AsyncExitStack() as stack:

        def made(url: str = postgres.url, folder: str = "locks", **more: Any) -> SerialTurns:
            async def get_url() -> str:
                return url

            times = TurnTimes(**TIMES)
            turns = SerialTurns("test", get_url, times, folder=tmp_path / folder, **more)
            stack.push_async_callback(turns.close)
            return turns

        yield made


async def visit(turns: SerialTurns, site: CountingServer) -> int:
    """Make one request in a turn."""
    async with turns.turn() as turn:
        status = await turn.guard(fetch(site.origin))
        turn.outcome(status)
        return status


async def test_a_terminated_session_ends_the_transfer_at_once(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    site.default_query = SLOW
    holder = asyncio.create_task(visit(make(), site))
    await site.until(lambda: site.open == 1)
    assert await asyncio.to_thread(postgres.ask, TERMINATE) == 1
    await site.until(lambda: site.open == 0)
    with pytest.raises(TurnLostError, match="database"):
        await holder
    assert not site.visits[0].complete
    assert postgres.ask(OPEN) == 1
    site.default_query = ""
    await visit(make(folder="far"), site)
    assert site.visits[1].began - site.visits[0].began >= seen_s()


async def test_a_holder_cut_off_from_the_database_aborts_before_its_deadline(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    site.default_query = "pieces=100&pause=0.1"
    folder = parse_qs(urlsplit(postgres.url).query)["host"][0]
    async with FaultProxy(f"{folder}/.s.PGSQL.5432", 0) as proxy:
        way = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
        holder = asyncio.create_task(visit(make(way), site))
        await site.until(lambda: site.open == 1)
        proxy.up.hold()
        proxy.down.hold()
        await site.until(lambda: site.open == 0)
        assert await asyncio.to_thread(postgres.ask, OPEN) == 1
        with pytest.raises(TurnLostError, match="database"):
            await holder


async def test_a_transfer_ends_at_its_deadline(site: CountingServer, make: Make) -> None:
    site.default_query = "pieces=100&pause=0.1"
    with pytest.raises(TurnLostError, match=r"longer than 2\.5 s"):
        await visit(make(), site)
    await site.until(lambda: site.open == 0)


async def test_a_turn_that_ends_in_an_error_stays_open_unless_nothing_was_sent(
    postgres: Postgres, make: Make
) -> None:
    async def fail() -> None:
        raise OSError("reset")

    turns = make()
    async with turns.turn() as turn:
        with pytest.raises(OSError, match="reset"):
            await turn.guard(fail())
        turn.ended()
    assert postgres.ask(OPEN) == 0
    async with turns.turn() as turn:
        with pytest.raises(OSError, match="reset"):
            await turn.guard(fail())
    assert postgres.ask(OPEN) == 1


@pytest.mark.parametrize("second", [{"folder": "far"}, {"url": "other"}])
async def test_a_429_holds_back_whoever_shares_the_database_or_the_machine(
    second: dict[str, str], postgres: Postgres, site: CountingServer, make: Make
) -> None:
    site.default_query = "status=429"
    assert await visit(make(), site) == 429
    site.default_query = ""
    if second.get("url"):
        second = {"url": postgres.other_url}
    assert await visit(make(**second), site) == 200
    assert site.least_gap_s() >= TIMES["backoff_s"]


async def test_a_second_429_doubles_the_wait_for_all(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    site.default_query = "status=429"
    await visit(make(), site)
    assert postgres.ask(BACKOFF) == pytest.approx(2, abs=0.01)
    await visit(make(url=postgres.other_url), site)
    assert postgres.ask(BACKOFF, postgres.other_url) == pytest.approx(4, abs=0.01)


async def test_a_longer_retry_after_is_obeyed(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    async with make().turn() as turn:
        turn.outcome(await turn.guard(fetch(site.origin)))
        turn.outcome(429, retry_after_s=77)
    assert postgres.ask(BACKOFF) == pytest.approx(77, abs=0.01)


async def test_requests_of_one_process_take_turns(site: CountingServer, make: Make) -> None:
    site.default_query = "pieces=3&pause=0.01"
    turns = make()
    await asyncio.gather(*(visit(turns, site) for _ in range(5)))
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_waiting_turns_end_when_the_crawl_closes(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    postgres.ask("INSERT INTO serial_turns VALUES ('test', 0, 'infinity') RETURNING 1")
    closing = asyncio.Event()
    turns = make(closing=closing.is_set)
    waiting = [asyncio.create_task(visit(turns, site)) for _ in range(3)]
    other = make(folder="far")
    closed = asyncio.create_task(visit(other, site))
    await asyncio.wait({closed}, timeout=0.2)
    assert not any(task.done() for task in (*waiting, closed))
    closing.set()
    await other.close()
    for task in (*waiting, closed):
        with pytest.raises(TurnClosedError):
            await task
    assert site.visits == []


async def test_a_turn_waits_for_a_database_that_is_away(
    postgres: Postgres, site: CountingServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked = asyncio.Event()
    urls = iter(["postgresql:///none?host=/nowhere", "postgresql:///none?host=/nowhere"])

    async def get_url() -> str:
        asked.set()
        return next(urls, postgres.url)

    turns = SerialTurns("test", get_url, TurnTimes(**TIMES), folder=tmp_path / "locks")
    assert await visit(turns, site) == 200
    await turns.close()
    assert caplog.text.count("waiting for the database") == 1


async def test_a_transfer_that_ended_while_the_database_was_away_is_signed_off_later(
    postgres: Postgres, site: CountingServer, make: Make
) -> None:
    turns = make()
    async with turns.turn() as turn:
        await turn.guard(fetch(site.origin))
        assert await asyncio.to_thread(postgres.ask, TERMINATE) == 1
    assert postgres.ask(OPEN) == 1
    await turns.close()
    assert postgres.ask(OPEN) == 0


async def test_a_process_that_stood_still_before_sending_sends_nothing(
    site: CountingServer, make: Make, postgres: Postgres
) -> None:
    async with make().turn() as turn:
        await asyncio.sleep(TurnTimes().fresh_s + 0.1)
        with pytest.raises(TurnLostError, match="stood still"):
            await turn.guard(fetch(site.origin))
    assert site.visits == []
    assert postgres.ask(OPEN) == 0


async def test_a_crawl_takes_its_turns_in_its_own_database(
    postgres: Postgres, site: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRAWLERS_TEST", "1")
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    config.cache_clear()
    crawler = get_crawler()
    turns = turns_for(crawler, limit_key(site.origin), 0.1, lambda: False)
    assert await visit(turns, site) == 200
    await turns.close()
    await database_for(crawler).close()
    config.cache_clear()
    assert postgres.ask("SELECT limit_key FROM serial_turns") == limit_key(site.origin)
