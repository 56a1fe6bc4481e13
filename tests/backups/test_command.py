"""``scrapy backup`` as a user runs it."""

import argparse
import os

import psycopg
import pytest

from crawlers.commands.backup import Command
from tests.backups.conftest import Kept

PAGES = "select * from raw_pages order by request_key"


def test_a_backup_from_its_making_to_its_return(kept: Kept) -> None:
    assert kept.run("list")[1].startswith("There is no backup in file://")
    code, said, wrong = kept.run("run")
    assert (code, wrong) == (0, "")
    identity = said.split()[0]
    head, line = kept.run("list")[1].splitlines()
    assert head.split()[0] == "backup"
    assert line.split()[0] == identity
    assert " good " in line
    code, said, wrong = kept.run("verify")
    assert (code, wrong) == (0, "")
    assert said.startswith(f"{identity} is good: restored beside the database, ")
    before = kept.execute(PAGES)
    kept.execute("delete from raw_pages where request_key < 'key 3'")
    kept.execute("create table newer (job text references jobs)")
    code, said, wrong = kept.run("restore")
    assert (code, said) == (1, "")
    assert wrong.startswith("scrapy backup: the database is not empty (job_counts has rows): --ov")
    code, said, wrong = kept.run("restore", identity, "--overwrite")
    assert (code, wrong) == (0, "")
    assert said.startswith(f"{identity} is restored: ")
    assert kept.execute(PAGES) == before
    assert kept.execute("select to_regclass('newer')") == [(None,)]
    kept.execute("insert into crawls (source, arguments) values ('demo', '{}')")  # it is whole


def test_an_empty_database_needs_no_word_to_be_filled(kept: Kept) -> None:
    assert kept.run("run")[0] == 0
    kept.execute("truncate raw_pages, jobs, job_results, job_counts, quarantine, marks cascade")
    assert kept.run("restore")[0] == 0
    assert kept.execute("select count(*) from raw_pages") == [(500,)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "expected run, list, verify [ID] or restore [ID]"),
        (["fly"], "expected run, list, verify [ID] or restore [ID]"),
        (["run", "now"], "expected run, list, verify [ID] or restore [ID]"),
        (["verify", "a", "b"], "expected run, list, verify [ID] or restore [ID]"),
    ],
)
def test_wrong_use_is_one_line(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = Command()
    command.run(words, argparse.Namespace(overwrite=False))
    assert command.exitcode == 2
    assert capsys.readouterr() == ("", f"scrapy backup: {reason}\n")


def test_only_a_restore_overwrites(kept: Kept) -> None:
    wrong = "scrapy backup: only restore takes --overwrite\n"
    assert kept.run("verify", "--overwrite") == (2, "", wrong)


def test_a_database_that_others_use_is_not_replaced(kept: Kept) -> None:
    assert kept.run("run")[0] == 0
    with psycopg.connect(kept.url):
        code, said, wrong = kept.run("restore", "--overwrite")
    assert (code, said) == (1, "")
    assert wrong == (
        "scrapy backup: 1 others use the database: end scrapy serve, work and all crawls first\n"
    )


def test_an_unknown_backup_is_one_line(kept: Kept) -> None:
    code, said, wrong = kept.run("verify", "nope")
    assert (code, said) == (1, "")
    assert wrong.startswith("scrapy backup: there is no backup 'nope' in file://")


def test_a_backup_counts_although_older_ones_cannot_be_removed(kept: Kept) -> None:
    assert kept.run("run")[0] == 0
    dump, note = kept.files()
    note.unlink()
    (note / "in the way").mkdir(parents=True)  # the store calls it no object, and cannot remove it
    note.with_name("#recycle").mkdir()  # of a file server
    for path in (dump, note.with_name("#recycle")):
        os.utime(path, (0, 0))
    code, said, wrong = kept.run("run")
    assert (code, said.count(" is made: ")) == (0, 1)
    assert wrong.startswith("scrapy backup: older ones could not be removed: backups in file://")
    (note / "in the way").rmdir()
    note.rmdir()
    code, said, wrong = kept.run("run")
    assert (code, wrong) == (0, "")
    assert f"{dump.name.partition('.')[0]} was too old, and is removed" in said
