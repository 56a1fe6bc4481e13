"""``scrapy schedule`` as a user runs it: a process, its output and its exit code."""

import argparse
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError

from crawlers.commands.schedule_words import Words
from crawlers.config import Config
from tests.crawls.run import Crawls
from tests.schedules.entries import ask

NOTHING: dict[str, Any] = {
    "given": None,
    "name": None,
    "zone": None,
    "jitter": None,
    "overlap": False,
    "units": None,
}


def schedule(user: Crawls, *words: str) -> list[str]:
    """Run the command, and return what it printed."""
    done = user.run("schedule", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_an_entry_from_its_first_to_its_last_day(
    user: Crawls, database_config: Config, tmp_path: Path
) -> None:
    (tmp_path / "players.txt").write_text("thibault\n")
    [line] = schedule(user)
    assert line.startswith("Nothing is planned")
    where = f"players_file={tmp_path / 'players.txt'}"
    more = ("--name", "daily", "--zone", "Europe/Berlin", "--jitter", "30")
    # A day that comes once in four years: no instant of the plan comes in the middle of this.
    daily = ("add", "30 6 29 2 *", "lichess", "-a", where, "-a", "max=5", *more)
    [line] = schedule(user, *daily)
    assert line.startswith("daily runs next at 20")
    head, entry, *more_lines = schedule(user, "list")
    assert head.split()[:3] == ["name", "when", "source"]
    assert entry.startswith("daily  30 6 29 2 * Europe/Berlin  lichess  20")
    assert "none yet" in entry
    assert "max=5, " in entry
    assert "".join([entry.split("max=5, ")[1], *more_lines]).replace(" ", "") == where
    [paused] = schedule(user, "pause", "daily")
    assert paused.startswith("daily is paused")
    assert "paused" in schedule(user)[1]
    assert schedule(user, *daily) == [paused], "the same again, which does not go on by that"
    assert schedule(user, "resume", "daily") == [line]
    [line] = schedule(user, "run", "daily")
    job = line.split()[1]
    assert ask(database_config, "select id, arguments from jobs") == [(job, {"max": 5})]
    assert ask(database_config, "select name from job_units") == [("thibault",)]
    assert job in schedule(user)[1]
    again = user.run("schedule", "run", "daily")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"scrapy schedule: daily: left out: job {job} is not done yet\n"
    schedule(user, "remove", "daily")
    assert ask(database_config, "select count(*) from schedules") == [(0,)]
    assert ask(database_config, "select count(*) from jobs") == [(1,)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["pause", "nobody"], "there is no schedule 'nobody'"),
        (["add", "61 * * * *", "vlr"], "'61 * * * *' is no cron expression: Bad minute"),
        (["add", "0 * * * *", "nope"], "source: unknown source 'nope'"),
        (["add", "0 * * * *"], "say when and what"),
    ],
)
def test_wrong_use_is_one_line(user: Crawls, words: list[str], reason: str) -> None:
    done = user.run("schedule", *words)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert reason in line


@pytest.mark.parametrize(
    ("words", "options", "reason"),
    [
        (["fly"], {}, "unknown word 'fly'"),
        (["remove"], {}, "name one entry: scrapy schedule remove NAME"),
        (["remove", "a", "b"], {}, "name one entry"),
        (["list", "a"], {}, "list takes no more words"),
        (["run", "a"], {"jitter": 3}, "only add takes --jitter"),
        ([], {"given": ["a=b"]}, "only add takes -a"),
        (["add", "0 * * * *", "vlr"], {"given": ["a"]}, "-a takes NAME=VALUE"),
    ],
)
def test_words_that_say_nothing_are_refused(
    words: list[str], options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        Words.read(words, argparse.Namespace(**NOTHING | options))


def test_help_says_the_rules(user: Crawls) -> None:
    [*lines] = schedule(user, "--help")
    text = " ".join(" ".join(lines).split())
    assert "the last one is made up for if it is at most 24 hours late" in text
    assert "one instant gives one job at most" in text
