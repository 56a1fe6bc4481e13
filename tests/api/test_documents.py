"""Each call of docs/api.md does what it says, in the order in which it stands there."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from crawlers.config import Config
from tests.api.serving import Api, serving
from tests.crawls.run import ROOT
from tests.replica import UserSpec, World, replica_process
from tests.replica.apify import ApifyWorld
from tests.replica.duelingbook import DuelWorld
from tests.replica.market import MarketWorld
from tests.replica.vlr import VlrWorld

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
CALLS = re.findall(r"^    (curl .+)$", PAGE, re.MULTILINE)
PLAYERS = (UserSpec("DrNykterstein", games=25), UserSpec("thibault", games=5))
APIFY = ApifyWorld(followers=5)
WORLDS: dict[str, tuple[str, Any]] = {
    "lichess": ("lichess", World(users=PLAYERS, pool=12)),
    "duelingbook": ("duelingbook", DuelWorld(replays=2)),
    "vlr": ("vlr", VlrWorld(teams=4, events=2, matches=4, per_page=6)),
    "shopee": ("shopee", MarketWorld(products=10)),
    "instagram": ("apify", APIFY),
}
QUICK = {"SERIAL_DELAY_S": 0, "SHARED_DELAY_S": 0, "DOWNLOAD_DELAY": 0}


@pytest.fixture
def origins() -> Iterator[dict[str, str]]:
    """Give the address of a stand-in for each source."""
    with ExitStack() as running:
        yield {
            source: running.enter_context(replica_process(name, world)).origin
            for source, (name, world) in WORLDS.items()
        }


@pytest.fixture
def api(database_config: Config) -> Iterator[Api]:
    """Give what `make serve` starts."""
    with serving(
        database_config, "--with-dispatcher", settings=QUICK, APIFY_TOKEN=APIFY.token
    ) as one:
        yield one


def at_stand_ins(call: str, origins: Mapping[str, str]) -> str:
    """Return *call* with the address of a stand-in in the job that it hands in, if it does."""
    found = re.search(r"--json '({.*})'$", call)
    if found is None or "source" not in (body := json.loads(found[1])):
        return call
    more = {"origin": origins[body["source"]]} | ({"fetch": "http"} if "shopee" in call else {})
    body["arguments"] = body.get("arguments", {}) | more
    return call.replace(found[1], json.dumps(body))


@pytest.mark.timeout(400)
def test_the_calls_of_the_page_work_in_their_order(
    api: Api, origins: dict[str, str], tmp_path: Path
) -> None:
    environment = {"API": api.url, "AUTH": f"Authorization: Bearer {api.key('admin')}"}
    said = dict[str, str]()
    for call in CALLS:
        done = subprocess.run(  # noqa: S602 - as a person types it
            at_stand_ins(call, origins),
            shell=True, cwd=tmp_path, env=environment | {"PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, (call, done.stdout, done.stderr, api.log.read_text()[-3000:])
        said[call] = done.stdout
    streams = [answer for call, answer in said.items() if "/events" in call]
    assert len(streams) == len(WORLDS)
    for stream in streams:
        last = json.loads(stream.strip().rpartition("data: ")[2])
        assert (last["state"], last["done_share"]) == ("completed", 1), last
    results = next(answer for call, answer in said.items() if "duels/results" in call)
    tables = {one["table"] for one in json.loads(results)["results"]}
    assert tables == {"duel_replays"}
    assert len((tmp_path / "first.csv").read_text().splitlines()) > 25


def test_every_path_of_the_page_is_one_of_the_api(api: Api) -> None:
    known = api.client().get("/openapi.json").json()["paths"]
    patterns = [re.sub(r"{\w+}", r"[^/?]+", path) for path in known]
    shown = set(re.findall(r"/v1/[\w/{}.$-]*[\w}]", PAGE))
    assert shown
    assert [path for path in shown if not any(re.fullmatch(p, path) for p in patterns)] == []
