"""What leaves the process for whoever watches has no secrets in it: logs, reports of errors."""

import gzip
import json
import logging
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import brotli
import pytest
from pydantic import SecretStr
from scrapy.settings import Settings

from crawlers.config import SECRETS_OF_OTHERS, Config
from crawlers.logs import JsonFormatter, Mask, TextFormatter
from crawlers.sentry import Scrubber
from tests.api.serving import environment_of, running_api, until
from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.crawls.site import site
from tests.replica import UserSpec, World, replica_process

ADDRESSES = {
    "database_url": "postgresql://me:{}@db/x",
    "redis_url": "redis://me:{}@queue:6379/0",
    "scrapyd_urls": "http://me:{}@one:6800",
    "proxy_urls": "http://me:{}@proxy:8080",
    "browser_cdp_url": "wss://me:{}@browser:3000",
    "sentry_dsn": "https://{}@sentry.test/1",
}
WORD = "hunter2"
"""A secret."""
FIELDS = [name for name, one in Config.model_fields.items() if "SecretStr" in str(one.annotation)]


@pytest.mark.parametrize("name", FIELDS)
def test_every_secret_of_the_configuration_is_masked(name: str) -> None:
    secret = f"{WORD * 6}A=" if name == "alerts_key" else WORD * 3  # one has 32 bytes in base64
    config = Config(**{name: SecretStr(ADDRESSES.get(name, "{}").format(secret))})  # type: ignore[arg-type]
    assert secret in config.secrets
    line = JsonFormatter(Mask(config.secrets)).format(
        logging.makeLogRecord({"msg": f"before {secret} after", "fields": {"x": f"<{secret}>"}})
    )
    assert secret not in line
    assert json.loads(line)["message"] == "before *** after"
    formatter = TextFormatter(Mask(config.secrets), Settings())
    try:
        int(secret)
    except ValueError:
        error = sys.exc_info()
    line = formatter.format(logging.makeLogRecord({"msg": f"a {secret} b", "exc_info": error}))
    assert secret not in line
    assert "a *** b" in line
    assert line.endswith("with base 10: '***'")


def test_a_password_is_masked_as_it_is_written_and_as_it_is_meant() -> None:
    mask = Mask(Config(database_url=SecretStr("postgresql://me:p%40ss%2Fword@db/x")).secrets)
    assert mask("p@ss/word p%40ss%2Fword me db") == "*** *** me db"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("proxy_urls", "http://hunter2@proxy:8080"),
        ("proxy_urls", "http://hunter2:@proxy:8080"),
        ("proxy_urls", "http://me:hunter2[-{session}]@proxy:8080,http://me:other@proxy:8081"),
        ("browser_cdp_url", "wss://browser?token=hunter2"),
        ("browser_cdp_url", "https://browser/chrome?timeout=60&apiKey=hunter2"),
        ("database_url", "postgresql://db/x?user=me&password=hunter2"),
    ],
)
def test_a_token_in_an_address_is_masked_wherever_it_stands(name: str, address: str) -> None:
    mask = Mask(Config(**{name: SecretStr(address)}).secrets)  # type: ignore[arg-type]
    assert mask("proxy browser hunter2 timeout me db") == "proxy browser *** timeout me db"


def test_the_name_of_a_databases_user_is_no_secret() -> None:
    mask = Mask(Config(database_url=SecretStr("postgresql://postgres@db/x")).secrets)
    assert mask("postgresql, says postgres") == "postgresql, says postgres"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_about_a_file_whose_name_is_no_text_is_written(
    form: str, database_config: Config, tmp_path: Path
) -> None:
    variables = environment_of(database_config, LOG_FORMAT=form)
    log = tmp_path / "log"
    with replica_process("lichess", World(users=(UserSpec("ada", games=1),), pool=5)) as site:
        done = Crawls(database_config.home, variables).run(
            "crawl", "lichess", "--logfile", str(log), "-o", f"{tmp_path}/\udcff.jsonl",
            settings={"SERIAL_DELAY_S": 0, "DOWNLOAD_DELAY": 0}, players="ada", origin=site.origin,
        )  # fmt: skip
    assert (done.returncode, "Logging error" in done.stderr) == (0, False), done.stderr
    assert "\\udcff.jsonl" in log.read_text()


@pytest.mark.parametrize("name", SECRETS_OF_OTHERS)
def test_secrets_that_libraries_read_are_masked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hunter2")
    assert "hunter2" in Config().secrets


