"""Serial turns: the site never sees two requests at once, whatever happens to the holders."""

import asyncio
import os
import signal
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
from tests.download.conftest import Postgres, Workers
from tests.download.counting_server import CountingServer
from tests.download.turn_worker import fetch
from tests.replica import FaultProxy

TIMES: dict[str, float] = {
    "delay_s": 0.1,
    "heartbeat_s": 0.2,
    "heartbeat_timeout_s": 0.6,
    "deadline_s": 2.5,
    "keepalive_s": 4,
    "margin_s": 0.2,
    "backoff_s": 2.0,
    "poll_s": 0.03,
}
SLOW = "pieces=20&pause=0.1"


def quarantine_s() -> float:
    return TIMES["deadline_s"] + TIMES["margin_s"]


TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'serial:test'
"""
OPEN = "SELECT count(*) FROM serial_turns WHERE intent_deadline > clock_timestamp()"
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


# --- Processes ---------------------------------------------------------------------------------


async def test_four_processes_and_two_databases_make_one_request_at_a_time(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = "pieces=3&pause=0.01"
    for url in (postgres.url, postgres.url, postgres.other_url, postgres.other_url):
        await workers.start(url, TIMES, count=4)
    for worker in workers.started:
        await worker.says("end")
    assert len(site.visits) == 16
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_machines_that_share_only_a_database_make_one_request_at_a_time(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = "pieces=3&pause=0.01"
    for machine in range(4):
        folder = workers.folder.with_name(f"machine{machine}")
        await workers.start(postgres.url, TIMES, folder, count=4)
    for worker in workers.started:
        await worker.says("end")
    assert len(site.visits) == 16
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_the_successors_of_a_killed_holder_wait_for_its_quarantine(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = SLOW
    first = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    os.kill(first.pid, signal.SIGKILL)
    far = workers.folder.with_name("far")
    same_machine = await workers.start(postgres.other_url, TIMES)
    same_database = await workers.start(postgres.url, TIMES, far)
    await same_machine.says("turn")
    await same_database.says("turn")
    await site.until(lambda: len(site.visits) == 3)
    assert min(v.began for v in site.visits[1:]) - site.visits[0].began >= quarantine_s() - 0.1


async def test_a_holder_killed_before_it_sent_anything_is_waited_for_too(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    first = await workers.start(postgres.url, TIMES, hold=True)
    await first.says("turn")
    assert postgres.ask(OPEN) == 1
    os.kill(first.pid, signal.SIGKILL)
    second = await workers.start(postgres.url, TIMES, workers.folder.with_name("far"))
    await second.says("turn")
    assert postgres.ask(OPEN) == 1  # its own: the first one's is over
    await second.says("end")
    assert postgres.ask("SELECT epoch FROM serial_turns") == 2
    assert len(site.visits) == 1


async def test_a_stopped_holder_keeps_its_turn(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = "pieces=10&pause=0.1"
    first = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    os.kill(first.pid, signal.SIGSTOP)
    far = await workers.start(postgres.url, TIMES, workers.folder.with_name("far"))
    near = await workers.start(postgres.other_url, TIMES)
    await asyncio.sleep(quarantine_s() + 1)  # the time is the point: longer than any time-out
    assert len(site.visits) == 1
    near.process.kill()  # it shares neither database nor machine with the far one
    os.kill(first.pid, signal.SIGCONT)
    for worker in (first, far):
        await worker.says("end")
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_a_stopped_holder_that_lost_its_session_aborts_when_it_wakes(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = SLOW
    first = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    os.kill(first.pid, signal.SIGSTOP)
    assert postgres.ask(TERMINATE) == 1
    os.kill(first.pid, signal.SIGCONT)
    await first.says("lost")
    await site.until(lambda: site.open == 0)
    assert not site.visits[0].complete


async def test_a_restart_of_the_database_ends_the_transfer_and_the_next_one_waits(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = SLOW
    worker = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    restart = asyncio.create_task(postgres.restart(signal.SIGQUIT))
    await worker.says("lost")
    await site.until(lambda: site.open == 0)
    site.default_query = ""
    await restart
    await worker.says("end")
    assert not site.visits[0].complete
    assert site.visits[1].began - site.visits[0].began >= quarantine_s() - 0.1


# --- One process -------------------------------------------------------------------------------


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
    assert site.visits[1].began - site.visits[0].began >= quarantine_s() - 0.1


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
