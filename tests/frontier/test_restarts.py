"""A Redis that comes back without its last second, and does not know what it gave out then."""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from crawlers import wire
from crawlers.config import Config
from crawlers.errors import FrontierError
from crawlers.frontier.connection import connect
from crawlers.frontier.ending import Ending
from crawlers.frontier.queue import Answer, LeaseQueue, Rules
from crawlers.storage import jobs as storage
from crawlers.storage.database import Database
from tests.crawls.site import site
from tests.frontier.conftest import PREFIX, Pages
from tests.frontier.jobs import JOB, Jobs
from tests.redis_server import RedisServer

HOST = "http://a.test:80"
LEASE_S = 2
"""Much longer than a busy machine takes for a few calls."""


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


@pytest.fixture
def jobs_there(tmp_path: Path, server: Forgetful, database_config: Config) -> Jobs:
    """Return where workers keep their data."""
    url = database_config.database_url
    assert url is not None
    return Jobs.at(tmp_path, server, url.get_secret_value())


def queue(client: Redis, worker: str, prefix: str = PREFIX, **rules: int) -> LeaseQueue:
    """Return a worker's view of the job; two requests at once, by default."""
    about = Rules(**({"lease_ms": round(LEASE_S * 1000), "limit": 2, "delay_ms": 0} | rules))
    return LeaseQueue(client, Pages(), prefix, wire, job="j", worker=worker, rules=about)


async def seed(one: LeaseQueue) -> None:
    """Enter the job, and give it something to do."""
    await one.join()
    for number in range(4):
        await one.ask("seed", number, b"%d" % number, HOST, 0, 0, b"{}")


async def lease(one: LeaseQueue) -> Answer:
    """Ask for as much as there is."""
    return Answer.read(await one.ask("lease", 4, 0, 2))


async def restarted(server: Forgetful, copy: Path, *clients: Redis) -> None:
    """Let the server come back with what is in *copy*."""
    await asyncio.to_thread(server.go_back, copy)
    for client in clients:
        await client.connection_pool.disconnect()


@pytest.fixture
async def client(server: Forgetful) -> AsyncIterator[Redis]:
    """Connect to it."""
    one = connect(server.url)
    yield one
    await one.aclose()


async def test_nothing_goes_out_until_what_it_forgot_has_ended(
    server: Forgetful, client: Redis, tmp_path: Path
) -> None:
    one, other = queue(client, "one"), queue(client, "other")
    await seed(one)
    await asyncio.to_thread(server.keep, tmp_path / "copy")
    assert len((await lease(one)).leased) == 2, "the host has no more places"
    assert (await lease(other)).leased == ()
    leased_at = time.monotonic()
    await restarted(server, tmp_path / "copy", client)
    assert (await lease(queue(client, "new"))).leased == (), (
        "Redis has forgotten who has the places"
    )
    answer = await lease(other)
    assert answer.leased == ()
    assert answer.due_ms is not None
    await asyncio.sleep(answer.due_ms / 1000)
    assert time.monotonic() - leased_at > LEASE_S
    assert (await lease(other)).leased


async def test_the_longest_lease_of_all_counts(
    server: Forgetful, client: Redis, tmp_path: Path
) -> None:
    patient, other = queue(client, "patient", lease_ms=20_000), queue(client, "other")
    await seed(patient)
    await other.join()
    await asyncio.to_thread(server.keep, tmp_path / "copy")
    await lease(patient)
    await restarted(server, tmp_path / "copy", client)
    answer = await lease(other)
    assert answer.due_ms is not None
    assert 10_000 < answer.due_ms <= 20_000


async def test_a_delay_that_it_forgot_is_kept(
    server: Forgetful, client: Redis, tmp_path: Path
) -> None:
    one = queue(client, "one", limit=1, delay_ms=20_000)
    await seed(one)
    await asyncio.to_thread(server.keep, tmp_path / "copy")
    [leased] = (await lease(one)).leased
    await one.ask("sent", HOST, leased.token)
    await restarted(server, tmp_path / "copy", client)
    answer = await lease(one)
    assert answer.due_ms is not None
    await asyncio.sleep(answer.due_ms / 1000)
    answer = await lease(one)
    assert answer.leased == ()
    assert answer.due_ms is not None
    assert answer.due_ms > 10_000


