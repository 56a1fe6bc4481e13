"""deploy/scrapyd.conf in a real Scrapyd: who may ask it, what it knows, what it starts."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from crawlers.config import Config
from tests.api.serving import PATIENCE_S
from tests.deploy.files import DEPLOY
from tests.ports import held_port

User = tuple[str, str] | None
USER = ("crawlers", "of these tests")


class Scrapyd:
    """A Scrapyd that has this configuration, with folders of its own."""

    def __init__(self, home: Path, config: Config) -> None:
        """Start it on a free port."""
        text = (DEPLOY / "scrapyd.conf").read_text()
        (home / "scrapyd.conf").write_text(text.replace("/var/lib/crawlers", str(home)))
        self.port, self.held = held_port()
        assert config.database_url is not None
        self.home = home
        self.log = (home / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "scrapyd"],
            cwd=home,
            env=os.environ
            | {
                "HOME": str(home),
                "CRAWLERS_HOME": str(home),
                "DATABASE_URL": config.database_url.get_secret_value(),
                "SCRAPY_SETTINGS_MODULE": "crawlers.settings",
                "SCRAPYD_HTTP_PORT": str(self.port),
                "SCRAPYD_USERNAME": USER[0],
                "SCRAPYD_PASSWORD": USER[1],
            },
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        """Return once it answers."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            assert self.process.poll() is None, self.printed
            try:
                assert self.ask("daemonstatus").json()["status"] == "ok"
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.printed)

    @property
    def printed(self) -> str:
        """What it has said so far."""
        return (self.home / "log").read_text()

    def ask(
        self, what: str, user: tuple[str, str] | None = USER, /, **given: str
    ) -> httpx.Response:
        """Return the answer to a call: to a POST, where something is given."""
        url = f"http://127.0.0.1:{self.port}/{what.replace('?', '.json?', 1)}"
        url = url if "?" in what else f"{url}.json"
        with httpx.Client(auth=user, timeout=PATIENCE_S, trust_env=False) as client:
            return client.post(url, data=given) if given else client.get(url)


@pytest.fixture
def scrapyd(tmp_path: Path, database_config: Config) -> Iterator[Scrapyd]:
    """Start a Scrapyd, and end it."""
    node = Scrapyd(tmp_path, database_config)
    try:
        node.wait()
        yield node
    finally:
        node.process.terminate()
        node.process.wait(PATIENCE_S)
        node.log.close()
        node.held.close()


def test_it_answers_nobody_without_the_password(scrapyd: Scrapyd) -> None:
    for user in (None, ("crawlers", ""), ("crawlers", "wrong")):
        assert scrapyd.ask("daemonstatus", user).status_code == 401


def test_it_knows_the_project_and_its_spiders_without_an_egg(scrapyd: Scrapyd) -> None:
    assert scrapyd.ask("listprojects").json()["projects"] == ["crawlers"]
    spiders = scrapyd.ask("listspiders?project=crawlers").json()["spiders"]
    assert {"lichess", "vlr", "instagram"} <= set(spiders)


def test_it_runs_a_spider_and_keeps_its_log_where_the_configuration_says(
    scrapyd: Scrapyd,
) -> None:
    spider = {"project": "crawlers", "spider": "lichess", "jobid": "j"}
    assert scrapyd.ask("schedule", **spider, nonsense="1").json()["jobid"] == "j"
    log = scrapyd.home / "scrapyd" / "logs" / "crawlers" / "lichess" / "j.log"
    while scrapyd.ask("status?project=crawlers&job=j").json()["currstate"] != "finished":
        time.sleep(0.1)
    said = scrapyd.printed + (log.read_text() if log.exists() else "")
    assert "unknown argument 'nonsense'" in said
    assert (scrapyd.home / "scrapyd" / "dbs" / "crawlers.db").is_file()


def test_it_listens_on_this_machine_only(scrapyd: Scrapyd) -> None:
    found = psutil.Process(scrapyd.process.pid).net_connections("tcp")
    listening = {one.laddr for one in found if one.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", scrapyd.port)}
