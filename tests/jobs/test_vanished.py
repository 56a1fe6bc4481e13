"""Workers that are gone: killed, frozen, dead with their dispatcher, or never begun."""

import asyncio
import os
import signal
import socket

import pytest

from tests.crawls.site import site
from tests.jobs.desk import Desk

BEGUN = "select seen_at is not null from job_workers where ended_at is null"
BUSY = "select count(*) from job_workers where ended_at is null and seen_at is not null"


async def test_a_killed_worker_is_replaced_and_only_the_rest_is_fetched(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/9"] = asyncio.Event()
        job = await desk.hand_in("/1", "/9", origin=one.origin)
        process = desk.dispatcher("--once")
        await one.until("/9")
        await desk.until("select true from job_units where name = '/1' and status = 'done'")
        one.paths.clear()
        os.kill(desk.pids()[0], signal.SIGKILL)
        gate.set()
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, out + err
    assert one.paths == ["/robots.txt", "/9"]
    status, reason, attempts, [line] = desk.job(job)
    assert (status, reason, attempts) == ("completed", None, 2)
    assert line.startswith("attempt 1, 20")
    assert "lost: its process was killed by signal 9" in line
    ends = desk.query("select status from job_workers order by dispatched_at")
    assert ends == [("lost",), ("completed",)]


async def test_a_job_whose_workers_always_vanish_fails_with_the_story(desk: Desk) -> None:
    job = await desk.hand_in("/1", source="nobody", _max_attempts=2)
    code, said = await desk.work(SPIDER_MODULES="tests.jobs.nothing")
    assert code == 0, said
    status, reason, attempts, story = desk.job(job)
    assert (status, attempts, len(story)) == ("failed", 2, 2), story
    assert reason.startswith("given up after 2 attempts; the last: on ")
    assert desk.query("select status, reason from job_units") == [
        ("failed", "the job was given up")
    ]


async def test_the_workers_of_a_killed_dispatcher_go_on_and_others_leave_them_alone(
    desk: Desk,
) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in("/1", origin=one.origin)
        process = desk.dispatcher()
        await one.until("/1")
        process.kill()
        other = desk.dispatcher("--once", DISPATCH_SILENCE_S=4)
        await asyncio.sleep(6)
        gate.set()
        out, err = await asyncio.to_thread(other.communicate, timeout=60)
        assert other.returncode == 0, out + err
    assert one.paths.count("/1") == 1
    assert desk.job(job) == ("completed", None, 1, [])


async def test_workers_that_died_with_their_dispatcher_are_missed(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in("/1", origin=one.origin)
        process = desk.dispatcher()
        await one.until("/1")
        process.kill()
        os.kill(desk.pids()[0], signal.SIGKILL)
        gate.set()
        code, said = await desk.work(DISPATCH_SILENCE_S=1)
    assert code == 0, said
    status, _, attempts, [line] = desk.job(job)
    assert (status, attempts) == ("completed", 2)
    assert "it was silent for" in line


async def test_a_claim_whose_worker_was_never_started_is_claimed_again(desk: Desk) -> None:
    async with site() as one:
        job = await desk.hand_in("/1", origin=one.origin)
        desk.execute("update jobs set dispatch_at = null, dispatched_at = now(), attempts = 1")
        desk.execute(
            "insert into job_workers (id, job, node, dispatched_at)"
            " select 'w', id, 'elsewhere', now() from jobs"
        )
        code, said = await desk.work(DISPATCH_SILENCE_S=0.5, DISPATCH_GRACE_S=1)
    assert code == 0, said
    status, _, attempts, [line] = desk.job(job)
    assert (status, attempts) == ("completed", 2)
    assert "on elsewhere: it never began" in line


async def test_a_frozen_worker_is_killed_and_replaced(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in("/1", origin=one.origin)
        process = desk.dispatcher("--once", DISPATCH_SILENCE_S=0.5, DISPATCH_FROZEN_S=5)
        await one.until("/1")
        os.kill(desk.pids()[0], signal.SIGSTOP)
        gate.set()
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, out + err
    assert desk.job(job)[:3] == ("completed", None, 2)


async def test_a_worker_that_froze_is_replaced_also_where_nobody_can_kill_it(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/2"] = asyncio.Event()
        job = await desk.hand_in("/1", "/2", "/3", origin=one.origin, _max_attempts=2)
        process = desk.dispatcher()
        await one.until("/2")
        process.kill()
        [frozen] = desk.pids()
        os.kill(frozen, signal.SIGSTOP)
        del one.gates["/2"]  # only the frozen one has to wait: until it has heard of the end
        try:
            other = desk.dispatcher("--once", DISPATCH_SILENCE_S=4)
            out, err = await asyncio.to_thread(other.communicate, timeout=120)
            assert other.returncode == 0, out + err
        finally:
            os.kill(frozen, signal.SIGCONT)
            await desk.until("select count(*) from job_workers where status = 'failed'", [1])
            gate.set()
    assert desk.job(job)[:3] == ("completed", None, 2)
    assert desk.stored == [1, 2, 3]
    sums = "select name, sum(n)::int from job_counts group by 1 order by 1"
    assert desk.query(sums) == [
        ("requests", 3), ("rows/chess_rating_points", 3), ("unit/done", 3), ("unit/open", 0),
    ]  # fmt: skip
    ends = "select status, reason from job_workers order by dispatched_at"
    assert desk.query(ends) == [
        ("failed", f"job {job} has ended without this worker"), ("completed", None)
    ]  # fmt: skip


async def test_a_job_goes_on_when_one_of_its_workers_is_killed(shared_desk: Desk) -> None:
    desk = shared_desk
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in(*(f"/{n}" for n in range(1, 21)), origin=one.origin, _workers=2)
        process = desk.dispatcher("--once", "--processes", "3", FRONTIER_LEASE_S=2)
        await desk.until(BUSY, [2])
        os.kill(desk.pids()[0], signal.SIGKILL)
        gate.set()
        out, err = await asyncio.to_thread(process.communicate, timeout=100)
        assert process.returncode == 0, out + err
    assert desk.job(job)[:3] == ("completed", None, 1)
    assert desk.stored == list(range(1, 21))
    ends = desk.query("select status from job_workers order by status")
    assert ends == [("completed",), ("lost",)]


@pytest.mark.slow
async def test_a_scrapyd_that_hangs_with_its_machine_keeps_no_job(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # nobody takes what comes in
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        desk.crawls.environment["SCRAPYD_URLS"] = url
        job = await desk.hand_in("/1")
        desk.execute("update jobs set dispatch_at = null, dispatched_at = now(), attempts = 1")
        desk.execute(
            "insert into job_workers (id, job, node, dispatched_at, seen_at)"  # noqa: S608
            f" select 'w', id, '{url}', now(), now() from jobs"
        )
        process = desk.dispatcher(DISPATCH_SILENCE_S=15)  # an answer is waited for 10 s
        await desk.until("select cardinality(story) > 0 from jobs")
        process.kill()
        assert "it was silent for" in desk.job(job)[3][0]
