"""Workers that die, hang, fail or lose Redis; poison; what is hostile in Redis."""

import asyncio
import json
import pickle
import signal
from typing import Any

import pytest

from tests.crawls.site import site
from tests.frontier.jobs import JOB, Jobs
from tests.replica import FaultProxy

QUICK = {"FRONTIER_LEASE_S": 1}


async def test_a_page_that_kills_its_worker_is_given_up_and_may_be_tried_again(jobs: Jobs) -> None:
    few = {"FRONTIER_ATTEMPTS": 3}
    async with site() as one:
        codes: list[int] = []
        while codes[-1:] != [0] and len(codes) < 6:
            done = await jobs.run_mine(few, origin=one.origin, paths="/1,/2/die", children=2)
            codes.append(done.returncode)
        assert codes == [-signal.SIGKILL] * 3 + [0], done.stderr
        assert one.paths.count("/2/die") == 3
        assert jobs.ended() == ("partial", "1 failed of 2 units")
        reason = "its worker died, hung or was cut off"
        assert [unit[:3] for unit in jobs.units()] == [
            ("/1", "done", None),
            ("/2/die", "failed", reason),
        ]
        [(error, body)] = jobs.query(
            "select error, convert_from(body, 'UTF8') from quarantine where place = 'frontier'"
        )
        assert error == reason
        assert json.loads(body)["url"] == f"{one.origin}/2/die"
        listed = await jobs.crawls.run_async("frontier", "dead", JOB)
        assert f"{one.origin}/2/die" in listed.stdout.replace("\n", "")
        jobs.safe.touch()
        tried = await jobs.crawls.run_async("frontier", "retry", JOB)
        assert tried.returncode == 0, tried.stderr
        done = await jobs.run_mine()
    assert done.returncode == 0, done.stderr
    assert jobs.ended() == ("completed", None)
    assert [unit[1] for unit in jobs.units()] == ["done", "done"]
    assert jobs.stored == [1, 2, 1001, 1002]
    assert [key for key in jobs.keys("*") if ":job:" in key] == []


async def test_a_harvest_that_cannot_be_stored_is_tried_again_until_it_is_dead(jobs: Jobs) -> None:
    failing = {
        "FRONTIER_ATTEMPTS": 2,
        "ITEM_PIPELINES": '{"tests.frontier.mine.spider.FailingPipeline": 50}',
    }
    async with site() as one:
        done = await jobs.run_mine(failing, origin=one.origin, paths="/1,/13")
    assert done.returncode == 3, done.stderr
    assert one.paths.count("/13") == 2
    assert jobs.units()[1][1:3] == ("failed", "what it yielded could not be stored")
    assert jobs.ended()[0] == "partial"


async def test_a_frozen_worker_gives_its_requests_back_and_cannot_complete_them(
    jobs: Jobs,
) -> None:
    gate = asyncio.Event()
    async with site() as one:
        one.gates["/2"] = gate
        frozen = jobs.mine(origin=one.origin, paths="/1,/2", children=2)
        await one.until("/2")
        frozen.send_signal(signal.SIGSTOP)
        gate.set()
        other = await jobs.run_mine(origin=one.origin, paths="/1,/2", children=2)
        assert other.returncode == 0, other.stderr
        frozen.send_signal(signal.SIGCONT)
        _, err = await asyncio.to_thread(frozen.communicate, timeout=60)
    assert frozen.returncode == 0, err
    assert "'frontier/lost'" in err
    assert one.paths.count("/2") == 2
    assert jobs.stored == [1, 2, 1001, 1002]
    assert jobs.ended() == ("completed", None)
    assert sum(unit[3] for unit in jobs.units()) == 4


async def test_a_worker_without_its_lease_asks_for_no_robots_txt_either(jobs: Jobs) -> None:
    gate = asyncio.Event()
    async with site() as one:
        one.gates["/robots.txt"], one.robots_moved = gate, ""
        frozen = jobs.mine(origin=one.origin, paths="/1")
        await one.until("/robots.txt")
        frozen.send_signal(signal.SIGSTOP)
        gate.set()
        other = await jobs.run_mine(origin=one.origin, paths="/1")
        assert other.returncode == 0, other.stderr
        frozen.send_signal(signal.SIGCONT)
        _, err = await asyncio.to_thread(frozen.communicate, timeout=60)
    assert frozen.returncode == 0, err
    assert one.paths.count("/robots.txt") == 2
    assert one.paths.count("/moved/robots.txt") == 1
    assert one.paths.count("/1") == 1
    assert jobs.ended() == ("completed", None)


