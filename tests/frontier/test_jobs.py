"""Whole crawls with ``job=``: who may work on a job, and how it ends."""

import asyncio
import re
from unittest.mock import patch

from psycopg.conninfo import conninfo_to_dict

from crawlers.config import Config
from tests.crawls.site import site
from tests.frontier.jobs import JOB, WALK, Jobs
from tests.redis_server import RedisServer
from tests.replica import FaultProxy


async def test_two_workers_share_a_job_and_leave_nothing_in_redis(jobs: Jobs) -> None:
    paths = ",".join(f"/{number}" for number in range(1, 41))
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        running = asyncio.gather(
            *(jobs.run(origin=one.origin, paths=paths, children=3) for _ in range(2))
        )
        await jobs.until_workers(2)
        gate.set()
        both = await running
    assert [done.returncode for done in both] == [0, 0], both[0].stderr + both[1].stderr
    assert jobs.stored == [*range(1, 41), 1001, 1002, 1003]
    pages = [path for path in one.paths if path != "/robots.txt"]
    assert len(pages) == len(set(pages)) == 43
    assert jobs.ended() == ("completed", None)
    assert {unit[1] for unit in jobs.units()} == {"done"}
    assert sum(unit[3] for unit in jobs.units()) == 43, "a request belongs to one unit"
    kept = [key for key in jobs.keys("*") if "host:" not in key]
    assert kept == ["{crawlers}:server"], "what is known of hosts and of Redis itself"
    assert [key for key in jobs.keys("*") if key.endswith((":busy", ":jobs"))] == []


async def test_a_later_worker_needs_only_the_name_of_the_job(jobs: Jobs) -> None:
    async with site() as one:
        gate = one.gates["/1/child"] = asyncio.Event()
        first = jobs.worker(origin=one.origin, paths="/1", children=2)
        await one.until("/1/child")
        running = asyncio.create_task(jobs.run())
        await jobs.until_workers(2)
        gate.set()
        later = await running
        assert later.returncode == 0, later.stderr
        out, err = await asyncio.to_thread(first.communicate, timeout=60)
    assert first.returncode == 0, out + err
    assert jobs.stored == [1, 1001, 1002]


async def test_other_arguments_another_source_and_an_ended_job_are_wrong_use(jobs: Jobs) -> None:
    async with site() as one:
        done = await jobs.run(origin=one.origin, paths="/1")
        assert done.returncode == 0, done.stderr
        again = await jobs.run(origin=one.origin, paths="/1")
    assert again.returncode == 2
    assert again.stderr.strip().splitlines()[-1] == (
        f"scrapy crawl: job '{JOB}' has ended (completed): take another name"
    )
    jobs.query("update jobs set status = null returning 1")
    other = await jobs.run(origin=one.origin, paths="/2")
    assert other.returncode == 2
    assert "has other arguments" in other.stderr
    jobs.query("update jobs set source = 'lichess' returning 1")
    other = await jobs.run()
    assert other.returncode == 2
    assert "is a crawl of lichess, not of walk" in other.stderr


async def test_a_job_needs_a_proper_name(jobs: Jobs) -> None:
    named = await jobs.run(job="a job", paths="/1")
    assert named.returncode == 2
    assert "argument 'job'" in named.stderr


async def test_a_redis_alone_changes_nothing(jobs: Jobs) -> None:
    async with site() as one:
        done = await jobs.crawls.run_async("crawl", "walk", settings=WALK, origin=one.origin)
    assert done.returncode == 0, done.stderr
    assert jobs.keys("*") == []
    assert jobs.query("select * from jobs") == []


async def test_a_redis_that_evicts_is_refused_with_the_reason(
    jobs: Jobs, database_config: Config
) -> None:
    assert database_config.database_url is not None
    with RedisServer({"maxmemory-policy": "allkeys-lru"}) as evicting:
        jobs.crawls.environment["REDIS_URL"] = evicting.url
        done = await jobs.run(origin="http://127.0.0.1:9")
    assert done.returncode == 1
    why = "Redis may throw requests away: its maxmemory-policy is allkeys-lru, not noeviction"
    assert re.search(rf"walk: failed in \d\.\d s: {why}", done.stderr)
    assert "Traceback" not in done.stderr


async def test_units_say_what_failed_and_what_was_blocked(jobs: Jobs) -> None:
    paths = "/1,/words/captcha,/words/broken,/words/5+bad,/404,/2,/home"
    async with site() as one:
        one.statuses["/404"] = [404]
        done = await jobs.run(origin=one.origin, paths=paths)
    assert done.returncode == 3, done.stderr
    found = {name: (status, requests) for name, status, _, requests, *_ in jobs.units()}
    assert found == {
        "/1": ("done", 1),
        "/words/captcha": ("blocked", 1),
        "/words/broken": ("failed", 1),
        "/words/5+bad": ("failed", 1),
        "/404": ("failed", 1),
        "/2": ("done", 1),
        "/home": ("done", 2),
    }
    assert jobs.ended() == ("partial", "3 failed, 1 blocked of 7 units")


