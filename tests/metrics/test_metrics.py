"""``/metrics``: what is there, who may read it, and that crawls' numbers outlive them."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawlers.api.families import LEVELS, SUMS, names
from crawlers.extensions.metrics import STATS, counted
from crawlers.storage.metrics import QUESTIONS
from tests.api.serving import Api, environment_of, running_api, serving, until
from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.redis_server import RedisServer
from tests.replica import UserSpec, World, replica_process

QUICK = {"SERIAL_DELAY_S": 0, "DOWNLOAD_DELAY": 0, "METRICS_FLUSH_S": 0.05}
TOKEN = "a-token-of-sixteen-letters"  # noqa: S105 - of a test


@pytest.fixture(scope="module")
def api(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Run one API for the tests of this file."""
    with (
        RedisServer() as redis,
        running_api(postgres_server, tmp_path_factory, settings={}, REDIS_URL=redis.url) as one,
    ):
        yield one


def samples(api: Api) -> dict[tuple[str, ...], float]:
    """Return every number, by its name and the values of its labels, in the order of labels."""
    answer = api.client().get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def crawl(api: Api) -> None:
    """Let a crawl come and go."""
    with replica_process("lichess", World(users=(UserSpec("ada", games=3),), pool=5)) as site:
        user = Crawls(api.config.home, environment_of(api.config))
        done = user.run(
            "crawl", "lichess", settings=QUICK, players="ada", full=1, origin=site.origin
        )
    assert done.returncode == 0, done.stderr


def told(api: Api, *whom: str) -> dict[tuple[str, ...], float]:
    """Return every number once those who are asked, *whom*, have answered in time."""
    until(lambda: all(samples(api)["crawlers_up", one] for one in whom))
    return samples(api)


def fresh(api: Api) -> dict[tuple[str, ...], float]:
    """Return every number of another process, which has asked nobody yet."""
    with serving(api.config) as another:
        return told(another, "database")


def test_what_crawls_count_outlives_them_and_only_grows(api: Api) -> None:
    crawl(api)
    first = fresh(api)
    assert first["crawlers_crawl_rows_total", "new", "lichess"] > 3
    assert first["crawlers_crawl_requests_total", "lichess"] >= 3
    assert first["crawlers_crawl_responses_total", "lichess", "2"] >= 3
    assert first["crawlers_crawl_pages_total", "stored", "lichess"] >= 3
    assert first["crawlers_download_seconds_count", "lichess"] >= 3
    assert first["crawlers_download_seconds_bucket", "+Inf", "lichess"] >= 3
    assert first["crawlers_batches_total", "lichess"] >= 1
    assert first["crawlers_last_crawl_timestamp_seconds", "lichess", "completed"] > 1e9
    api.execute("truncate crawls, chess_games, raw_pages")
    crawl(api)
    second = fresh(api)
    grown = {key for key in first if key[0].endswith(("_total", "_bucket", "_count"))}
    assert [key for key in grown if "api" not in key[0] and second[key] < first[key]] == []
    key = ("crawlers_crawl_requests_total", "lichess")
    assert second[key] >= 2 * first[key] - 1


def test_everything_that_is_told_is_known(api: Api) -> None:
    known = told(api, "database", "redis")
    found = {name for name, *_ in known}
    assert found <= names()
    assert {"crawlers_up", "crawlers_table_rows", "crawlers_frontier_requests"} <= found
    assert {level.question for level in LEVELS} >= QUESTIONS.keys() - {"totals"}


def test_every_counter_of_crawls_has_its_name() -> None:
    assert {name for name, _ in STATS} == SUMS.keys()


def test_a_download_that_was_given_up_is_no_answer_of_a_site() -> None:
    stats = {f"downloader/response_status_count/{n}": 1 for n in (200, 500, 503, 599)}
    assert counted(stats) == {("responses", "2"): 1, ("responses", "5"): 2}


def test_a_source_that_was_never_crawled_has_its_counters(api: Api) -> None:
    found = told(api, "database")
    assert found["crawlers_crawl_pages_total", "blocked", "vlr"] == 0
    assert found["crawlers_crawl_quarantined_total", "vlr"] == 0


@pytest.mark.parametrize("name", [name for name, one in SUMS.items() if one.values])
def test_the_values_that_are_told_from_the_start_are_all_that_there_can_be(name: str) -> None:
    inside = dict(STATS)[name].pattern.partition("(")[2].partition(")")[0]
    assert {*SUMS[name].values} == {*inside.replace("[1-5]", "1|2|3|4|5").split("|")}


