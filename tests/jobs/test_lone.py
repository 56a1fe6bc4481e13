"""Jobs with one worker, without Redis: units, results, what a kill costs, how they end."""

import asyncio
import signal

from tests.crawls.site import site
from tests.jobs.errands import Errands

LOCKED = """
select count(*) from pg_locks
where locktype = 'advisory' and database = (select oid from pg_database
                                            where datname = current_database())
"""


async def test_each_unit_ends_by_what_became_of_its_requests(errands: Errands) -> None:
    async with site() as one:
        one.statuses["/5"] = [404]
        paths = "/1,/2,/words/captcha,/words/7+bad,/5"
        job = await errands.submit(origin=one.origin, paths=paths, children=2)
        done = await errands.crawl(job)
    assert done.returncode == 3, done.stderr
    assert errands.units(job) == {
        "/1": ("done", None),
        "/2": ("done", None),
        "/words/captcha": ("blocked", "captcha"),
        "/words/7+bad": ("failed", "1 parts of a page could not be read"),
        "/5": ("failed", "HTTP 404"),
    }
    assert errands.ended(job) == ("partial", "2 failed, 1 blocked of 5 units")
    assert errands.results(job) == [1, 2, 7, 1001, 1002]
    assert errands.sums(job) == {
        "unit/done": 2, "unit/blocked": 1, "unit/failed": 2, "rows/chess_rating_points": 5,
        "requests": 7, "requests/failed": 2, "requests/blocked": 1,
    }  # fmt: skip


async def test_a_retry_does_only_what_failed(errands: Errands) -> None:
    async with site() as one:
        one.statuses["/2"] = [404]
        job = await errands.submit(origin=one.origin, paths="/1,/2")
        assert (await errands.crawl(job)).returncode == 3
        del one.statuses["/2"]
        one.paths.clear()
        assert "1 units are to be done again" in await errands.says("retry", job)
        done = await errands.crawl(job)
        assert done.returncode == 0, done.stderr
    assert one.paths == ["/robots.txt", "/2"]
    assert errands.ended(job) == ("completed", None)
    assert errands.results(job) == [1, 2]
    again = await errands.run("retry", job)
    assert (again.returncode, "is done" in again.stderr) == (2, True)


async def test_a_killed_worker_costs_only_what_was_not_stored(errands: Errands) -> None:
    async with site() as one:
        gate = one.gates["/9"] = asyncio.Event()
        job = await errands.submit(origin=one.origin, paths="/1,/2,/3,/9")
        with errands.start(job) as worker:
            await one.until("/9")
            while errands.sums(job).get("unit/done") != 3:  # noqa: ASYNC110 - asked
                await asyncio.sleep(0.05)
            second = await errands.crawl(job)
            assert second.returncode == 1
            assert f"job '{job}' has a worker" in second.stderr
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
        while errands.query(LOCKED) != [(0,)]:  # noqa: ASYNC110 - the server ends its session later
            await asyncio.sleep(0.05)
        assert errands.ended(job) == (None, None)
        one.gates.clear()
        gate.set()
        one.paths.clear()
        done = await errands.crawl(job)
        assert done.returncode == 0, done.stderr
    assert one.paths == ["/robots.txt", "/9"]
    assert errands.ended(job) == ("completed", None)
    assert errands.results(job) == [1, 2, 3, 9]


async def test_what_is_stored_is_reused_and_belongs_to_the_job(errands: Errands) -> None:
    async with site() as one:
        first = await errands.submit(origin=one.origin, paths="/1,/2")
        assert (await errands.crawl(first)).returncode == 0
        one.paths.clear()
        second = await errands.submit(origin=one.origin, paths="/2,/1,/3")
        assert (await errands.crawl(second)).returncode == 0
    assert one.paths == ["/robots.txt", "/3"]
    assert errands.units(second) == {
        "/2": ("done", "stored before"),
        "/1": ("done", "stored before"),
        "/3": ("done", None),
    }
    assert errands.results(second) == [1, 2, 3]
    assert errands.sums(second)["reused"] == 2


async def test_units_that_are_asked_for_together_end_together(errands: Errands) -> None:
    async with site() as one:
        job = await errands.submit(origin=one.origin, groups="4,5")
        assert (await errands.crawl(job)).returncode == 0
    assert errands.units(job) == {"groups=4": ("done", None), "groups=5": ("done", None)}
    assert errands.sums(job)["requests"] == 1, "one request, for two units"


async def test_a_unit_that_asks_for_the_same_as_another_ends_at_once(errands: Errands) -> None:
    async with site() as one:
        job = await errands.submit(origin=one.origin, paths="/words/1,/words/1#again")
        assert (await errands.crawl(job)).returncode == 0
    assert errands.units(job) == {
        "/words/1": ("done", None),
        "/words/1#again": ("done", "another unit asks for the same"),
    }


async def test_a_job_that_is_cancelled_ends_with_what_it_has(errands: Errands) -> None:
    async with site() as one:
        gate = one.gates["/2"] = asyncio.Event()
        paths = ",".join(f"/{number}" for number in range(1, 41))
        job = await errands.submit(origin=one.origin, paths=paths)
        with errands.start(job) as worker:
            await one.until("/2")
            said = await errands.says("cancel", job)
            assert "ends when its workers have left" in said
            assert worker.stderr is not None
            lines = worker.stderr
            assert await asyncio.to_thread(lambda: any("(cancelled)" in line for line in lines))
            gate.set()
            await asyncio.to_thread(worker.communicate, timeout=60)
        assert worker.returncode == 3
    assert errands.ended(job) == ("cancelled", "cancelled")
    assert {status for status, _ in errands.units(job).values()} <= {"done", "cancelled"}
    again = await errands.run("cancel", job)
    assert (again.returncode, "has ended" in again.stdout) == (0, True)
    assert (await errands.run("cancel", "nobody")).returncode == 2


async def test_a_queued_job_is_cancelled_at_once(errands: Errands) -> None:
    job = await errands.submit(paths="/1")
    assert "has ended" in await errands.says("cancel", job)
    done = await errands.crawl(job)
    assert done.returncode == 2
    assert "has ended (cancelled)" in done.stderr


async def test_a_unit_that_was_led_leads_the_rest_when_its_leader_is_done(errands: Errands) -> None:
    async with site() as one:
        job = await errands.submit(origin=one.origin, groups="4,5,6")
        one.statuses["/words/4+5+6"] = [404]
        assert (await errands.crawl(job)).returncode == 1
        errands.query(
            "update job_units set status = 'done', is_told = true where name = 'groups=4'"
        )
        await errands.says("retry", job)
        assert (await errands.crawl(job)).returncode == 0
    led = errands.query(
        "select u.name, l.name from job_units u left join job_units l on l.id = u.leader order by 1"
    )
    assert led == [("groups=4", None), ("groups=5", None), ("groups=6", "groups=5")]
    assert set(errands.units(job).values()) == {("done", None), ("done", None)} | {
        ("done", "HTTP 404")
    }
