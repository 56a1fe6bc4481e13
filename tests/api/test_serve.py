"""``scrapy serve``: how it starts, and how it ends."""

import asyncio
import json
import signal

import httpx
import pytest
from psutil import Process

from crawlers.config import Config
from tests.api.serving import PATIENCE_S, TRIAL, Api, environment_of, serving, until
from tests.crawls.run import Crawls
from tests.crawls.site import site


def test_a_port_that_is_taken_is_one_clear_line(server: Api) -> None:
    port = server.url.rpartition(":")[2]
    done = Crawls(server.config.home, environment_of(server.config)).run("serve", "--port", port)
    assert done.returncode == 1
    assert done.stderr == (
        f"scrapy serve: cannot listen at 127.0.0.1:{port}: address already in use\n"
    )


@pytest.mark.parametrize("words", [["--port", "70000"], ["now"]])
def test_wrong_words_are_one_clear_line(database_config: Config, words: list[str]) -> None:
    done = Crawls(database_config.home, environment_of(database_config)).run("serve", *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_database_that_is_not_there_is_one_clear_line(database_config: Config) -> None:
    crawls = Crawls(database_config.home, {"DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/x"})
    done = crawls.run("serve", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("scrapy serve: the database cannot be used")
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stream_does_not_keep_it_from_ending(
    database_config: Config, how: signal.Signals
) -> None:
    with serving(database_config, settings=TRIAL) as api:
        with api.client("read").stream("GET", "/v1/try/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "data: first"
            api.process.send_signal(how)
            try:
                rest = list(lines)
            except httpx.RemoteProtocolError:
                rest = []
            assert not any(line.startswith("data") for line in rest)
        assert api.process.wait(PATIENCE_S) == 0


def test_log_lines_are_json_where_that_is_asked(database_config: Config) -> None:
    with serving(database_config, settings=TRIAL, LOG_FORMAT="json") as api:
        api.client("read").get("/v1/try/numbers/1", params={"limit": 2, "token": "hunter2"})
        until(lambda: "crawlers.api.access" in api.log.read_text())  # written after the answer
        lines = [json.loads(line) for line in api.log.read_text().splitlines()]
    (line,) = [one for one in lines if one["logger"] == "crawlers.api.access"]
    assert line["method"] == "GET"
    assert line["path"] == "/v1/try/numbers/1"
    assert line["status"] == 200
    assert line["key"] == api.ask("select id from api_keys where name = 'a test'")
    assert "hunter2" not in str(lines)


def test_a_line_of_the_log_cannot_be_forged(trial: Api) -> None:
    trial.client().get("/v1/try/shared/a%0A2026-01-01%20forged")
    until(lambda: "forged" in trial.log.read_text())
    assert "\n2026-01-01 forged" not in trial.log.read_text()
    trial.client().get("/health/live", headers={"X-Forwarded-For": "192.0.2.7 200 5 somebody"})
    until(lambda: "somebody" in trial.log.read_text())
    assert " 192.0.2.7%20200%205%20somebody\n" in trial.log.read_text()


def dispatcher_of(api: Api) -> Process:
    """Return the process that the server runs beside it."""
    [found] = Process(api.process.pid).children()
    assert "work" in found.cmdline()
    return found


async def test_a_dispatcher_beside_it_starts_what_is_handed_in_and_ends_with_it(
    database_config: Config,
) -> None:
    async with site() as one:
        await asyncio.to_thread(_hand_in_and_end, database_config, one.origin)


def _hand_in_and_end(config: Config, origin: str) -> None:
    with serving(config, "--with-dispatcher", settings={"SPIDER_MODULES": "tests.jobs"}) as api:
        client, dispatcher = api.client("jobs"), dispatcher_of(api)
        job = {"source": "errand", "units": ["/1", "/2"], "arguments": {"origin": origin}}
        address = client.post("/v1/jobs", json=job).headers["Location"]
        until(lambda: client.get(address).json()["state"] == "completed")
        assert client.get(address).json()["rows"] == {"chess_rating_points": 2}
        api.process.send_signal(signal.SIGINT)
        assert api.process.wait(PATIENCE_S) == 0
        assert not dispatcher.is_running()


def test_a_server_whose_dispatcher_ends_says_so_and_ends(database_config: Config) -> None:
    crawls = Crawls(database_config.home, environment_of(database_config))
    with crawls.start("serve", "--port", "0", "--with-dispatcher") as process:
        until(lambda: bool(Process(process.pid).children()))
        [dispatcher] = Process(process.pid).children()
        dispatcher.kill()
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert said.splitlines()[-1] == "scrapy serve: the dispatcher has ended"
