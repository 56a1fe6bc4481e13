"""``scrapy work``: jobs that were handed in are started, watched, and seen to their end."""

import asyncio
import json
import os
import signal
import time

from tests.crawls.site import site
from tests.jobs.desk import Desk

BEGUN = "select seen_at is not null from job_workers where ended_at is null"
LISTENS = """
select true from pg_stat_activity where query like 'listen%' and datname = current_database()
"""
BUSY = "select count(*) from job_workers where ended_at is null and seen_at is not null"


async def test_a_job_is_started_and_ends(desk: Desk) -> None:
    async with site() as one:
        job = await desk.hand_in("/1", "/2", origin=one.origin, children=1)
        code, said = await desk.work()
    assert code == 0, said
    assert desk.job(job) == ("completed", None, 1, [])
    assert desk.stored == [1, 2, 1001]
    assert f"job {job} of errand: started on" in said
    assert "waiting for" not in said
    [(status, ended)] = desk.query("select status, ended_at is not null from job_workers")
    assert (status, ended) == ("completed", True)


async def test_what_is_wrong_with_the_arguments_fails_the_job_at_once(desk: Desk) -> None:
    job = await desk.hand_in("/1", colour="red")
    code, said = await desk.work()
    assert code == 0, said
    status, reason, attempts, story = desk.job(job)
    assert (status, attempts, len(story)) == ("failed", 1, 1)
    assert reason.startswith("unknown argument 'colour'")


async def test_the_most_urgent_job_comes_first(desk: Desk) -> None:
    async with site() as one:
        for priority, path in ((0, "/1"), (5, "/2"), (1, "/3")):
            await desk.hand_in(path, origin=one.origin, _priority=priority)
        code, said = await desk.work("--processes", "1")
    assert code == 0, said
    assert [path for path in one.paths if path != "/robots.txt"] == ["/2", "/3", "/1"]


async def test_a_running_dispatcher_hears_of_a_job_at_once(desk: Desk) -> None:
    async with site() as one:
        process = desk.dispatcher(DISPATCH_POLL_S=100)
        await desk.until(LISTENS)
        job = await desk.hand_in("/1", origin=one.origin)
        await desk.until(f"select status from jobs where id = '{job}'", ["completed"])  # noqa: S608
        code, said = await desk.ended(process, signal.SIGTERM)
    assert code == 0, said


async def test_many_dispatchers_start_each_job_once(desk: Desk) -> None:
    async with site() as one:
        for number in range(1, 7):
            await desk.hand_in(f"/{number}", origin=one.origin)
        done = await asyncio.gather(*(desk.work("--processes", "1") for _ in range(3)))
    assert [code for code, _ in done] == [0, 0, 0], done
    assert desk.stored == [1, 2, 3, 4, 5, 6]
    assert sum(said.count(": started on") for _, said in done) == 6
    assert desk.query("select distinct status, attempts from jobs") == [("completed", 1)]


async def test_a_dispatcher_that_is_stopped_gives_its_jobs_back(desk: Desk) -> None:
    async with site() as one:
        gate, one.answer_s = asyncio.Event(), 0.5  # so that there is work left when it is stopped
        one.gates["/2"] = gate
        paths = [f"/{number}" for number in range(2, 40)]
        job = await desk.hand_in(*paths, origin=one.origin)
        process = desk.dispatcher()
        await one.until("/2")
        process.send_signal(signal.SIGINT)
        await desk.says(process, "waiting for 1 workers")
        gate.set()
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, out + err
        assert desk.query("select status, dispatch_at is not null, attempts from jobs") == [
            (None, True, 0)
        ]
        one.answer_s = 0
        code, said = await desk.work()
        assert code == 0, said
    assert desk.job(job)[:3] == ("completed", None, 1)
    assert desk.stored == list(range(2, 40))


async def test_who_reads_no_more_of_what_it_says_keeps_it_from_nothing(desk: Desk) -> None:
    async with site() as one:
        gate, one.answer_s = asyncio.Event(), 0.5  # so that there is work left when it is stopped
        one.gates["/2"] = gate
        await desk.hand_in(*(f"/{number}" for number in range(2, 40)), origin=one.origin)
        process = desk.dispatcher()
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        await one.until("/2")
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        gate.set()
        assert await asyncio.to_thread(process.wait, 60) == 0
        assert process.stderr.read() == ""
    assert desk.query("select status, dispatch_at is not null, attempts from jobs") == [
        (None, True, 0)
    ]


