"""Runs of periodic work against a real database."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawlers.config import Config
from crawlers.jobs.scheduling import add, resume, run_due, run_now
from crawlers.storage import schedules
from crawlers.storage.database import Database
from crawlers.storage.jobs import Jobs
from tests.schedules.entries import HOURLY, NOON, SOURCES, ask, end, jobs, note_of, planned


async def test_an_entry_that_is_due_becomes_a_job_that_a_dispatcher_starts(
    database: Database, database_config: Config
) -> None:
    await planned(database, HOURLY)
    assert await run_due(database, SOURCES, NOON - timedelta(minutes=1)) == 0
    assert await run_due(database, SOURCES, NOON) == 1
    assert await run_due(database, SOURCES, NOON) == 0
    query = "select id, source, arguments, dispatch_at is not null, status from jobs"
    expected = ("hourly-20300501T120000Z", "lichess", {"max": 5}, True, None)
    assert ask(database_config, query) == [expected]
    assert ask(database_config, "select job, name from job_units") == [(expected[0], "thibault")]
    found = await schedules.find(database, "hourly")
    assert (found.last_job, found.last_at, found.last_note) == (expected[0], NOON, None)
    assert found.due_at == found.next_at == NOON + timedelta(hours=1)


async def test_the_database_says_what_time_it_is(
    database: Database, database_config: Config
) -> None:
    await add(database, SOURCES, replace(HOURLY, name="yearly", expression="0 0 1 1 *"))
    assert await run_due(database, SOURCES) == 0
    before = await schedules.clock(database)
    begun = before.replace(second=0, microsecond=0)
    await planned(database, replace(HOURLY, expression="* * * * *"), begun - timedelta(minutes=5))
    assert await run_due(database, SOURCES) == 1
    [job] = jobs(database_config)
    after = await schedules.clock(database)
    assert f"hourly-{begun:%Y%m%dT%H%M%SZ}" <= job <= f"hourly-{after:%Y%m%dT%H%M%SZ}"


async def test_a_run_waits_for_its_jitter_and_has_the_name_of_its_instant(
    database: Database, database_config: Config
) -> None:
    schedule = await add(database, SOURCES, replace(HOURLY, jitter_s=3000))
    wait = schedule.next_at - schedule.due_at
    assert timedelta(0) <= wait <= timedelta(seconds=3000)
    assert await run_due(database, SOURCES, schedule.next_at - timedelta(seconds=1)) == 0
    assert await run_due(database, SOURCES, schedule.next_at) == 1
    assert jobs(database_config) == [f"hourly-{schedule.due_at:%Y%m%dT%H%M%SZ}"]
    assert (await schedules.find(database, "hourly")).due_at == schedule.due_at + timedelta(hours=1)


async def test_a_run_is_left_out_while_its_predecessor_goes_on(
    database: Database, database_config: Config
) -> None:
    await planned(database, HOURLY)
    await run_due(database, SOURCES, NOON)
    assert await run_due(database, SOURCES, NOON + timedelta(hours=1)) == 0
    assert await note_of(database) == "left out: job hourly-20300501T120000Z is not done yet"
    end(database_config, "hourly-20300501T120000Z")
    assert await run_due(database, SOURCES, NOON + timedelta(hours=2)) == 1
    assert await note_of(database) is None
    assert jobs(database_config) == ["hourly-20300501T120000Z", "hourly-20300501T140000Z"]


async def test_runs_overlap_where_that_is_allowed(
    database: Database, database_config: Config
) -> None:
    await planned(database, replace(HOURLY, may_overlap=True))
    for hours in range(3):
        assert await run_due(database, SOURCES, NOON + timedelta(hours=hours)) == 1
    assert len(jobs(database_config)) == 3


async def test_a_paused_entry_waits_and_goes_on_with_what_comes_next(
    database: Database, database_config: Config
) -> None:
    await planned(database, HOURLY)
    await schedules.pause(database, "hourly")
    assert await run_due(database, SOURCES, NOON + timedelta(hours=5)) == 0
    schedule = await resume(database, "hourly")
    assert not schedule.is_paused
    assert schedule.next_at > await schedules.clock(database)
    assert jobs(database_config) == []
    assert (await resume(database, "hourly")).next_at == schedule.next_at


async def test_a_run_by_hand_leaves_the_plan_alone(
    database: Database, database_config: Config
) -> None:
    planned_one = await planned(database, HOURLY)
    await schedules.pause(database, "hourly")
    took = await run_now(database, SOURCES, "hourly")
    found = await schedules.find(database, "hourly")
    assert (found.next_at, found.is_paused) == (planned_one.next_at, True)
    assert jobs(database_config) == [took.job] == [found.last_job]
    refused = await run_now(database, SOURCES, "hourly")
    assert refused == (None, f"left out: job {took.job} is not done yet")
    assert jobs(database_config) == [took.job]


async def test_a_job_that_was_reopened_counts_as_going_on(
    database: Database, database_config: Config
) -> None:
    await planned(database, HOURLY)
    await run_due(database, SOURCES, NOON)
    end(database_config, "hourly-20300501T120000Z")
    await Jobs(database).reopen("hourly-20300501T120000Z", [])
    assert await run_due(database, SOURCES, NOON + timedelta(hours=1)) == 0


async def test_files_are_read_anew_at_each_run(
    database: Database, database_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.txt").write_text("one\n")
    (tmp_path / "u.txt").write_text("# a comment\nthree\n")
    entry = replace(HOURLY, arguments={"players_file": "p.txt"}, units_file="u.txt")
    await planned(database, entry)
    monkeypatch.chdir("/")
    await run_due(database, SOURCES, NOON)
    end(database_config, "hourly-20300501T120000Z")
    (tmp_path / "p.txt").write_text("one\ntwo\n")
    await run_due(database, SOURCES, NOON + timedelta(hours=1))
    query = "select array_agg(name order by name) from job_units group by job order by job"
    assert ask(database_config, query) == [(["one", "three"],), (["one", "three", "two"],)]
