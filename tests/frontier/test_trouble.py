"""Workers that meet what nobody expects: odd requests, odd sites, a Redis in trouble or emptied."""

import asyncio
import signal

import pytest

from tests.crawls.site import site
from tests.frontier.jobs import JOB, Jobs
from tests.redis_server import RedisServer

INFO = f"{{crawlers}}:job:{JOB}:info"


@pytest.mark.parametrize("odd", ["soon", "priority", "surrogate", "odd", "other"])
async def test_an_odd_request_costs_its_unit_and_nothing_else(jobs: Jobs, odd: str) -> None:
    async with site() as one:
        done = await jobs.run_mine(origin=one.origin, paths=f"/1?{odd},/2")
    assert done.returncode == 3, done.stderr
    assert [unit[1] for unit in jobs.units()] == ["failed", "done"]
    if odd != "surrogate":
        assert "a request could not be sent on" in jobs.units()[0][2]
    assert jobs.ended() == ("partial", "1 failed of 2 units")


@pytest.mark.parametrize("asked", ["999999999999999", "9" * 24, "9" * 400])
async def test_a_site_that_asks_for_ages_is_left_alone_for_as_long_as_is_sane(
    jobs: Jobs, asked: str
) -> None:
    async with site() as one:
        one.statuses["/1"], one.retry_after = [429], asked
        done = await jobs.run_mine(origin=one.origin, paths="/1")
        with jobs.redis.client() as client:
            opens = float(client.hget(f"{{crawlers}}:host:http://127.0.0.1:{one.port}", "next"))
            now_s, _ = client.time()
    assert done.returncode == 3, done.stderr
    assert "longer than 600 s" in jobs.units()[0][2]
    assert 500 < opens / 1000 - now_s <= 601


async def test_a_state_that_is_none_ends_the_worker(jobs: Jobs) -> None:
    async with site() as one:
        one.gates["/1"] = asyncio.Event()
        worker = jobs.mine(origin=one.origin, paths="/1")
        await one.until("/1")
        with jobs.redis.client() as client:
            client.hset(INFO, "state", "banana")
        one.gates["/1"].set()
        _, err = await asyncio.to_thread(worker.communicate, timeout=60)
    assert worker.returncode == 1, err
    assert f"frontier: Redis says that job {JOB} is 'banana'" in err


async def test_a_full_redis_makes_the_crawl_wait(jobs: Jobs) -> None:
    async with site() as one:
        one.gates["/1"] = asyncio.Event()
        worker = jobs.mine({"FRONTIER_LEASE_S": 20}, origin=one.origin, paths="/1", children=20)
        await one.until("/1")
        with jobs.redis.client() as client:
            client.config_set("maxmemory", "1")
            one.gates["/1"].set()
            await asyncio.sleep(2)
            assert client.hget(INFO, "done") is None, "a full Redis says no"
            client.config_set("maxmemory", "0")
        _, err = await asyncio.to_thread(worker.communicate, timeout=60)
    assert worker.returncode == 0, err
    assert "Waiting for Redis" in err
    assert len(jobs.stored) == 21
    assert one.paths.count("/1") == 1


async def test_who_seeds_a_job_that_redis_has_lost_stops_and_the_next_one_seeds_it_all(
    jobs: Jobs,
) -> None:
    paths = ",".join(f"/{number}" for number in range(1, 121))
    with RedisServer({"appendonly": "no"}) as server:
        jobs.crawls.environment["REDIS_URL"] = server.url
        async with site() as one:
            one.answer_s = 0.1
            first = jobs.mine({"FRONTIER_LEASE_S": 20}, origin=one.origin, paths=paths, slow_s=0.03)
            await one.saw(8)
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            await asyncio.to_thread(server.start)
            second = await jobs.run_mine(origin=one.origin, paths=paths, slow_s=0.03)
            _, err = await asyncio.to_thread(first.communicate, timeout=60)
    assert first.returncode == 1, err
    assert f"Redis has lost job {JOB}" in err
    assert second.returncode == 0, second.stderr
    assert jobs.stored == [*range(1, 121)]
    assert jobs.ended() == ("completed", None)


@pytest.mark.slow  # twenty workers die for it
async def test_an_innocent_page_does_not_die_with_those_that_kill(jobs: Jobs) -> None:
    """The slow page is under way each time that one of the others ends its worker."""
    deadly = [f"/{number}/die" for number in range(2, 8)]
    few = {"FRONTIER_ATTEMPTS": 3}
    codes: list[int] = []
    async with site() as one:
        while codes[-1:] != [3] and codes[-1:] != [0] and len(codes) < 30:
            gate = one.gates["/1"] = asyncio.Event()
            worker = jobs.mine(few, origin=one.origin, paths=",".join(["/1", *deadly]))
            asyncio.get_running_loop().call_later(4, gate.set)
            await asyncio.to_thread(worker.communicate, timeout=60)
            codes.append(worker.returncode)
            gate.set()
    assert codes[-1] == 0, codes
    ends = {unit[0]: unit[1] for unit in jobs.units()}
    assert ends == {"/1": "done"} | dict.fromkeys(deadly, "failed")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRONTIER_LEASE_S", "0"),
        ("FRONTIER_LEASE_S", "nan"),
        ("FRONTIER_ATTEMPTS", "-1"),
        ("FRONTIER_PREFETCH", "many"),
        ("FRONTIER_DEAD_DAYS", "1e300"),
        ("UNFINISHED_MAX", "0"),
    ],
)
async def test_a_setting_that_makes_no_sense_is_wrong_use(
    jobs: Jobs, name: str, value: str
) -> None:
    done = await jobs.run_mine({name: value})
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.strip().splitlines()[-1:]
    assert line.startswith(f"scrapy crawl: {name} is '{value}': expected a number from ")


@pytest.mark.parametrize("option", ["foo=secret", "socket_timeout=secret"])
async def test_an_address_of_redis_that_cannot_be_is_wrong_use(jobs: Jobs, option: str) -> None:
    jobs.crawls.environment["REDIS_URL"] = f"redis://user:secret@127.0.0.1:1/0?{option}"
    done = await jobs.run_mine()
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("scrapy crawl: REDIS_URL is wrong")
    assert "secret" not in done.stdout + done.stderr