@pytest.mark.parametrize("option", ["maxmemory", "min-replicas-to-write"])
async def test_a_redis_that_refuses_the_first_call_has_begun_anew_all_the_same(
    server: Forgetful, client: Redis, tmp_path: Path, option: str
) -> None:
    one, other = queue(client, "one"), queue(client, "other")
    await seed(one)
    await lease(other)
    await asyncio.to_thread(server.keep, tmp_path / "copy")
    await lease(one)
    await restarted(server, tmp_path / "copy", client)
    with server.client() as operator:
        operator.config_set(option, "1")
        with pytest.raises(RedisError):
            await lease(one)
        with pytest.raises(RedisError):
            await lease(other)
        operator.config_set(option, "0")
    assert (await lease(other)).leased == ()


async def test_each_deployment_at_one_redis_sees_the_restart(
    server: Forgetful, client: Redis, tmp_path: Path
) -> None:
    one, second = queue(client, "one"), queue(client, "second", prefix="{second}:")
    for each in (one, second):
        await seed(each)
    await asyncio.to_thread(server.keep, tmp_path / "copy")
    await lease(second)
    await restarted(server, tmp_path / "copy", client)
    with pytest.raises(RedisError):
        await second.server.execute_command("NO-SUCH-COMMAND")
    assert (await lease(one)).leased == ()
    assert (await lease(queue(client, "third", prefix="{second}:"))).leased == ()


async def test_a_redis_that_was_told_to_forget_the_program_has_lost_nothing(client: Redis) -> None:
    one = queue(client, "one")
    await seed(one)
    await client.script_flush()
    assert len((await lease(one)).leased) == 2


async def test_who_heard_of_an_end_that_redis_forgot_does_not_call_it_one(
    client: Redis, database_config: Config
) -> None:
    database, one = Database(database_config), queue(client, "one")
    await seed(one)
    ending = Ending(one, storage.Jobs(database), lambda _: None, expects=0, dead_days=1)
    with pytest.raises(FrontierError, match="it goes on"):
        await ending.job_ended()
    assert await one.info(), "it is still there for the next worker"
    await database.close()


async def test_all_that_was_said_of_hosts_is_said_again(
    server: Forgetful, jobs_there: Jobs, tmp_path: Path
) -> None:
    fields = {"FRONTIER_LEASE_S": 2, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
    async with site() as one:
        one.robots = "User-agent: *\nCrawl-delay: 0.7"
        gate = one.gates["/robots.txt"] = asyncio.Event()
        worker = jobs_there.mine(fields, origin=one.origin, paths="/1,/2,/3,/4")
        await one.until("/robots.txt")
        host = f"{PREFIX}host:http://127.0.0.1:{one.port}"
        await asyncio.to_thread(server.keep, tmp_path / "copy")
        gate.set()
        await one.until("/2")
        await asyncio.to_thread(server.go_back, tmp_path / "copy")
        _, err = await asyncio.to_thread(worker.communicate, timeout=60)
        with server.client() as operator:
            asked = operator.hget(host, "asked")
    assert worker.returncode == 0, err
    assert asked == b"700"
    assert "nothing is given out for up to 2 s" in err
    assert jobs_there.ended() == ("completed", None)


async def test_a_job_whose_last_seed_was_lost_comes_to_its_end(
    server: Forgetful, jobs_there: Jobs, tmp_path: Path
) -> None:
    gate, info = asyncio.Event(), f"{PREFIX}job:{JOB}:info"
    async with site() as one:
        one.gates["/1"] = gate
        fields = {"FRONTIER_LEASE_S": 2}
        worker = jobs_there.mine(fields, origin=one.origin, paths="/1", lingers=1)
        await one.until("/1")
        await asyncio.to_thread(server.keep, tmp_path / "copy")
        with server.client() as operator:
            assert operator.hget(info, "seeded") is None
            jobs_there.safe.touch()
            while operator.hget(info, "seeded") is None:  # noqa: ASYNC110 - Redis is asked
                await asyncio.sleep(0.05)
        await asyncio.to_thread(server.go_back, tmp_path / "copy")
        gate.set()
        _, err = await asyncio.to_thread(worker.communicate, timeout=60)
    assert worker.returncode == 0, err
    assert jobs_there.ended() == ("completed", None)
    assert jobs_there.stored == [1]
