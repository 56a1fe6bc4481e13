"""What docs/accounts.md tells a person to type does what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers.config import Config
from docs.routes import ways
from tests.api.serving import environment_of, serving
from tests.crawls.run import ROOT, Crawls

PAGE = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    ((?:echo .* \| )?(?:scrapy|curl) .+)$", PAGE, re.MULTILINE)


def typed(config: Config, line: str, **environment: str) -> str:
    """Type *line* into a shell, and return what it answers."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    surroundings = Crawls(config.home, environment_of(config)).full_environment
    done = subprocess.run(  # noqa: S602 - as a person types it
        line, shell=True, cwd=ROOT, env=surroundings | {"PATH": path} | environment,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.timeout(300)
def test_the_commands_of_the_page_work_in_their_order(database_config: Config) -> None:
    scrapy = [line for line in COMMANDS if "scrapy" in line]
    calls = [line for line in COMMANDS if line.startswith("curl")]
    assert (len(scrapy), len(calls)) == (9, 7)
    said = [typed(database_config, line) for line in scrapy]
    assert "crw_" in said[-2]
    with serving(database_config) as api:
        answer = typed(database_config, calls[0], API=api.url)
        [token] = re.findall(r'"access_token":"(cra_[^"]+)"', answer)
        for call in calls[1:]:
            auth = f"Authorization: Bearer {token}"
            assert typed(database_config, call, API=api.url, AUTH=auth).startswith("{")


def test_routes_and_variables_that_it_names_are_there() -> None:
    known = {f"{way.method} {way.path}" for way in ways()}
    named = set(re.findall(r"`((?:GET|POST|PATCH|DELETE) /v1/[^`]+)`", PAGE))
    assert named
    assert named <= known
    variables = {name.upper() for name in Config.model_fields if name.startswith("auth_")}
    assert set(re.findall(r"^\| `(AUTH_[A-Z_]+)` \|", PAGE, re.MULTILINE)) == variables


def test_links_that_it_has_lead_somewhere() -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)", PAGE)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
