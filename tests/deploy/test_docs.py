"""docs/deploy.md says what is there, and its plan can be typed."""

import re
import shlex
from pathlib import Path

import pytest

from crawlers.config import Config
from tests.crawls.run import ROOT, Crawls
from tests.deploy.files import compose, of_kind

TEXT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
BLOCKS = [line.strip() for line in TEXT.splitlines() if line.startswith("    ")]


def test_files_that_it_names_are_there() -> None:
    named = set(re.findall(r"\bdeploy/[\w./-]+[\w]", TEXT)) - {"deploy/.env"}
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
    links = re.findall(r"\]\(([\w./-]+\.md)", TEXT)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


def test_services_and_pods_that_it_names_are_there() -> None:
    services = re.findall(r"dc (?:exec|run --rm) ([a-z0-9-]+)", TEXT)
    assert set(services) <= set(compose()["services"])
    assert services
    sets = {one["metadata"]["name"] for one in of_kind("StatefulSet")}
    assert set(re.findall(r"exec ([a-z]+)-0", TEXT)) <= sets


def test_targets_of_make_that_it_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {"setup", *re.findall(r"`make ([a-z-]+)`", TEXT)}
    assert [one for one in targets if not re.search(rf"^{one}:", makefile, re.MULTILINE)] == []


def test_its_plan_can_be_typed(tmp_path: Path, database_config: Config) -> None:
    assert database_config.database_url is not None
    url = database_config.database_url.get_secret_value()
    user = Crawls(tmp_path, {"DATABASE_URL": url}, cold=True)
    lines = [shlex.split(line) for line in BLOCKS if line.startswith("scrapy schedule")]
    assert len(lines) == 2
    for line in lines:
        done = user.run(*line[1:])
        assert (done.returncode, done.stderr) == (0, "")
    assert "0 5 * * * Europe/Berlin" in done.stdout


@pytest.mark.parametrize("command", sorted(set(re.findall(r"scrapy ([a-z]+)", TEXT))))
def test_commands_that_it_names_exist(command: str) -> None:
    assert (ROOT / "crawlers" / "commands" / f"{command}.py").is_file()