@pytest.mark.parametrize("form", ["text", "json"])
def test_lines_of_a_crawl_have_no_secret_and_say_whose_they_are(
    form: str, database_config: Config
) -> None:
    with replica_process("lichess", World(users=(UserSpec("ada", games=2),), pool=5)) as site:
        variables = environment_of(database_config, LOG_FORMAT=form, APIFY_TOKEN=WORD)
        done = Crawls(database_config.home, variables).run(
            "crawl",
            "lichess",
            settings={"SERIAL_DELAY_S": 0, "DOWNLOAD_DELAY": 0, "BOT_NAME": WORD},
            players="ada",
            job="mine",
            origin=site.origin,
        )
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stderr
    assert "(bot: ***)" in done.stderr  # Scrapy's own first line
    if form == "text":
        return
    last = json.loads(done.stderr.splitlines()[-1])
    assert (last["source"], last["job"], last["crawl"]) == ("lichess", "mine", 1)


class Receiver(BaseHTTPRequestHandler):
    """Takes what a client of Sentry sends."""

    events: list[str]

    def do_POST(self) -> None:
        """Keep the body."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
        body = unpack.get(self.headers.get("Content-Encoding", ""), bytes)(body)
        self.server.events.append(body.decode())  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[str]]]:
    """Run a receiver; give its DSN, and what it was sent."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        events: list[str] = []
        server.events = events  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://publickey@127.0.0.1:{server.server_port}/1", events
        server.shutdown()


def test_an_error_of_the_api_is_reported_without_the_request(
    sentry: tuple[str, list[str]],
    postgres_server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    dsn, events = sentry
    settings = {"API_ROUTERS": "crawlers.api.health,tests.api.routes"}
    with running_api(
        postgres_server,
        tmp_path_factory,
        settings=settings,
        SENTRY_DSN=dsn,
        LICHESS_TOKEN=WORD,
    ) as api:
        client = api.client("read")
        key = client.headers["Authorization"].removeprefix("Bearer ")
        answer = client.get("/v1/try/nobody?q=q-secret", headers={"Cookie": "c=c-secret"})
        assert answer.status_code == 500
        until(lambda: bool(events))
        api.log.write_text("")  # the error is expected
    text = "".join(events)
    assert "RuntimeError" in text
    assert '"role":"serve"' in text
    for word in (WORD, key, "q-secret", "c-secret", "publickey@"):
        assert word not in text
    [event] = [json.loads(line) for line in text.splitlines() if '"exception"' in line]
    assert not event.keys() & {"request", "user", "breadcrumbs", "extra", "contexts", "modules"}
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    assert not any({"vars", "context_line", "pre_context"} & frame.keys() for frame in frames)


async def test_a_bug_in_a_crawl_is_reported_with_its_source(
    sentry: tuple[str, list[str]], database_config: Config
) -> None:
    dsn, events = sentry
    variables = environment_of(database_config, SENTRY_DSN=dsn, APIFY_TOKEN=WORD)
    user = Crawls(database_config.home, variables)
    async with site() as one:
        done = await user.run_async(
            "crawl", "walk", settings={"SPIDER_MODULES": "tests.crawls"},
            origin=one.origin, after="bug", paths="/7?of=ada-lovelace",
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    text = "".join(events)
    assert "a bug of the spider" in text
    assert "Spider error processing <GET http://127.0.0.1:" in text
    assert "ada-lovelace" not in text
    assert '"role":"crawl"' in text
    assert '"source":"walk"' in text
    assert WORD not in text


@pytest.mark.parametrize(
    "said",
    [
        "no answer of https://site.test/@/ada?tab=1, again",
        "no answer of <GET https://site.test/ada>",
        'duplicate key value violates "users_name_key"\nDETAIL:  Key (name)=(ada) already exists.',
        'invalid input\nCONTEXT:  COPY staging, line 1, column rating: "ada\n"',
        "1 error\n  [type=int_type, input_value={'name': 'ada', 'n': 1}, input_type=dict]",
    ],
)
def test_people_that_an_error_names_are_not_reported(said: str) -> None:
    value = {"type": "Error", "value": said}
    event = {"exception": {"values": [value]}, "logentry": {"formatted": said, "params": ["ada"]}}
    sent = str(Scrubber(Config(), "crawl")(event, {}))  # type: ignore[arg-type]
    assert "ada" not in sent
    assert said[:7] in sent


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_wrong_dsn_is_one_line(database_config: Config, command: str) -> None:
    user = Crawls(database_config.home, environment_of(database_config, SENTRY_DSN="hunter2"))
    done = user.run(command)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "SENTRY_DSN is wrong: expected https://key@host/project" in done.stderr
    assert "hunter2" not in done.stderr