async def test_a_job_that_stored_nothing_has_failed(jobs: Jobs) -> None:
    async with site() as one:
        done = await jobs.run(origin=one.origin, paths="/words/odd")
    assert done.returncode == 1
    assert f"job {JOB} has failed: nothing was stored" in done.stderr
    assert jobs.ended() == ("failed", "nothing was stored")


async def test_a_seed_that_another_unit_has_ends_its_unit_at_once(jobs: Jobs) -> None:
    async with site() as one:
        done = await jobs.run(origin=one.origin, paths="/1,/2?b=1&a=2,/2?a=2&b=1")
    assert done.returncode == 0, done.stderr
    assert [unit[1:4] for unit in jobs.units()] == [
        ("done", None, 1),
        ("done", None, 1),
        ("done", "another unit asks for the same", 0),
    ]
    assert jobs.stored == [1, 2]


async def test_a_job_outlives_workers_that_are_asked_to_end(jobs: Jobs) -> None:
    async with site() as one:
        first = jobs.worker(origin=one.origin, paths="/1", children=3, wait_ms=3000)
        await one.saw(2)
        first.terminate()
        _, err = await asyncio.to_thread(first.communicate, timeout=60)
        assert first.returncode == 3, err
        assert jobs.ended() == (None, None)
        done = await jobs.run()
    assert done.returncode == 0, done.stderr
    assert one.paths.count("/1") == 1
    assert jobs.stored == [1, 1001, 1002, 1003]
    assert jobs.ended() == ("completed", None)


async def test_a_redis_that_forgot_everything_is_said_and_seeded_anew(jobs: Jobs) -> None:
    async with site() as one:
        first = jobs.worker(origin=one.origin, paths="/1,/2", children=3, wait_ms=60_000)
        await one.saw(3)
        with jobs.redis.client() as client:
            client.flushall()
        _, err = await asyncio.to_thread(first.communicate, timeout=60)
        assert first.returncode == 1
        assert f"Redis has lost job {JOB}" in err
        jobs.query("update jobs set arguments = arguments - 'wait_ms' returning 1")
        done = await jobs.run()
    assert done.returncode == 0, done.stderr
    assert jobs.stored == [1, 2, 1001, 1002, 1003]
    assert jobs.ended() == ("completed", None)
    assert [unit[1] for unit in jobs.units()] == ["done", "done"]


async def test_a_paused_job_sends_nothing_until_it_is_resumed(jobs: Jobs) -> None:
    paths = ",".join(f"/{number}" for number in range(1, 61))
    gate = asyncio.Event()
    async with site() as one:
        one.gates |= {f"/{number}": gate for number in range(1, 61)}
        worker = jobs.worker(origin=one.origin, paths=paths)
        await one.saw(5)
        done = await jobs.crawls.run_async("frontier", "pause", JOB)
        assert done.returncode == 0, done.stderr
        gate.set()
        with jobs.redis.client() as client:
            while client.exists(f"{{crawlers}}:job:{JOB}:lease"):  # noqa: ASYNC110 - asked
                await asyncio.sleep(0.05)  # what is under way ends
        sent = len(one.paths)
        assert sent < 20
        await asyncio.sleep(2)
        assert len(one.paths) == sent
        assert worker.poll() is None
        done = await jobs.crawls.run_async("frontier", "resume", JOB)
        assert done.returncode == 0, done.stderr
        _, err = await asyncio.to_thread(worker.communicate, timeout=60)
    assert worker.returncode == 0, err
    assert jobs.stored == [*range(1, 61)]


async def test_a_worker_that_begins_while_the_database_is_away_waits_for_it(jobs: Jobs) -> None:
    about = conninfo_to_dict(jobs.crawls.environment["DATABASE_URL"])
    name, user, folder = (str(about[key]) for key in ("dbname", "user", "host"))
    async with FaultProxy(f"{folder}/.s.PGSQL.{about.get('port', 5432)}", 0) as way, site() as one:
        address = f"postgresql://{user}@127.0.0.1:{way.port}/{name}"
        await way.refuse()
        with patch.dict(jobs.crawls.environment, DATABASE_URL=address):
            worker = jobs.worker(origin=one.origin, paths="/1")
        await asyncio.sleep(3)
        assert worker.poll() is None
        await way.accept()
        _, err = await asyncio.to_thread(worker.communicate, timeout=60)
    assert worker.returncode == 0, err
    assert jobs.stored == [1]
