"""Limits hold over all workers and all jobs, as the sites count."""

import asyncio
import time
from itertools import pairwise
from operator import sub
from subprocess import CompletedProcess

import pytest

from tests.crawls.site import Site, site
from tests.frontier.jobs import Jobs
from tests.replica import UserSpec, World, replica_process

PATHS = ",".join(f"/{number}" for number in range(1, 17))
OTHERS = ",".join(f"/{number}" for number in range(100, 250))
MORE = ",".join(f"/{number}" for number in range(100, 140))
FEW = ",".join(f"/{number}" for number in range(1, 8))


def times(one: Site) -> list[float]:
    """Return when pages were asked for; robots.txt each worker asks for itself."""
    both = zip(one.paths, one.times, strict=True)
    return [at for path, at in both if path != "/robots.txt"]


def gaps(one: Site) -> list[float]:
    """Return the seconds between two pages."""
    return [later - earlier for earlier, later in pairwise(times(one))]


def assert_done(*ends: CompletedProcess[str]) -> None:
    """Check that all workers ended well."""
    assert [end.returncode for end in ends] == [0] * len(ends), ends[0].stderr + ends[-1].stderr


async def test_two_jobs_at_one_site_share_its_places(jobs: Jobs) -> None:
    async with site() as one:
        gate, one.answer_s = asyncio.Event(), 0.15
        one.gates |= dict.fromkeys(PATHS.split(","), gate)
        running = asyncio.gather(
            *(jobs.run(job=job, origin=one.origin, paths=PATHS) for job in ("a", "b"))
        )
        while one.most_open < 4:  # noqa: ASYNC110 - however slowly they come
            await asyncio.sleep(0.05)
        gate.set()
        ends = await running
    assert_done(*ends)
    assert len(times(one)) == 32
    assert one.most_open == 4, "what the card allows, and no less"


async def test_a_delay_lies_between_the_requests_of_all_workers(jobs: Jobs) -> None:
    slow = {"DOWNLOAD_DELAY": 0.4}
    async with site() as one:
        paths = FEW
        ends = await asyncio.gather(
            *(jobs.run(slow, job=job, origin=one.origin, paths=paths) for job in ("a", "a", "b"))
        )
    assert_done(*ends)
    assert len(times(one)) == 14
    assert min(gaps(one)) >= 0.2, "without it there are some milliseconds"
    assert sorted(gaps(one))[len(gaps(one)) // 2] < 0.8, "one delay, not two"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_moves_the_host_for_everybody(jobs: Jobs, status: int) -> None:
    async with site() as one:
        one.statuses["/3"], one.retry_after = [status], "3"
        one.answer_s = 0.1
        ends = await asyncio.gather(
            *(
                jobs.run(job=job, origin=one.origin, paths=paths)
                for job, paths in (("a", PATHS), ("a", PATHS), ("b", f"{PATHS},{MORE}"))
            )
        )
    assert_done(*ends)
    refused = one.times[one.paths.index("/3")]
    quiet = [at for at in times(one) if refused + 1 < at < refused + 3]
    assert quiet == [], "without it, all of them take longer than a second"
    assert len([at for at in times(one) if at >= refused + 3]) > 16


async def test_a_pause_of_robots_txt_holds_for_all_workers(jobs: Jobs) -> None:
    async with site() as one:
        one.robots = "User-agent: *\nCrawl-delay: 0.5"
        paths = FEW
        ends = await asyncio.gather(
            *(jobs.run(job=job, origin=one.origin, paths=paths) for job in ("a", "a"))
        )
    assert_done(*ends)
    assert len(times(one)) == 7
    assert min(gaps(one)) >= 0.25, "also of what was leased before anybody knew of the pause"


async def test_a_robots_txt_without_a_page_after_it_counts_for_the_delay(jobs: Jobs) -> None:
    slow = {"DOWNLOAD_DELAY": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
    async with site() as one:
        one.robots = "User-agent: *\nDisallow: /"
        ends = await asyncio.gather(
            *(jobs.run(slow, job=job, origin=one.origin, paths="/1") for job in "abc")
        )
    assert one.paths == ["/robots.txt"] * 3, ends
    assert [gap for gap in map(sub, one.times[1:], one.times) if gap < 0.5] == []


async def test_a_redirected_robots_txt_moves_the_host_that_answers(jobs: Jobs) -> None:
    async with site() as one, site() as other:
        one.robots_moved = other.origin
        other.statuses["/moved/robots.txt"], other.retry_after = [503], "300"
        worker = jobs.mine(origin=one.origin, paths="/1", more=other.origin)
        await other.until("/moved/robots.txt")
        key = "{{crawlers}}:host:http://127.0.0.1:{}"
        with jobs.redis.client() as client:
            while client.hget(key.format(other.port), "next") is None:  # noqa: ASYNC110 - asked
                await asyncio.sleep(0.05)
        worker.terminate()
        await asyncio.to_thread(worker.communicate, timeout=60)
    with jobs.redis.client() as client:
        here, there = (client.hget(key.format(each.port), "next") for each in (one, other))
    assert float(there) / 1000 > time.time() + 200
    assert here is None or float(here) / 1000 < time.time() + 200


async def test_a_slow_host_does_not_keep_the_others_waiting(jobs: Jobs) -> None:
    async with site() as slow, site() as quick:
        slow.answer_s = 1.0
        paths = PATHS + ",/20,/21,/22,/23,/24,/25"
        done = await jobs.run_mine(origin=slow.origin, more=quick.origin, paths=paths)
    assert_done(done)
    assert slow.most_open == 4
    assert max(times(quick)) < times(slow)[16], "all of them, while the slow one had many left"


async def test_a_site_that_is_down_is_left_alone_by_everybody(jobs: Jobs) -> None:
    one_failure = {"BREAKER_FAILURES": 1, "BREAKER_FIRST_OPEN_S": 100, "ROBOTSTXT_OBEY": 0}
    async with site() as one:
        one.answer_s, one.statuses["/1"] = 0.1, [503]
        other = jobs.worker({"ROBOTSTXT_OBEY": 0}, job="b", origin=one.origin, paths=OTHERS)
        await one.saw(4)
        worker = jobs.worker(one_failure, job="a", origin=one.origin, paths="/1")
        for each in (worker, other):
            await asyncio.to_thread(each.communicate, timeout=60)
        with jobs.redis.client() as client:
            next_ms = float(client.hget(f"{{crawlers}}:host:http://127.0.0.1:{one.port}", "next"))
        opened = next_ms / 1000 - time.time() + asyncio.get_running_loop().time()
    assert [worker.returncode, other.returncode] == [0, 0]
    failed = one.times[one.paths.index("/1")] + one.answer_s
    assert opened > failed
    assert [at for at in times(one) if failed + 0.5 < at < opened - 0.02] == []


async def test_a_serial_site_sees_one_request_at_a_time(jobs: Jobs) -> None:
    world = World(users=(UserSpec("Ada", games=30), UserSpec("Boris", games=20)), pool=12)
    with replica_process("lichess", world) as lichess:
        ends = await asyncio.gather(
            *(
                jobs.crawls.run_async(
                    "crawl",
                    "lichess",
                    settings={"SERIAL_DELAY_S": 0.02},
                    job="chess",
                    players="Ada,Boris",
                    origin=lichess.origin,
                )
                for _ in range(2)
            )
        )
        state = lichess.state
    assert_done(*ends)
    assert state["max_overlap"] == 1
    assert state["violations"] == []
    assert jobs.query("select count(*) from chess_games") == [(48,)], "as one crawl alone finds"
    assert jobs.ended() == ("completed", None)
