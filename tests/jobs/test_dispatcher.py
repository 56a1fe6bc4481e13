"""``scrapy work``: jobs that were handed in are started, watched, and seen to their end."""

import asyncio
import json
import os
import signal
import socket
import time

from tests.crawls.site import site
from tests.jobs.desk import Desk

BEGUN = "select seen_at is not null from job_workers where ended_at is null"
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
        await desk.until("select true from pg_stat_activity where query like 'listen%'")
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
        gate = one.gates["/2"] = asyncio.Event()
        paths = [f"/{number}" for number in range(2, 40)]
        job = await desk.hand_in(*paths, origin=one.origin)
        process = desk.dispatcher()
        await one.until("/2")
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        gate.set()
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, out + err
        assert desk.query("select status, dispatch_at is not null, attempts from jobs") == [
            (None, True, 0)
        ]
        code, said = await desk.work()
        assert code == 0, said
    assert desk.job(job)[:3] == ("completed", None, 1)
    assert desk.stored == list(range(2, 40))


async def test_stopped_twice_it_ends_its_workers_at_once(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        await desk.hand_in("/1", origin=one.origin)
        process = desk.dispatcher()
        await one.until("/1")
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        code, said = await desk.ended(process, signal.SIGINT)
        gate.set()
    assert code == 3, said
    assert desk.query("select status, dispatch_at is not null, attempts from jobs") == [
        (None, True, 0)
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
        other = desk.dispatcher("--once", DISPATCH_SILENCE_S=2)
        await asyncio.sleep(4)
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


async def test_a_cancelled_job_ends_with_what_it_has(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/2"] = asyncio.Event()
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


async def test_a_frozen_worker_is_killed_and_replaced(desk: Desk) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in("/1", origin=one.origin)
        process = desk.dispatcher("--once", DISPATCH_SILENCE_S=0.5, DISPATCH_FROZEN_S=2)
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
        try:
            other = desk.dispatcher("--once", DISPATCH_SILENCE_S=2)
            await desk.until("select attempts = 2 from jobs")
            gate.set()
            out, err = await asyncio.to_thread(other.communicate, timeout=60)
            assert other.returncode == 0, out + err
        finally:
            os.kill(frozen, signal.SIGCONT)
        await desk.until("select count(*) from job_workers where status = 'failed'", [1])
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


async def test_a_database_that_is_away_is_waited_for(desk: Desk) -> None:
    async with site() as one:
        process = desk.dispatcher()
        await desk.until("select true from pg_stat_activity where query like 'listen%'")
        with desk.away():
            await asyncio.sleep(8)
        job = await desk.hand_in("/1", origin=one.origin)
        await desk.until(f"select status from jobs where id = '{job}'", ["completed"])  # noqa: S608
        code, said = await desk.ended(process, signal.SIGINT)
    assert code == 0, said
    assert "the database cannot be used now" in said
    assert "the database can be used again" in said


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
