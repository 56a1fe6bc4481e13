"""Jobs that workers share by Redis: results are exact, whoever dies; cancelled, done again."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from crawlers.config import Config
from tests.crawls.site import site
from tests.jobs.errands import Errands
from tests.redis_server import RedisServer


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    """Run a Redis for these tests."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def errands(errands: Errands, redis_server: RedisServer, database_config: Config) -> Errands:  # noqa: ARG001 - made before
    """Let workers share jobs by an empty Redis."""
    with redis_server.client() as client:
        client.flushall()
    errands.crawls.environment["REDIS_URL"] = redis_server.url
    return errands


def keys(server: RedisServer) -> list[str]:
    """Return the keys of jobs that are left."""
    with server.client(decode_responses=True) as client:
        return sorted(client.scan_iter("{crawlers}:job:*"))


async def test_results_and_sums_are_exact_when_workers_are_killed(errands: Errands) -> None:
    numbers = list(range(1, 61))
    async with site() as one:
        one.answer_s = 0.05
        paths = ",".join(f"/{number}" for number in numbers)
        job = await errands.submit(origin=one.origin, paths=paths)
        # None is given up, though it may be under way at each kill.
        short = {"settings": {"FRONTIER_LEASE_S": 2, "FRONTIER_ATTEMPTS": 20}}
        for seen in (5, 20, 35):
            with errands.start(job, **short) as worker:
                await one.saw(seen)
                worker.send_signal(signal.SIGKILL)
                worker.communicate()
        done = await asyncio.gather(*(errands.crawl(job, **short) for _ in range(2)))
    assert [one.returncode for one in done] == [0, 0], done[0].stderr + done[1].stderr
    assert errands.ended(job) == ("completed", None)
    assert errands.results(job) == numbers
    sums = errands.sums(job)
    assert (sums["unit/done"], sums["rows/chess_rating_points"]) == (60, 60)
    assert set(errands.units(job).values()) == {("done", None)}


async def test_units_that_one_request_asks_for_end_with_it(errands: Errands) -> None:
    async with site() as one:
        job = await errands.submit(origin=one.origin, groups="4,5", paths="/1")
        assert (await errands.crawl(job)).returncode == 0
    assert set(errands.units(job).values()) == {("done", None)}
    assert len(errands.units(job)) == 3
    assert errands.sums(job)["requests"] == 2
    named = errands.query(
        "select u.name, key[1] from job_results r join job_units u on u.id = r.unit order by 2"
    )
    assert named == [("/1", "number-1"), ("groups=4", "number-4"), ("groups=4", "number-5")]


async def test_a_cancelled_job_leaves_nothing_in_redis(
    errands: Errands, redis_server: RedisServer
) -> None:
    async with site() as one:
        one.answer_s = 0.2
        paths = ",".join(f"/{number}" for number in range(1, 200))
        job = await errands.submit(origin=one.origin, paths=paths)
        with errands.start(job) as worker:
            await one.saw(5)
            await errands.says("cancel", job)
            await asyncio.to_thread(worker.communicate, timeout=60)
        assert worker.returncode == 3
        assert errands.ended(job) == ("cancelled", "cancelled")
        assert keys(redis_server) == []
        one.answer_s = 0
        await errands.says("retry", job)
        done = await errands.crawl(job)
        assert done.returncode == 0, done.stderr
    assert errands.ended(job) == ("completed", None)
    assert errands.results(job) == list(range(1, 200))
    assert keys(redis_server) == []


async def test_what_failed_is_done_again_by_a_retry(
    errands: Errands, redis_server: RedisServer
) -> None:
    async with site() as one:
        one.statuses["/2"] = [404]
        job = await errands.submit(origin=one.origin, paths="/1,/2")
        assert (await errands.crawl(job)).returncode == 3
        assert errands.units(job)["/2"] == ("failed", "HTTP 404")
        del one.statuses["/2"]
        await errands.says("retry", job)
        done = await errands.crawl(job)
        assert done.returncode == 0, done.stderr
    assert errands.ended(job) == ("completed", None)
    assert errands.results(job) == [1, 2]
    assert keys(redis_server) == []