async def test_a_worker_stays_while_another_has_a_lease(jobs: Jobs) -> None:
    gate, longer = asyncio.Event(), {"FRONTIER_LEASE_S": 3}  # and shorter than the time here
    async with site() as one:
        one.gates["/1"] = gate
        first = jobs.mine(longer, origin=one.origin, paths="/1", children=2)
        await one.until("/1")
        second = jobs.mine(longer)
        await jobs.until_workers(2)
        await asyncio.sleep(4)
        assert second.poll() is None
        gate.set()
        ends = [await asyncio.to_thread(one.communicate, timeout=60) for one in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], ends
    assert jobs.stored == [1, 1001, 1002]
    assert one.paths.count("/1") == 1


@pytest.mark.parametrize("how", ["away", "cut", "killed"])
async def test_a_crawl_waits_for_redis_and_goes_on(jobs: Jobs, how: str) -> None:
    gate = asyncio.Event()
    async with FaultProxy(str(jobs.redis.socket), 0) as way, site() as one:
        jobs.crawls.environment["REDIS_URL"] = f"redis://127.0.0.1:{way.port}"
        one.gates["/1"] = gate
        worker = jobs.mine({"FRONTIER_LEASE_S": 20}, origin=one.origin, paths="/1", children=40)
        await one.until("/1")
        if how == "away":
            await way.refuse()
            way.end_all("rst")
        elif how == "cut":
            way.up.hold()
            way.down.hold()
        else:
            await asyncio.to_thread(jobs.redis.stop, signal.SIGKILL)
        gate.set()
        await asyncio.sleep(3)
        if how == "away":
            await way.accept()
        elif how == "cut":
            way.up.release()
            way.down.release()
        else:
            await asyncio.to_thread(jobs.redis.start)
        _, err = await asyncio.to_thread(worker.communicate, timeout=60)
    assert worker.returncode == 0, err
    assert len(jobs.stored) == 41
    assert jobs.ended() == ("completed", None)
    assert one.paths.count("/1") == 1, "its lease lasted longer"


async def test_a_slow_redis_holds_up_no_event_loop(jobs: Jobs) -> None:
    measured = {"EXTENSIONS": '{"tests.frontier.mine.spider.LatenessExtension": 0}'}
    async with FaultProxy(str(jobs.redis.socket), 0) as way, site() as one:
        jobs.crawls.environment["REDIS_URL"] = f"redis://127.0.0.1:{way.port}"
        way.down.delay = 0.7
        done = await jobs.run_mine(
            measured | {"FRONTIER_LEASE_S": 10}, origin=one.origin, paths="/1", children=30
        )
    assert done.returncode == 0, done.stderr
    [late] = [line for line in done.stderr.splitlines() if "'lateness_ms'" in line]
    assert int(late.strip(" ,{}").partition(": ")[2]) < 650, "every call took 700 ms"


async def test_a_start_that_fails_leaves_the_job_to_others(jobs: Jobs) -> None:
    async with site() as one:
        done = await jobs.run_mine(origin=one.origin, paths="/1", fails=1)
        assert done.returncode == 1, done.stderr
        assert jobs.ended() == (None, None)
        jobs.query("update jobs set arguments = arguments - 'fails' returning 1")
        done = await jobs.run_mine()
    assert done.returncode == 0, done.stderr
    assert jobs.ended() == ("completed", None)


HOSTILE: dict[str, Any] = {
    "a pickle": pickle.dumps({"url": "http://127.0.0.1"}),
    "a class": b'{"url": "%s/2", "_class": "os.system"}',
    "another method": b'{"url": "%s/2", "callback": "close"}',
    "a dunder": b'{"url": "%s/2", "callback": "__init__"}',
    "a file": b'{"url": "file:///etc/passwd", "callback": "parse_page"}',
    "another host": b'{"url": "http://127.0.0.1:1/2", "callback": "parse_page"}',
    "private meta": b'{"url": "%s/2", "callback": "parse_page", "meta": {"_lease": "x"}}',
    "no json": b"\xff\x00\x1b[31m",
    "a list": b"[1]",
    "deep": b'{"url": "%s/2", "meta": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
}


async def test_what_is_hostile_in_redis_is_refused_and_quarantined(jobs: Jobs) -> None:
    async with site() as one:
        first = jobs.mine(origin=one.origin, paths="/1")
        one.gates["/1"] = gate = asyncio.Event()
        await one.until("/1")
        for payload in HOSTILE.values():
            hostile = payload.replace(b"%s", one.origin.encode())
            await jobs.inject(hostile, f"http://127.0.0.1:{one.port}")
        gate.set()
        _, err = await asyncio.to_thread(first.communicate, timeout=60)
    assert first.returncode == 0, err
    assert "Traceback" not in err
    assert set(one.paths) <= {"/1", "/robots.txt"}
    rows = jobs.query("select error, body from quarantine where place = 'frontier' order by 1")
    assert len(rows) == len(HOSTILE)
    assert all("not a request of ours" in error or "no callback" in error for error, _ in rows)
    assert {bytes(body) for _, body in rows} == {
        payload.replace(b"%s", one.origin.encode()) for payload in HOSTILE.values()
    }
