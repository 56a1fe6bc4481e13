"""Crawls that are stopped, and crawls against each other: one transfer at a time, no hole."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from crawlers.config import Config
from tests.conftest import Server
from tests.lichess.brisk import DEADLINE_S
from tests.lichess.conftest import NewLichess
from tests.lichess.site import Lichess
from tests.replica import UserSpec, World
from tests.replica.lichess import TOO_MANY

SLOW = World(users=(UserSpec("Alice", games=130, odd=0),), pool=4, games_per_s=100)
"""The second window of Alice takes a second."""


@contextmanager
def killed_at_last(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """End *process* for good if the test has not."""
    try:
        with process:
            yield process
    finally:
        process.kill()


def assert_complete(site: Lichess) -> None:
    """Check that every finished game is stored once, and that the site was asked in turn."""
    assert site.stored == site.finished()
    site.assert_serial()


def begun(site: Lichess) -> int:
    """Return how many transfers the site has seen."""
    count: int = site.site.state["transfers"]
    return count


@pytest.mark.slow
def test_a_crawl_that_is_killed_again_and_again_leaves_no_hole_and_no_double(
    lichess: NewLichess,
) -> None:
    site = lichess(SLOW)
    # Before the account is stored; in the middle of the first window; of the second one.
    for transfers, sending in ((2, 0), (5, 1), (6, 20_000)):
        before = begun(site)
        process = site.start(players="Alice")
        site.site.wait(begun=before + transfers, sending=sending)
        process.kill()
        process.communicate()
        assert site.stored < site.finished()
    done = site.crawl(players="Alice")
    assert done.returncode == 0, done.stderr
    assert_complete(site)
    again = site.crawl(players="Alice")
    assert again.returncode == 0, again.stderr
    assert "new 0, changed 0" in again.stderr


def test_ctrl_c_once_finishes_what_is_in_flight_and_twice_stops_at_once(
    lichess: NewLichess,
) -> None:
    site = lichess(SLOW)
    site.site.control("settings", {"games_per_s": 30})
    once = site.start(players="Alice")
    site.site.wait(begun=6, sending=20_000)
    once.send_signal(signal.SIGINT)
    until_heard(once)
    site.site.control("settings", {"games_per_s": 0})
    done = site.ended(once)
    assert done.returncode == 3, done.stderr
    assert "lichess: interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert all(transfer["complete"] for transfer in site.site.log)
    stored = site.stored
    assert stored
    assert site.query("select status, refused from crawls") == [("interrupted", 0)]
    before = begun(site)
    site.query("delete from chess_games")
    site.query("delete from marks")
    site.site.control("settings", {"games_per_s": 10})
    twice = site.start(players="Alice")
    site.site.wait(begun=before + 5, sending=1)
    twice.send_signal(signal.SIGINT)
    until_heard(twice)  # two signals at the same moment are one
    twice.send_signal(signal.SIGINT)
    stopped = site.ended(twice)
    assert stopped.returncode == 3, stopped.stderr
    assert not site.site.log[-1]["complete"]
    site.site.control("settings", {"games_per_s": 0})
    rest = site.crawl(players="Alice")
    assert rest.returncode == 0, rest.stderr
    assert_complete(site)


def until_heard(crawl: subprocess.Popen[str]) -> None:
    """Wait until *crawl* says that it has the signal."""
    assert crawl.stderr is not None
    assert any("Received SIGINT" in line for line in crawl.stderr)


@pytest.fixture
def other_database(postgres_server: Server, database_config: Config) -> Iterator[str]:
    """Give the address of another empty database on the same server."""
    url = database_config.database_url
    assert url is not None
    postgres_server.execute("create database other template migrated")
    yield postgres_server.of("other")
    postgres_server.execute("drop database other with (force)")


@pytest.mark.parametrize("databases", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_two_crawls_at_once_never_overlap_though_one_is_frozen_and_one_is_killed(
    lichess: NewLichess, tmp_path: Path, other_database: str, databases: int
) -> None:
    users = (*SLOW.users, UserSpec("Bob", games=60, odd=0))
    site = lichess(replace(SLOW, users=users))
    url = site.crawls.environment["DATABASE_URL"]
    other = site.beside(tmp_path / "other", other_database if databases == 2 else url)
    site.site.add_fault(path="ongoing=true", **TOO_MANY)
    site.site.add_fault("slow", "sort=dateAsc", rate=10_000)
    with (
        killed_at_last(site.start(players="Alice,Bob")) as first,
        killed_at_last(other.start(players="Bob,Alice")) as second,
    ):
        site.site.wait(begun=6, sending=5_000)
        frozen = holder(site, first, second)
        os.kill(frozen.pid, signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            frozen.wait(DEADLINE_S + 1)
        os.kill(frozen.pid, signal.SIGCONT)
        site.site.wait(begun=begun(site) + 2)
        second.kill()
        second.communicate()
        out, err = first.communicate(timeout=120)
        assert first.returncode == 0, out + err
    assert_complete(site)
    rest = other.crawl(players="Bob,Alice")
    assert rest.returncode == 0, rest.stderr
    assert_complete(other)


def holder(site: Lichess, *crawls: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Return which of *crawls* has the transfer that is open at the site."""
    [transfer] = site.site.state["open"]
    port = int(transfer["client"].rpartition(":")[2])
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    sockets = {fields[9] for line in lines if (fields := line.split())[1].endswith(f":{port:04X}")}
    for crawl in crawls:
        handles = Path(f"/proc/{crawl.pid}/fd").iterdir()
        if any(
            str(handle.readlink()) in {f"socket:[{inode}]" for inode in sockets}
            for handle in handles
        ):
            return crawl
    raise LookupError("no crawl has the open transfer")
