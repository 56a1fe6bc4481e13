"""Schedulers that come, go, run at once and die: one job for each instant, whatever happens."""

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.config import Config
from crawlers.jobs.scheduling import Entry, add, run_due
from crawlers.schedules import Schedule, Times
from crawlers.storage import schedules
from crawlers.storage.database import Database
from crawlers.storage.schedules import Run
from crawlers.storage.submissions import Submission
from tests.crawls.run import Crawls
from tests.schedules.entries import HOURLY, NOON, PLAYERS, SOURCES, ask, end, jobs, note_of, planned
from tests.schedules.processes import start


async def test_schedulers_in_several_processes_hand_in_each_run_once(
    database: Database, database_config: Config, user: Crawls
) -> None:
    for number in range(40):
        await planned(database, replace(HOURLY, name=f"e{number:02}"))
    processes = [start(user, "hand_in", NOON.isoformat()) for _ in range(3)]
    try:
        for process in processes:
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline) == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        ends = [await asyncio.to_thread(one.communicate, timeout=100) for one in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert sum(int(out) for out, _ in ends) == 40
    assert sorted(jobs(database_config)) == [f"e{n:02}-20300501T120000Z" for n in range(40)]


async def test_a_scheduler_that_is_killed_in_mid_run_loses_nothing_and_doubles_nothing(
    database: Database, database_config: Config, user: Crawls
) -> None:
    await planned(database, HOURLY)
    stuck = start(user, "stick", NOON.isoformat())
    try:
        assert stuck.stdout is not None
        assert await asyncio.to_thread(stuck.stdout.readline) == "hourly\n"
        assert await run_due(database, SOURCES, NOON) == 0  # it has it
        stuck.send_signal(signal.SIGKILL)
    finally:
        stuck.kill()
        stuck.wait()
        stuck.communicate()
    for _ in range(1000):  # until the server notices
        if await run_due(database, SOURCES, NOON):
            break
        await asyncio.sleep(0.02)
    assert jobs(database_config) == ["hourly-20300501T120000Z"]


async def test_what_fails_after_the_job_was_written_leaves_no_job(
    database: Database, database_config: Config
) -> None:
    await planned(database, HOURLY)

    async def decide(_: Schedule, now: datetime) -> Run:
        bad = Times(now, "no time")  # type: ignore[arg-type]
        return Run(Submission("lichess", {}, ["thibault"]), None, bad)

    with pytest.raises(Exception, match="no time"):
        await schedules.run_next(database, decide, NOON)
    assert jobs(database_config) == []
    assert await run_due(database, SOURCES, NOON) == 1


async def test_an_instant_has_one_job_though_its_entry_was_made_anew(
    database: Database, database_config: Config
) -> None:
    await planned(database, HOURLY)
    await run_due(database, SOURCES, NOON)
    end(database_config, "hourly-20300501T120000Z")
    await schedules.remove(database, "hourly")
    await planned(database, replace(HOURLY, arguments={"players": "another"}))
    assert await run_due(database, SOURCES, NOON) == 0
    assert "there is a job 'hourly-20300501T120000Z' already" in (await note_of(database) or "")
    assert await run_due(database, SOURCES, NOON + timedelta(hours=1)) == 1


async def test_one_run_makes_up_for_all_that_were_missed(
    database: Database, database_config: Config
) -> None:
    await planned(database, HOURLY)
    assert await run_due(database, SOURCES, NOON + timedelta(days=3, minutes=5)) == 1
    assert jobs(database_config) == ["hourly-20300504T120000Z"]
    assert await note_of(database) == "made up for: nobody was there at 2030-05-01 12:00 UTC"
    assert (await schedules.find(database, "hourly")).due_at == NOON + timedelta(days=3, hours=1)


async def test_a_run_that_is_more_than_a_day_late_is_left_out(
    database: Database, database_config: Config
) -> None:
    await planned(database, replace(HOURLY, expression="0 12 1 * *"))
    assert await run_due(database, SOURCES, NOON + timedelta(days=1, seconds=1)) == 0
    assert jobs(database_config) == []
    assert (await note_of(database) or "").endswith("more than 24 hours ago")
    assert (await schedules.find(database, "hourly")).due_at == NOON.replace(month=6)


STEPS = st.lists(st.timedeltas(timedelta(seconds=-90), timedelta(hours=30)), max_size=12)


@pytest.fixture
def loop_database(database_config: Config) -> Iterator[tuple[asyncio.Runner, Database]]:
    """Give a database for many examples in one event loop of their own."""
    with asyncio.Runner() as runner:
        database = Database(database_config)
        yield runner, database
        runner.run(database.close())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    expression=st.sampled_from(["0 * * * *", "*/20 * * * *", "0 2 * * *", "30 1-3 * * SUN"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    steps=STEPS,
)
def test_whenever_schedulers_run_each_instant_gives_one_job_at_most(
    loop_database: tuple[asyncio.Runner, Database],
    database_config: Config,
    expression: str,
    zone: str,
    steps: list[timedelta],
) -> None:
    runner, database = loop_database
    begin = datetime(2030, 3, 30, 20, tzinfo=UTC)  # the night before clocks are set
    name = f"p{uuid4().hex[:12]}"
    entry = Entry(expression, "lichess", PLAYERS, name=name, zone=zone, may_overlap=True)

    async def live() -> list[datetime]:
        schedule = await add(database, SOURCES, entry)
        plan = instants(schedule, begin)
        await schedules.pause(database, name)
        await schedules.resume(database, name, Times(plan[0], plan[0]))
        now, done, expected = begin, 0, []
        for step in steps:
            now += step
            came = [one for one in plan[done:] if one <= now]
            done += len(came)
            if came and now - came[-1] <= timedelta(days=1):
                expected.append(came[-1])
            count = await asyncio.gather(*(run_due(database, SOURCES, now) for _ in range(2)))
            assert sum(count) == bool(came and now - came[-1] <= timedelta(days=1))
        return expected

    expected = runner.run(live())
    query = "select id from jobs where starts_with(id, %s) order by id"
    found = [job for (job,) in ask(database_config, query, name)]
    assert found == [f"{name}-{one:%Y%m%dT%H%M%SZ}" for one in expected]
    ask(database_config, "delete from schedules")


def instants(schedule: Schedule, after: datetime) -> list[datetime]:
    """Return the plan up to the end of the year, looked at from *after* alone."""
    found: list[datetime] = []
    for local in CronSim(schedule.expression, after.astimezone(ZoneInfo(schedule.zone))):
        if local.year > 2030 or len(found) > 1500:
            return found
        found.append(local.astimezone(UTC))
    return found
