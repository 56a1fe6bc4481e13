"""What grows old goes, what is named stays; objects without rows go in two steps."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from crawlers.config import Config
from crawlers.storage.database import Database
from crawlers.storage.raw import RawStore, key_of
from crawlers.storage.retention import KINDS, expire
from crawlers.storage.sweeping import Sweep, Where
from tests.crawls.run import Crawls
from tests.storage import stores
from tests.storage.stores import Server

NOTHING = "0 were set aside, 0 were put back, 0 were removed"
GRACE = timedelta(hours=24)
PAGE = """
insert into raw_pages values ('demo', %s, %s, 'https://demo.test', now(),
                              now() - make_interval(days => %s), 200, null, null, 1)
"""
CRAWL = "insert into crawls (source, arguments) values ('demo', '{}')"
QUARANTINE = """
insert into quarantine (id, source, url, place, error, sha256, fetched_at, stored_at)
values (%s, 'demo', 'u', '', 'broken', %s, now(), now() - make_interval(days => %s))
"""


class Place:
    """A database, a raw store whose files can be made older, and what sweeps it."""

    def __init__(self, config: Config, folder: Path, url: str, endpoint: str | None) -> None:
        """Look into *folder* for what is stored at *url*."""
        self.config = config
        self.folder = folder
        self.url, self.endpoint = url, endpoint
        assert config.database_url is not None
        self.database_url = config.database_url.get_secret_value()

    def put(self, *bodies: bytes) -> list[str]:
        """Store *bodies*; return their digests."""

        async def work() -> list[str]:
            store = RawStore(self.url, self.endpoint)
            return [await store.put(body) for body in bodies]

        return asyncio.run(work())

    def get(self, digest: str) -> bytes:
        """Return a body, wherever it is."""
        return asyncio.run(RawStore(self.url, self.endpoint).get(digest))

    def execute(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Run *query* and return its rows, if it has some."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def sweep(self, later: int = 0, *, dry_run: bool = False) -> dict[str, int]:
        """Sweep as if it was so many days *later*, and return what was done."""
        end = datetime.now(UTC) - GRACE + timedelta(days=later)

        async def work() -> dict[str, int]:
            database = Database(self.config)
            try:
                sweep = Sweep(database, Where(self.url, self.endpoint), end, dry_run=dry_run)
                await sweep.run()
                return dict(+sweep.counts)
            finally:
                await database.close()

        return asyncio.run(work())

    def expire(self, name: str, days: int, *, dry_run: bool = False, **others: int) -> int:
        """Remove the rows of the kind *name*, with *others* to go as well; return how many."""

        async def work() -> int:
            database = Database(self.config)
            kinds = [one for one in KINDS if one.name == name]
            try:
                return sum(
                    [n for one in kinds
                     async for n in expire(database, one, {name: days, **others}, dry_run=dry_run)]
                )  # fmt: skip
            finally:
                await database.close()

        return asyncio.run(work())


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("rclone")
    with stores.rclone(folder) as server:
        yield server, folder


@pytest.fixture(params=["folder", "s3"])
def place(
    database_config: Config,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    if request.param == "folder":
        folder = tmp_path / "raw"
        return Place(database_config, folder, folder.as_uri(), None)
    server, folder = request.getfixturevalue("rclone")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    bucket = stores.bucket_on(server)
    return Place(database_config, folder / bucket, f"s3://{bucket}/pre", server.endpoint)


def test_an_object_without_a_row_goes_in_two_steps_and_others_stay(place: Place) -> None:
    named, quarantined, nameless = place.put(b"named", b"quarantined", b"nameless")
    place.execute(PAGE, "a", named, 0)
    place.execute(QUARANTINE, "q", quarantined, 0)
    assert place.sweep() == {"looked at": 3}  # too young: a row may be on its way
    assert place.sweep(later=2, dry_run=True) == {"looked at": 3, "set aside": 1}
    assert place.sweep(later=2) == {"looked at": 3, "set aside": 1}
    assert place.get(nameless) == b"nameless"
    assert place.sweep() == {"looked at": 2}
    assert place.sweep(later=2) == {"looked at": 2, "removed": 1}
    assert {path.stem for path in place.folder.rglob("*.zst")} == {named, quarantined}


def test_an_object_that_a_row_comes_to_name_is_put_back(place: Place) -> None:
    [digest] = place.put(b"again")
    assert place.sweep(later=2)["set aside"] == 1
    place.execute(PAGE, "a", digest, 0)  # of a crawl that had found the object there
    assert place.sweep(later=2)["put back"] == 1
    assert place.get(digest) == b"again"
    assert next(place.folder.rglob(key_of(digest))).is_file()


def test_a_store_that_cannot_be_read_is_one_clear_error(rows: Place) -> None:
    user = Crawls(
        rows.folder,
        {
            "DATABASE_URL": rows.database_url,
            "RAW_STORE_URL": f"s3://bucket-{uuid4().hex}",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "hunter2",
        },
    )
    rows.execute(CRAWL)
    done = user.run("retain")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("scrapy: raw store: ")
    assert "hunter2" not in done.stderr


def test_a_database_that_is_not_the_one_of_the_store_removes_nothing(rows: Place) -> None:
    [digest] = rows.put(b"of another database")
    [path] = rows.folder.rglob("*.zst")
    os.utime(path, (0, 0))
    user = Crawls(rows.folder, {"DATABASE_URL": rows.database_url, "RAW_STORE_URL": rows.url})
    done = user.run("retain")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("raw store: left alone, no crawl was ever made")
    assert [one.stem for one in rows.folder.rglob(key_of(digest))] == [digest]
    rows.execute(CRAWL)
    assert "1 were set aside" in user.run("retain").stdout


def test_a_database_that_is_away_is_no_store_without_rows(rows: Place) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/x"
    done = Crawls(rows.folder, {"DATABASE_URL": url}).run("retain", "--dry-run")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("scrapy: the database ")


@pytest.fixture
def rows(database_config: Config, tmp_path: Path) -> Place:
    folder = tmp_path / "raw"
    return Place(database_config, folder, folder.as_uri(), None)


def test_pages_that_are_old_go_but_for_those_of_the_quarantine(rows: Place) -> None:
    digests = [hashlib.sha256(bytes([n])).hexdigest() for n in range(4)]
    for name, digest, days in zip("abcd", digests, (1, 40, 40, 29), strict=True):
        rows.execute(PAGE, name, digest, days)
    rows.execute(QUARANTINE, "q", digests[2], 1)
    assert rows.expire("raw", 30, dry_run=True) == 1
    assert rows.execute("select count(*) from raw_pages") == [(4,)]
    assert rows.expire("raw", 30) == 1
    left = rows.execute("select request_key from raw_pages order by 1")
    assert left == [("a",), ("c",), ("d",)]
    assert rows.expire("quarantine", 30) == 0
    rows.execute("update quarantine set stored_at = now() - interval '31 days'")
    assert rows.expire("raw", 30, dry_run=True) == 0
    assert rows.expire("raw", 30, dry_run=True, quarantine=30) == 1
    assert rows.expire("quarantine", 30) == 1
    assert rows.expire("raw", 30) == 1


def test_results_go_with_their_job_and_only_once_it_has_ended(rows: Place) -> None:
    insert = "insert into jobs (id, source, arguments, finished_at) values (%s, 'demo', '{}', "
    ends = {"open": "null", "new": "now()", "old": "now() - interval '9 days'"}
    for job, ended in ends.items():
        rows.execute(f"{insert} {ended})", job)
        rows.execute(
            "insert into job_results (job, table_name, key)"
            " select %s, 'things', array[n::text] from generate_series(1, 5000) as n",
            job,
        )
    assert rows.expire("results", 7) == 5000
    left = rows.execute("select job, count(*) from job_results group by 1 order by 1")
    assert left == [("new", 5000), ("open", 5000)]
    assert rows.execute("select count(*) from jobs") == [(3,)]


def test_alerts_go_with_their_messages_but_for_what_is_still_to_be_sent(rows: Place) -> None:
    for name, days in {
        "told": 40,
        "awaited": 40,
        "shared": 40,
        "new": 1,
        "unplanned": None,
    }.items():
        rows.execute(
            "insert into alert_outbox (key, rule_name, kind, at, facts, planned_at)"
            " values (%s, 'r', 'below', now(), '{}', now() - make_interval(days => %s))",
            name,
            days,
        )
    messages = {"sent": (40, "{1,3}"), "dead": (40, "{1}"), "waiting": (40, "{2,3}")}
    messages["left_out"] = (1, "{4}")
    for state, (days, alerts) in messages.items():
        rows.execute(
            "insert into alert_deliveries (key, channel, channel_name, alerts, is_digest, state,"
            " due_at, created_at) values (%s, 'c', 'c', %s, true, %s, now(),"
            " now() - make_interval(days => %s))",
            state, alerts, state, days,
        )  # fmt: skip
    rows.execute("update alert_outbox set planned_at = null where key = 'unplanned'")
    assert rows.expire("alerts", 30, dry_run=True) == 3
    assert rows.expire("alerts", 30) == 3
    left = rows.execute("select state from alert_deliveries order by 1")
    assert left == [("left_out",), ("waiting",)]
    left = rows.execute("select key from alert_outbox order by 1")
    assert left == [("awaited",), ("new",), ("shared",), ("unplanned",)]


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (["--raw-days", "0"], {}),
        (["--raw-days", "3000000000"], {}),
        (["--grace-hours", "5"], {}),
        (["--grace-hours", "20000000"], {}),
        ([], {"RETAIN_ALERTS_DAYS": "3000000000"}),
        (["now"], {}),
        ([], {"RETAIN_RAW_DAYS": "hunter2"}),
    ],
)
def test_wrong_use_is_one_line(rows: Place, words: list[str], variables: dict[str, str]) -> None:
    done = Crawls(rows.folder, {"DATABASE_URL": rows.database_url, **variables}).run(
        "retain", *words
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "hunter2" not in done.stderr


def test_the_command_says_what_it_removed_and_the_variables_are_its_policy(rows: Place) -> None:
    rows.execute(CRAWL)
    rows.execute(PAGE, "a", hashlib.sha256(b"").hexdigest(), 40)
    variables = {"DATABASE_URL": rows.database_url, "RETAIN_RAW_DAYS": "30"}
    user = Crawls(rows.folder, variables)
    assert "raw_pages: 1 rows would be removed" in user.run("retain", "--dry-run").stdout
    done = user.run("retain", "--results-days", "7")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "job_results: 0 rows were removed, older than 7 days",
        "raw_pages: 1 rows were removed, older than 30 days",
        f"raw store: 0 objects looked at; without a row: {NOTHING}",
    ]
