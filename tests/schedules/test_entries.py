"""Entries that cannot be run: refused when they are added, noted when they have become so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawlers.config import Config
from crawlers.errors import ScheduleError
from crawlers.jobs.scheduling import Entry, add, run_due
from crawlers.jobs.sources import Sources
from crawlers.jobs.submitting import SubmissionError
from crawlers.storage import schedules
from crawlers.storage.database import Database
from tests.schedules.entries import HOURLY, NOON, SOURCES, jobs, note_of, planned


@pytest.mark.parametrize("entry", [
    replace(HOURLY, arguments={"players_file": "list"}),
    replace(HOURLY, units_file="list"),
])  # fmt: skip
async def test_an_entry_whose_file_has_gone_says_so_and_goes_on(
    database: Database,
    database_config: Config,
    entry: Entry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list").write_text("one\n")
    await planned(database, entry)
    await planned(database, replace(HOURLY, name="other"))
    (tmp_path / "list").rename(tmp_path / "elsewhere")
    assert await run_due(database, SOURCES, NOON) == 1
    assert "No such file" in (await note_of(database) or "")
    assert jobs(database_config) == ["other-20300501T120000Z"]
    (tmp_path / "elsewhere").rename(tmp_path / "list")
    assert await run_due(database, SOURCES, NOON + timedelta(hours=1)) == 1


@pytest.mark.parametrize(
    ("entry", "error", "reason"),
    [
        (replace(HOURLY, source="nope"), SubmissionError, "unknown source"),
        (replace(HOURLY, arguments={"max": "many"}), SubmissionError, "max"),
        (replace(HOURLY, arguments={"players_file": "none"}), SubmissionError, "cannot read"),
        (replace(HOURLY, units_file="none"), SubmissionError, "cannot read units"),
        (replace(HOURLY, arguments={"job": "j"}), SubmissionError, "no job="),
        (replace(HOURLY, name="a b"), ScheduleError, "is no name"),
        (replace(HOURLY, name="a" * 41), ScheduleError, "is no name"),
        (replace(HOURLY, expression="0 0 29 2 MON#5L"), ScheduleError, "no cron expression"),
        (replace(HOURLY, expression="* * */20 * 1L"), ScheduleError, "never comes"),
    ],
)
async def test_what_cannot_be_run_is_refused_when_it_is_added(
    database: Database, entry: Entry, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        await add(database, SOURCES, entry)
    assert await schedules.list_all(database) == []


async def test_a_name_stands_for_one_entry(database: Database) -> None:
    await add(database, SOURCES, HOURLY)
    await add(database, SOURCES, HOURLY)  # the same again is no other one
    with pytest.raises(ScheduleError, match="there is another schedule 'hourly'"):
        await add(database, SOURCES, replace(HOURLY, zone="Europe/Berlin"))
    assert len(await schedules.list_all(database)) == 1


async def test_a_source_that_cannot_be_loaded_does_not_stop_the_others(
    database: Database, database_config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    await planned(database, HOURLY)
    broken = Sources(Settings({"SPIDER_MODULES": ["no.such.module"]}))
    assert await run_due(database, broken, NOON) == 0
    assert await note_of(database) == "left out: ModuleNotFoundError"
    assert "Schedule hourly cannot be run" in caplog.text
    assert await run_due(database, SOURCES, NOON + timedelta(hours=1)) == 1
    assert jobs(database_config) == ["hourly-20300501T130000Z"]
