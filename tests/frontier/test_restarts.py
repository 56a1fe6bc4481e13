"""A Redis that comes back without its last second, and does not know what it gave out then."""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from crawlers import wire
from crawlers.frontier.connection import connect
from crawlers.frontier.queue import Answer, LeaseQueue, Rules
from tests.frontier.conftest import PREFIX, Pages
from tests.redis_server import RedisServer

HOST = "http://a.test:80"
LEASE_S = 0.5
UNWRITTEN_S = 2.0


class Forgetful(RedisServer):
    """A server that can be put back to what it had written at some time."""

    def keep(self, copy: Path) -> None:
        """Copy what is written."""
        with self.client() as client:
            client.bgrewriteaof()
            while client.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.01)
        shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns("s"))

    def go_back(self, copy: Path) -> None:
        """Kill it, and start it with that."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)
        self.start()


@pytest.fixture
async def server() -> AsyncIterator[Forgetful]:
    """Start one."""
    one = Forgetful()
    with one:
        yield one


def queue(client: Redis, worker: str) -> LeaseQueue:
    """Return a worker's view of the job."""
    rules = Rules(lease_ms=round(LEASE_S * 1000), limit=2, delay_ms=0)
    return LeaseQueue(client, Pages(), PREFIX, wire, job="j", worker=worker, rules=rules)


async def lease(one: LeaseQueue) -> Answer:
    """Ask for as much as there is."""
    return Answer.read(await one.ask("lease", 4, 0, 2))


async def test_nothing_goes_out_until_what_it_forgot_has_ended(
    server: Forgetful, tmp_path: Path
) -> None:
    client = connect(server.url)
    one, other = queue(client, "one"), queue(client, "other")
    await one.join()
    for number in range(4):
        await one.ask("seed", number, b"%d" % number, HOST, 0, 0, b"{}")
    heard_at = time.monotonic()
    await asyncio.to_thread(server.keep, tmp_path / "copy")
    assert len((await lease(one)).leased) == 2, "the host has no more places"
    assert (await lease(other)).leased == ()
    await asyncio.to_thread(server.go_back, tmp_path / "copy")
    await client.connection_pool.disconnect()
    answer = await lease(other)
    assert answer.leased == (), "the places are taken, though Redis has forgotten by whom"
    assert answer.due_ms is not None
    assert answer.due_ms > 0
    await asyncio.sleep(answer.due_ms / 1000)
    assert time.monotonic() - heard_at > UNWRITTEN_S + LEASE_S
    assert len((await lease(other)).leased) == 2
    await client.aclose()


async def test_a_redis_that_was_told_to_forget_the_program_has_lost_nothing(
    server: Forgetful,
) -> None:
    client = connect(server.url)
    one = queue(client, "one")
    await one.join()
    await one.ask("seed", 1, b"1", HOST, 0, 0, b"{}")
    await client.script_flush()
    assert len((await lease(one)).leased) == 1
    await client.aclose()


async def test_who_comes_long_after_a_restart_does_not_wait(server: Forgetful) -> None:
    client = connect(server.url)
    one = queue(client, "one")
    await one.join()
    await one.ask("seed", 1, b"1", HOST, 0, 0, b"{}")
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(UNWRITTEN_S + LEASE_S)
    await asyncio.to_thread(server.start)
    await client.connection_pool.disconnect()
    assert len((await lease(queue(client, "next"))).leased) == 1
    await client.aclose()
