"""docs/alerts.md can be typed, and names what is there."""

import re
import shlex
import subprocess

from crawlers.config import Config
from tests.crawls.run import ROOT, Crawls

TEXT = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in TEXT.splitlines() if line.startswith("    ")]


def test_its_commands_work_in_their_order(user: Crawls) -> None:
    said = []
    user.environment["CRAWLERS_TEST"] = "0"  # a user may do less than a test
    exported = [line.removeprefix("export ") for line in LINES if line.startswith("export ")]
    user.environment |= dict(line.split("=") for line in exported)
    for line in LINES:
        if line.startswith("echo"):
            address, command = shlex.split(line.partition("|")[0])[1], line.partition("| scrapy")[2]
            done = subprocess.run(
                user.command(*shlex.split(command)), cwd=ROOT, env=user.full_environment,
                input=address, capture_output=True, text=True, check=False, timeout=100,
            )  # fmt: skip
        elif line.startswith("scrapy"):
            done = user.run(*shlex.split(line)[1:])
        else:
            continue
        assert done.returncode == 0, (line, done.stderr)
        said.append(done.stdout)
    assert len(said) == 11
    assert "collection lamps" in said[6]
    assert all(kind in said[6] for kind in ("below", "fall_percent", "back_in_stock", "job_failed"))


def test_files_variables_and_paths_that_it_names_are_there() -> None:
    links = re.findall(r"\]\(((?!http)[\w./-]+)\)", TEXT)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    named = set(re.findall(r"`(ALERTS_[A-Z]+)[`=]", TEXT))
    assert named == {name.upper() for name in Config.model_fields if name.startswith("alerts_")}
