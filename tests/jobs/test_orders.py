"""What people want of a job: another try, also by hand, and what they say wrong."""

import asyncio

import pytest

from crawlers.errors import JobError
from crawlers.storage import job_orders
from crawlers.storage.database import Database
from tests.crawls.site import site
from tests.jobs.desk import Desk
from tests.jobs.errands import Errands


async def test_a_job_that_was_begun_by_hand_is_dispatched_when_its_worker_vanishes(
    desk: Desk,
) -> None:
    async with site() as one:
        gate = one.gates["/1"] = asyncio.Event()
        job = await desk.hand_in("/1", origin=one.origin)
        worker = desk.crawls.start("crawl", "errand", settings=desk.settings, job=job)
        await one.until("/1")
        worker.kill()
        await asyncio.to_thread(worker.communicate)
        gate.set()
        code, said = await desk.work(DISPATCH_SILENCE_S=1)
    assert code == 0, said
    status, _, attempts, [line] = desk.job(job)
    assert (status, attempts) == ("completed", 2)
    assert line.startswith("attempt 1, 20")
    assert "it was silent for" in line


async def test_a_job_that_failed_before_it_had_units_can_be_tried_again(desk: Desk) -> None:
    job = await desk.hand_in()
    desk.execute("update jobs set status = 'failed', reason = 'given up', attempts = 3")
    database = Database(desk.config)
    try:
        assert await job_orders.reopen(database, job, nothing) == 0
        assert desk.job(job)[:3] == (None, None, 0)
        desk.execute("update jobs set status = 'completed'")
        with pytest.raises(JobError, match="is done"):
            await job_orders.reopen(database, job, nothing)
    finally:
        await database.close()
    assert desk.job(job)[0] == "completed"


async def nothing() -> None:
    """Do what is to be done before a job begins again."""


async def test_a_retry_that_cannot_reach_redis_changes_nothing(desk: Desk) -> None:
    job = await desk.hand_in("/1")
    desk.execute("update jobs set status = 'failed', attempts = 3")
    desk.execute("update job_units set status = 'failed'")
    desk.crawls.environment["REDIS_URL"] = "redis://127.0.0.1:1"
    done = await desk.crawls.run_async("retry", job)
    assert done.returncode == 1, done.stdout
    assert "stays in Redis" in done.stderr
    assert desk.query("select status, dispatch_at is null from jobs") == [("failed", False)]
    assert desk.query("select status from job_units") == [("failed",)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--name", "../../x"], "is no name"),
        (["--name", ""], "is no name"),
        (["--workers", "0"], "--workers is 1 to 100"),
        (["-a", "paths"], "-a takes NAME=VALUE"),
        (["--workers", "2"], "need REDIS_URL"),
        (["--priority", "99999999999"], "--priority is -1,000 to 1,000"),
    ],
)
async def test_what_is_wrong_with_a_submission_is_one_line(
    errands: Errands, words: list[str], reason: str
) -> None:
    done = await errands.run("submit", "errand", *words, paths="/1")
    assert done.returncode == 2, done.stdout + done.stderr
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert errands.query("select id from jobs") == []


async def test_who_hands_in_again_what_has_ended_is_told_that_nothing_starts(
    errands: Errands,
) -> None:
    words = ("submit", "errand", "--name", "twice")
    first = await errands.run(*words, paths="/1")
    again = await errands.run(*words, paths="/1")
    await errands.says("cancel", "twice")
    late = await errands.run(*words, paths="/1")
    assert [one.stdout for one in (first, again, late)] == ["twice\n"] * 3
    assert "before" not in first.stderr
    assert again.stderr == "handed in before: scrapy job twice --watch\n"
    assert "handed in before, and cancelled; to crawl again give another --name" in late.stderr


@pytest.mark.parametrize(
    "words", [("jobs", "--last", "9" * 30), ("job", "\udcff"), ("jobs", "--source", "\udcff")]
)
async def test_what_no_database_can_hold_is_one_line(
    errands: Errands, words: tuple[str, ...]
) -> None:
    done = await errands.run(*words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1
