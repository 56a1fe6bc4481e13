"""Two workers of one job: each batch is paid for once."""

import signal
from collections.abc import Iterator

import pytest

from tests.instagram.conftest import NewApify
from tests.instagram.test_starts import START
from tests.redis_server import RedisServer


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    """Run a Redis for these tests."""
    with RedisServer() as server:
        yield server


def test_two_workers_share_the_batches(apify: NewApify, redis_server: RedisServer) -> None:
    api = apify(followers=30, odd={"a3": "private"}, start_s=4, rows_per_s=500)
    api.crawls.environment["REDIS_URL"] = redis_server.url
    accounts = ",".join(f"a{number}" for number in range(1, 13))
    workers = [api.start(accounts=accounts, batch=2, max_followers=30, job="both") for _ in "12"]
    for worker in workers:
        with worker:
            _, said = worker.communicate(timeout=120)
        assert worker.returncode in {0, 3}, said
    asked = sorted(name for run in api.runs for name in run["input"]["usernames"])
    assert asked == sorted(accounts.split(","))
    readable = [name for name in accounts.split(",") if name != "a3"]
    assert api.stored == api.followers(*readable)
    [(status, reason)] = api.query("select status, reason from jobs")
    assert (status, reason) == ("partial", "1 failed of 12 units")
    failed = api.query("select name, reason from job_units where status = 'failed'")
    assert failed == [("a3", "no_items: Profile is private")]


def test_a_start_that_a_dead_worker_may_have_sent_is_not_sent_again(
    apify: NewApify, redis_server: RedisServer
) -> None:
    api = apify(followers=10)
    api.crawls.environment["REDIS_URL"] = redis_server.url
    api.site.add_fault("stall", START)
    options = {"job": "dead", "max_followers": 10, "settings": {"FRONTIER_LEASE_S": 1}}
    with api.start(accounts="a1,a2", **options) as dying:
        api.site.wait(begun=2)
        dying.send_signal(signal.SIGKILL)
        dying.communicate()
    done = api.crawl(accounts="a1,a2", **options)
    assert done.returncode == 0, done.stderr
    assert api.stored == api.followers("a1", "a2")
    assert len(api.asked(START)) == 1
    assert len(api.runs) == 1


def test_what_was_read_before_belongs_to_the_job_profiles_too(apify: NewApify) -> None:
    api = apify(followers=10)
    api.stores(accounts="a1,a2", max_followers=10)
    api.stores(accounts="a1", max_followers=10, job="again")
    assert len(api.runs) == 1
    found = "select key from job_results where job = 'again' and table_name = '{}' order by key"
    follows = "select array[platform, account, profile_id] from follows where account = 'a1'"
    followers = "select array[platform, profile_id] from follows where account = 'a1'"
    assert api.query(found.format("follows")) == api.query(f"{follows} order by 1")
    assert api.query(found.format("profiles")) == api.query(f"{followers} order by 1")
    reused = api.query("select sum(n)::int from job_counts where name = 'reused'")
    assert reused == api.query("select count(*) from job_results where job = 'again'")


def test_no_queue_ever_holds_the_token(apify: NewApify, redis_server: RedisServer) -> None:
    api = apify(followers=10, token="hunter2_of_the_replica")  # noqa: S106 - no secret
    api.crawls.environment["REDIS_URL"] = redis_server.url
    api.site.add_fault("answer", "/actor-runs/", times=2, status=502)
    api.site.add_fault("cut", "/items", times=1)
    api.stores(accounts="a1,a2", max_followers=10, job="secret")
    written = b"".join(path.read_bytes() for path in redis_server.folder.rglob("*.aof"))
    assert b"parse_rows" in written
    assert b"hunter2" not in written
