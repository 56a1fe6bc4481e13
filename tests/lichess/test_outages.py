"""The database goes away in mid-crawl: the crawl waits, loses nothing, doubles nothing."""

import os
import signal
import time
from pathlib import Path

from crawlers.storage.embedded import EmbeddedPostgres
from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.lichess.site import Lichess
from tests.replica import UserSpec, World, replica_process

SLOW = World(users=(UserSpec("Alice", games=150, odd=0, ongoing=1),), pool=4, games_per_s=100)


def test_the_embedded_database_is_killed_in_mid_crawl_and_nothing_is_lost(tmp_path: Path) -> None:
    with replica_process("lichess", SLOW) as replica:
        site = Lichess(Crawls(tmp_path), SLOW, replica)
        process = site.start(players="Alice")
        replica.wait(begun=6, sending=10_000)
        server = EmbeddedPostgres(tmp_path)
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        done = site.ended(process)
        assert done.returncode == 0, done.stderr
        site.crawls.environment["DATABASE_URL"] = server.url()
        try:
            assert site.stored == site.finished()
            assert site.query("select * from quarantine") == []
            assert site.column("select status from crawls") == ["completed"]
            site.assert_serial()
        finally:
            server.close()


def test_an_external_database_is_away_for_two_seconds_and_nothing_is_lost(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        with replica_process("lichess", SLOW) as replica:
            crawls = Crawls(tmp_path / "crawls", {"DATABASE_URL": server.of("migrated")})
            crawls.home.mkdir()
            site = Lichess(crawls, SLOW, replica)
            process = site.start(players="Alice")
            replica.wait(begun=6, sending=10_000)
            pid = server.embedded.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            time.sleep(2)  # an outage has a length
            server.embedded.url()
            done = site.ended(process)
            assert done.returncode == 0, done.stderr
            assert site.stored == site.finished()
            assert site.query("select * from quarantine") == []
            site.assert_serial()
    finally:
        server.embedded.close()


def test_a_database_that_cannot_be_used_ends_the_crawl_before_it_asks_anything(
    tmp_path: Path,
) -> None:
    with replica_process("lichess", SLOW) as replica:
        nowhere = f"postgresql:///nothing?host={tmp_path}&user=nobody&password=hidden"
        site = Lichess(Crawls(tmp_path, {"DATABASE_URL": nowhere}), SLOW, replica)
        done = site.crawl(players="Alice")
        assert done.returncode == 1, done.stderr
        assert "lichess: failed" in done.stderr
        assert "the database cannot be used" in done.stderr
        assert "Traceback" not in done.stderr
        assert "hidden" not in done.stderr
        assert replica.log == []