def test_answers_are_measured_by_route_and_never_by_address(api: Api) -> None:
    client = api.client("read")
    for number in range(5):
        client.get(f"/v1/jobs/secret-{number}")
        client.get(f"/secret-{number}")
    client.request("SECRET", "/v1/sources")
    text = client.get("/metrics").text
    assert "secret" not in text.lower()
    counts = {key: n for key, n in samples(api).items() if key[0].endswith("seconds_count")}
    assert counts["crawlers_api_request_seconds_count", "GET", "none", "4xx"] >= 5
    [found] = [n for key, n in counts.items() if key[2:] == ("/v1/jobs/{job}", "4xx")] or [0]
    assert found >= 5, counts
    assert any(key[1] == "other" for key in counts)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "Host"])
def test_who_comes_through_a_proxy_reads_nothing_without_a_token(api: Api, header: str) -> None:
    answer = api.client("admin").get("/metrics", headers={header: "1.2.3.4"})
    assert (answer.status_code, "crawlers_" in answer.text) == (403, False)
    assert "METRICS_TOKEN" in answer.json()["detail"]


def test_with_a_token_nobody_reads_without_it(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_api(postgres_server, tmp_path_factory, settings={}, METRICS_TOKEN=TOKEN) as api:
        client = api.client()

        def status(headers: dict[str, str]) -> int:
            return client.get("/metrics", headers=headers).status_code

        assert status({}) == 401
        assert status({"Authorization": f"Bearer {api.key('admin')}"}) == 401
        assert status({"Authorization": f"Bearer {TOKEN}x"}) == 401
        assert status({"Authorization": f"Bearer {TOKEN}", "Via": "proxy"}) == 200


def test_a_database_that_does_not_answer_takes_only_its_own_numbers(api: Api) -> None:
    with serving(api.config) as another:
        api.execute("alter table metric_totals rename to elsewhere")
        found = samples(another)
        api.execute("alter table elsewhere rename to metric_totals")
    assert found["crawlers_up", "database"] == 0
    assert not any(key[0] == "crawlers_workers" for key in found)


def test_what_somebody_made_is_counted_whoever_asks(api: Api) -> None:
    body = {"source": "lichess", "arguments": {"players": "ada"}}
    assert api.client("admin").post("/v1/jobs", json=body).status_code == 202
    api.execute("""
        update jobs set dispatch_at = now() - interval '1 hour' where status is null;
        insert into job_workers (id, job, started_at, seen_at)
        select 'w', id, now(), now() - interval '10 min' from jobs where status is null
    """)
    found = fresh(api)
    assert found["crawlers_jobs", "lichess", "queued"] == 1
    assert found["crawlers_job_queue_age_seconds", "lichess", "queued"] >= 3600
    assert found["crawlers_workers",] == 1
    assert found["crawlers_worker_silence_seconds",] >= 600
    assert sum(n for key, n in found.items() if key[0] == "crawlers_database_connections") >= 1


def test_a_redis_that_is_away_takes_only_its_own_numbers(api: Api, tmp_path: Path) -> None:
    with serving(api.config, REDIS_URL=f"unix://{tmp_path}/nobody") as another:
        found = told(another, "database")
    assert found["crawlers_up", "redis"] == 0
    assert found["crawlers_up", "database"] == 1
    assert not any(key[0] == "crawlers_frontier_requests" for key in found)


def test_a_database_that_hangs_takes_only_its_own_numbers(api: Api) -> None:
    with serving(api.config) as another:
        client = another.client()
        # All its connections are there.
        until(lambda: client.get("/health/ready").status_code == 200)
        with psycopg.connect(api.database_url) as connection:
            frozen = connection.execute(
                "select pid from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            ).fetchall()
        for (pid,) in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            found = samples(another)
        finally:
            for (pid,) in frozen:
                os.kill(pid, signal.SIGCONT)
    assert found["crawlers_up", "database"] == 0
    assert not any(key[0] == "crawlers_workers" for key in found)
    assert ("crawlers_api_streams",) in found


def test_each_question_that_rows_grow_under_goes_by_an_index(api: Api) -> None:
    for name in ("jobs", "workers", "crawls", "schedules", "backup"):
        query = QUESTIONS[name].replace("%(sources)s", "array['lichess']")
        with psycopg.connect(api.database_url) as connection:
            connection.execute("set enable_seqscan = off")
            plan = connection.execute(f"explain {query}".encode()).fetchall()
        assert not [line for (line,) in plan if "Seq Scan" in line], plan
