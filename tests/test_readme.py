"""What the README tells a person to type does what it says."""

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.crawls.run import ROOT, Crawls
from tests.redis_server import RedisServer
from tests.replica import UserSpec, World, replica_process
from tests.replica.duelingbook import DuelWorld
from tests.replica.vlr import VlrWorld

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(line[4:] for line in README.splitlines() if line.startswith("    "))
PLAYERS = (UserSpec("DrNykterstein", games=25), UserSpec("thibault", games=5))
WORLDS: dict[str, World | VlrWorld | DuelWorld] = {
    "lichess": World(users=PLAYERS, pool=12),
    "vlr": VlrWorld(teams=6, events=4, matches=8, per_page=12),
    "duelingbook": DuelWorld(replays=2),
}
QUICK = {"SERIAL_DELAY_S": 0, "SHARED_DELAY_S": 0, "DOWNLOAD_DELAY": 0}


def commands() -> list[list[str]]:
    """Return each ``scrapy`` command of the README's blocks, as words."""
    return [shlex.split(line, comments=True) for line in BLOCKS.splitlines()
            if line.startswith("scrapy ")]  # fmt: skip


@pytest.fixture
def crawls(tmp_path: Path) -> Iterator[Crawls]:
    """Give a home as a laptop has, and the Redis that the commands for several workers need."""
    with RedisServer() as redis:
        yield Crawls(tmp_path, {"REDIS_URL": redis.url}, cold=True)


@pytest.mark.timeout(400)
def test_the_commands_of_the_readme_work_in_their_order(crawls: Crawls) -> None:
    begin = [words[2] for words in commands() if words[1] == "crawl"]
    assert begin == [*WORLDS, "vlr"]
    said = []
    with ExitStack() as sites:
        for words in commands():
            options: dict[str, Any] = {"settings": QUICK}
            if words[1] in {"crawl", "submit"}:  # who is handed in is crawled by `work`
                site = sites.enter_context(replica_process(words[2], WORLDS[words[2]]))
                options["origin"] = site.origin
            done = crawls.run(*words[1:], **options)
            assert done.returncode == 0, (words, done.stderr)
            said.append(done.stdout)
    assert any("5 rows" in words for words in said)
    assert any("first  lichess  completed" in words for words in said)
    assert "job may ended" in said[-1]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z-]+)", README))))
def test_every_target_of_the_readme_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([\w/.-]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_variable_of_the_readme_is_one_and_none_is_missing() -> None:
    from crawlers.config import Config  # noqa: PLC0415 - only this test needs it

    shown = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    known = {name.upper() for name in Config.model_fields if not name.startswith("aws_")}
    assert shown == known
