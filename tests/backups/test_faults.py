"""Backups that are damaged, cut off, of others or of later: refused in one line."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from crawlers.errors import BackupError
from crawlers.storage.backups.dumping import back_up
from crawlers.storage.backups.programs import Target, program
from crawlers.storage.backups.restoring import restore, verify
from crawlers.storage.backups.unpacking import NAME
from tests.api.serving import PATIENCE_S
from tests.backups.conftest import Kept

PAGES = "select count(*) from raw_pages"


def changed(name: str, value: Any) -> Callable[[Path, Path], None]:
    """Return what changes one field of a manifest."""

    def change(_: Path, note: Path) -> None:
        note.write_text(json.dumps(json.loads(note.read_text()) | {name: value}))

    return change


def flipped(dump: Path, _: Path) -> None:
    """Change one bit in the middle of a dump."""
    data = bytearray(dump.read_bytes())
    data[len(data) // 2] ^= 1
    dump.write_bytes(data)


def cut(dump: Path, _: Path) -> None:
    """Cut a dump short."""
    dump.write_bytes(dump.read_bytes()[:-100])


def gone(_: Path, note: Path) -> None:
    """Remove a manifest."""
    note.unlink()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (flipped, "the dump of {} is damaged"),
        (cut, "cannot be used: its dump has "),
        (lambda dump, _: dump.unlink(), "cannot be used: its dump has 0 bytes"),
        (gone, "cannot be used: it was not finished"),
        (lambda _, note: note.write_text("{}"), "is damaged, or not of ours"),
        (lambda _, note: note.write_bytes(b"\xff" * 2_000_000), "is too large"),
        (changed("project", "another"), "is damaged, or not of ours"),
        (changed("id", "20200101T000000Z-abcdef"), "is that of 20200101T000000Z-abcdef"),
        (changed("revision", "9999"), "{} has schema 9999, this program knows up to "),
        (changed("server_version", 990001), "{} is of PostgreSQL 99, this server is "),
        (changed("dump_bytes", 10), "the dump of {} is damaged"),
        (changed("dump_bytes", 10**16), " has room for "),
        (changed("dump_version", 99), "the server needs pg_restore of version 99 or newer"),
        (changed("roles", ["pg_\0"]), "refuses: "),
    ],
)
async def test_what_is_no_good_backup_changes_nothing(
    kept: Kept, fault: Callable[[Path, Path], None], reason: str
) -> None:
    made = await back_up(kept.config, kept.shelf)
    fault(*kept.files())
    kept.execute("delete from raw_pages where request_key = 'key 1'")
    with pytest.raises(BackupError) as caught:
        await restore(kept.config, kept.shelf, made.id, overwrite=True)
    assert reason.format(made.id) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert kept.execute(PAGES) == [(499,)]
    assert not (kept.config.home / NAME).exists()


async def test_a_backup_without_rows_that_it_had_is_found_and_never_restored(kept: Kept) -> None:
    made = await back_up(kept.config, kept.shelf)
    _, note = kept.files()
    told = json.loads(note.read_text())
    told["tables"]["raw_pages"]["rows"] += 1
    told["tables"]["quarantine"]["checksum"] = "1"
    del told["tables"]["crawls"]
    note.write_text(json.dumps(told))
    found = await verify(kept.config, kept.shelf, made.id)
    assert found.wrong == [
        "crawls is not in the backup",
        "quarantine has other rows",
        "raw_pages has 500 rows instead of 501",
    ]
    with pytest.raises(BackupError, match="is not what was backed up: crawls"):
        await restore(kept.config, kept.shelf, None, overwrite=True)
    assert kept.execute(PAGES) == [(500,)]


async def test_a_place_that_is_no_folder_is_said(kept: Kept) -> None:
    kept.folder.write_text("no folder")
    with pytest.raises(BackupError):
        await back_up(kept.config, kept.shelf)


@contextmanager
def held(kept: Kept, url: str) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """Start a backup whose ``pg_dump`` cannot go on; give both processes."""
    with psycopg.connect(kept.url) as lock:
        lock.execute("lock table schedules")
        user = kept.user
        user.environment["DATABASE_URL"] = url
        with user.start("backup", "run") as process:
            try:
                yield process, dumper(process)
            finally:
                process.kill()


def dumper(process: subprocess.Popen[str]) -> psutil.Process:
    """Return the ``pg_dump`` of a backup, once it runs."""
    while process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if any("--snapshot" in word for word in child.cmdline()):
                    return child
        time.sleep(0.05)
    raise AssertionError(process.communicate())


def test_a_run_that_is_killed_leaves_no_good_backup_and_no_secret(kept: Kept) -> None:
    # A server that asks for no password does not mind one.
    with held(kept, kept.url.replace("postgres@", "postgres:hunter2@")) as (process, child):
        assert "hunter2" not in " ".join(child.cmdline())
        assert child.environ()["PGPASSWORD"] == "hunter2"
        process.kill()
        process.wait()
    assert kept.run("list")[1].startswith("There is no backup")
    assert kept.run("run")[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_so_and_leaves_nothing(kept: Kept, number: int) -> None:
    with held(kept, kept.url) as (process, child):
        process.send_signal(number)
        _, wrong = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, wrong) == (1, "scrapy backup: stopped: nothing of it counts\n")
        assert not child.is_running()
    assert kept.files() == []


def test_a_dump_that_ends_early_is_no_backup(kept: Kept) -> None:
    with held(kept, kept.url) as (process, child):
        child.kill()
        _, wrong = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 1
        assert wrong == "scrapy backup: it ended, and did not say why\n"
    assert kept.files() == []


def test_one_at_a_time(kept: Kept) -> None:
    with held(kept, kept.url):
        code, _, wrong = kept.run("run")
    assert code == 1
    assert wrong == "scrapy backup: another backup or restore of this database is under way\n"


def test_no_password_is_among_the_words_of_a_program() -> None:
    target = Target.of("postgresql://me:hunter2@db/x?sslpassword=hunter3&sslmode=require")
    assert "hunter" not in target.words
    assert "hunter" not in repr(target)
    assert target.environment["PGPASSWORD"] == "hunter2"


def test_a_program_that_is_too_old_is_not_used() -> None:
    with pytest.raises(BackupError, match="the server needs pg_dump of version 99 or newer, and h"):
        program("pg_dump", 99)
