"""Answers that take long: what becomes of them when keys, databases and clients go."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from crawlers.api.jobs import WATCHERS_MAX
from crawlers.config import Config
from tests.api.serving import Api, serving, until
from tests.conftest import Server

SETTINGS = {"SPIDER_MODULES": "tests.jobs"}


@pytest.fixture
def api(database_config: Config) -> Iterator[Api]:
    """Give an API of the source `errand`."""
    with serving(database_config, settings=SETTINGS) as one:
        yield one


def job_of(client: httpx.Client) -> str:
    """Hand in a job and return its address."""
    answer = client.post("/v1/jobs", json={"source": "errand", "units": ["/1"]})
    return str(answer.raise_for_status().json()["links"]["self"])


def test_a_stream_of_a_key_that_was_revoked_is_cut_off(api: Api) -> None:
    client = api.client("jobs")
    with client.stream("GET", f"{job_of(client)}/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: progress"
        api.execute("update api_keys set revoked_at = now()")

        def change(_: str) -> bool:
            api.execute("update jobs set story = story || 'changed'::text")
            return True

        with pytest.raises(httpx.RemoteProtocolError):
            all(map(change, lines))
    until(lambda: "cut off: what it was asked with opens nothing any more" in api.log.read_text())


def test_a_stream_outlives_its_database(api: Api, postgres_server: Server) -> None:
    client = api.client("jobs")
    job = job_of(client)
    name = urlsplit(api.database_url).path.strip("/")
    with client.stream("GET", f"{job}/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: progress"
        postgres_server.execute("alter database {} with allow_connections false", name)
        terminate = "select pg_terminate_backend(pid) from pg_stat_activity where datname = {!r}"
        postgres_server.execute(terminate.format(name))
        until(lambda: "a stream waits for the database" in api.log.read_text())
        assert client.get(job).status_code == 503
        postgres_server.execute("alter database {} with allow_connections true", name)
        until(lambda: client.get(job).status_code == 200)
        assert client.post(f"{job}/cancel").status_code == 202
        told = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert told[-1]["state"] == "cancelled"


def test_an_export_that_loses_its_database_is_cut_off_and_gone_on_with(
    api: Api, postgres_server: Server
) -> None:
    client = api.client("jobs")
    job = job_of(client)
    api.execute(
        "insert into job_results (job, table_name, key)"
        " select id, 'nowhere', array[n::text] from jobs, generate_series(1, 120000) as n"
    )
    name = urlsplit(api.database_url).path.strip("/")
    found: list[str] = []
    with client.stream("GET", f"{job}/export") as answer:
        lines = answer.iter_lines()
        found.append(json.loads(next(lines))["place"])
        postgres_server.execute("alter database {} with allow_connections false", name)
        terminate = "select pg_terminate_backend(pid) from pg_stat_activity where datname = {!r}"
        postgres_server.execute(terminate.format(name))
        with pytest.raises(httpx.RemoteProtocolError):
            found.extend(json.loads(line)["place"] for line in lines)
    assert 0 < len(found) < 120_000
    until(lambda: "an answer is cut off: the database is lost" in api.log.read_text())
    postgres_server.execute("alter database {} with allow_connections true", name)
    until(lambda: client.get(job).status_code == 200)
    rest = client.get(f"{job}/export", params={"after": found[-1]}).text.splitlines()
    found += [json.loads(line)["place"] for line in rest]
    assert len(found) == len(set(found)) == 120_000


def test_a_key_watches_so_many_jobs_at_once_and_no_more(api: Api) -> None:
    client = api.client("jobs", limits=httpx.Limits(max_connections=None))
    job = job_of(client)
    with ExitStack() as watching:
        streams = [client.stream("GET", f"{job}/events") for _ in range(WATCHERS_MAX + 1)]
        *answers, refused = [watching.enter_context(one) for one in streams]
        assert {one.status_code for one in answers} == {200}
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
    until(lambda: opens(client, f"{job}/events"))


def opens(client: httpx.Client, address: str) -> bool:
    """Tell whether a stream is answered."""
    with client.stream("GET", address) as answer:
        return answer.status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(database_config: Config) -> None:
    with serving(database_config, settings=SETTINGS | {"API_BODY_S": 1}) as api:
        where = urlsplit(api.url)
        with socket.create_connection((str(where.hostname), where.port or 0)) as connection:
            key = f"Authorization: Bearer {api.key('jobs')}\r\n"
            head = f"POST /v1/jobs HTTP/1.1\r\nHost: a\r\n{key}"
            head += "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            connection.sendall(head.encode())
            answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
