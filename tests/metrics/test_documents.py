"""docs/monitoring.md and docs/backup.md say what is there, and their commands work."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from crawlers.api.families import DOWNLOADS, REQUESTS, names
from crawlers.config import Config
from tests.api.serving import environment_of, serving
from tests.crawls.run import ROOT, Crawls

MONITORING, BACKUP = (
    (ROOT / "docs" / f"{name}.md").read_text() for name in ("monitoring", "backup")
)
COMMANDS = re.findall(r"^    scrapy (.+)$", BACKUP, re.MULTILINE)
TOKEN = "a-token-of-sixteen-letters"  # noqa: S105 - of a test


def test_every_metric_is_told_and_no_other() -> None:
    told = set(re.findall(r"`(crawlers_\w+)`", MONITORING))
    parts = {
        f"{name}_{part}" for name in (DOWNLOADS, REQUESTS) for part in ("bucket", "count", "sum")
    }
    assert told == names() - parts | {DOWNLOADS, REQUESTS}


@pytest.mark.parametrize("text", [MONITORING, BACKUP], ids=["monitoring", "backup"])
def test_files_and_variables_that_they_name_are_there(text: str) -> None:
    assert [
        path for path in re.findall(r"\bdeploy/[\w./-]+\w", text) if not (ROOT / path).exists()
    ] == []
    assert [
        path
        for path in re.findall(r"\]\(([\w./-]+\.md)", text)
        if not (ROOT / "docs" / path).exists()
    ] == []
    ours = {name.upper() for name in Config.model_fields} | {"METRICS_FLUSH_S"}
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)", text)) - ours == set()


def test_the_call_of_the_page_works(database_config: Config, tmp_path: Path) -> None:
    [call] = re.findall(r"^    (curl .+)$", MONITORING, re.MULTILINE)
    with serving(database_config, METRICS_TOKEN=TOKEN) as api:
        done = subprocess.run(  # noqa: S602 - as a person types it
            call, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True,
            env={"API": api.url, "METRICS_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    assert "crawlers_up" in done.stdout


def test_the_commands_work_in_their_order(database_config: Config) -> None:
    user = Crawls(database_config.home, environment_of(database_config))
    assert len(COMMANDS) == 7
    for line in COMMANDS:
        done = user.run(*shlex.split(line))
        assert (done.returncode, done.stderr) == (0, ""), line