async def test_stopped_twice_it_ends_its_workers_at_once(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        await desk.hand_in("/1", origin=one.origin)
        process = desk.dispatcher()
        await one.until("/1")
        process.send_signal(signal.SIGINT)
        await desk.says(process, "once more to end them at once")
        code, said = await desk.ended(process, signal.SIGINT)
        gate.set()
    assert code == 3, said
    assert desk.query("select status, dispatch_at is not null, attempts from jobs") == [
        (None, True, 0)
    ]


async def test_a_cancelled_job_ends_with_what_it_has(desk: Desk) -> None:
    async with site() as one:
        gate, one.answer_s = asyncio.Event(), 0.5  # so that there is work left when it is cancelled
        one.gates["/2"] = gate
        job = await desk.hand_in(*(f"/{n}" for n in range(1, 40)), origin=one.origin)
        process = desk.dispatcher("--once")
        await one.until("/2")
        desk.execute("update jobs set cancel_at = now()")
        await desk.until("select true from job_workers where stop_at is not null")
        gate.set()
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, out + err
    assert desk.job(job)[0] == "cancelled"
    assert desk.query("select count(*) from job_units where status = 'cancelled'") != [(0,)]
    assert desk.query("select count(*) from job_units where status is null") == [(0,)]


async def test_a_cancelled_worker_that_does_not_end_is_killed(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in("/1", origin=one.origin)
        process = desk.dispatcher("--once", DISPATCH_CANCEL_S=1)
        await one.until("/1")
        os.kill(desk.pids()[0], signal.SIGSTOP)
        desk.execute("update jobs set cancel_at = now()")
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        gate.set()
        assert process.returncode == 0, out + err
    assert desk.job(job)[:2] == ("cancelled", "cancelled")
    assert "is killed" in out


async def test_a_database_that_is_away_is_waited_for(desk: Desk) -> None:
    async with site() as one:
        process = desk.dispatcher()
        await desk.until(LISTENS)
        with desk.away():
            await desk.says(process, "the database cannot be used now")
        job = await desk.hand_in("/1", origin=one.origin)
        await desk.says(process, "the database can be used again")
        await desk.until(f"select status from jobs where id = '{job}'", ["completed"])  # noqa: S608
        code, said = await desk.ended(process, signal.SIGINT)
    assert code == 0, said


async def test_two_workers_share_a_job_in_redis(shared_desk: Desk) -> None:
    desk = shared_desk
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in(*(f"/{n}" for n in range(1, 21)), origin=one.origin, _workers=2)
        process = desk.dispatcher("--once", "--processes", "3")
        await desk.until(BUSY, [2])
        gate.set()
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, out + err
    assert desk.job(job) == ("completed", None, 1, [])
    assert desk.stored == list(range(1, 21))


async def test_wrong_words_are_wrong_use(desk: Desk) -> None:
    for words in (["nobody"], ["--processes", "0"]):
        done = await desk.crawls.run_async("work", *words)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert "--processes is at least 1" in done.stderr


async def test_what_it_does_is_a_log_in_json_where_that_is_wanted(desk: Desk) -> None:
    desk.crawls.environment["LOG_FORMAT"] = "json"
    async with site() as one:
        job = await desk.hand_in("/1", origin=one.origin)
        code, said = await desk.work()
    assert code == 0, said
    messages = [json.loads(line)["message"] for line in said.splitlines()]
    assert any(f"job {job} of errand: started on" in message for message in messages)


async def test_the_logs_of_workers_are_kept_for_a_month(desk: Desk) -> None:
    logs = desk.crawls.home / "logs"
    for name, days in (("old", 31), ("new", 29)):
        (logs / name).mkdir(parents=True)
        (logs / name / "w.log").touch()
        at = time.time() - days * 86_400
        os.utime(logs / name / "w.log", (at, at))
    async with site() as one:
        job = await desk.hand_in("/1", origin=one.origin)
        await desk.work()
    assert sorted(path.name for path in logs.iterdir()) == sorted([job, "new"])
    [log] = (logs / job).iterdir()
    assert "errand: completed" in log.read_text()


async def test_a_job_that_is_given_up_leaves_nothing_in_redis(shared_desk: Desk) -> None:
    desk = shared_desk
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in("/1", origin=one.origin, _max_attempts=1)
        process = desk.dispatcher("--once")
        await one.until("/1")
        assert desk.keys(job)
        os.kill(desk.pids()[0], signal.SIGKILL)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        gate.set()
        assert process.returncode == 0, out + err
    assert desk.job(job)[0] == "failed"
    assert desk.keys(job) == []


async def test_what_the_plan_has_due_is_handed_in_and_started(desk: Desk) -> None:
    async with site() as one:
        words = ("schedule", "add", "* * * * *", "errand", "--name", "often")
        done = await desk.crawls.run_async(
            *words, settings=desk.settings, origin=one.origin, paths="/1"
        )
        assert done.returncode == 0, done.stderr
        begun = "date_trunc('minute', now())"
        desk.execute(f"update schedules set next_at = {begun}, due_at = {begun}")  # noqa: S608
        code, said = await desk.work()
    assert code == 0, said
    ended = "select distinct status from jobs where id like 'often-%'"
    assert desk.query(ended) == [("completed",)], said
    assert desk.stored == [1]
