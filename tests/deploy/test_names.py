"""Commands and variables that deploy/ names are there."""

import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from crawlers.config import Config
from tests.crawls.run import ROOT
from tests.deploy.files import (
    DEPLOY,
    UNITS,
    compose,
    containers,
    example,
    of_kind,
    settings_of,
)

OF_OTHERS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "FORWARDED_ALLOW_IPS",
    "GARAGE_DEFAULT_ACCESS_KEY",
    "GARAGE_DEFAULT_BUCKET",
    "GARAGE_DEFAULT_SECRET_KEY",
    "GARAGE_RPC_SECRET",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "POSTGRES_USER",
    "REDIS_PASSWORD",
    "SCRAPYD_BIND_ADDRESS",
    "SCRAPYD_PASSWORD",
    "SCRAPYD_USERNAME",
    "SCRAPY_SETTINGS_MODULE",
}
"""Variables that other programs read, or that addresses are made of."""
OURS = {name.upper() for name in Config.model_fields}
COMMANDS = {path.stem for path in (ROOT / "crawlers" / "commands").glob("*.py")}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
PROGRAMS = {"scrapy", "scrapyd"}


def command_lines() -> Iterator[list[str]]:
    """Yield each command that starts one of our roles, as words."""
    roles = [one for one in compose()["services"].values() if one["image"] == "crawlers"]
    images = [one for one in containers() if one["image"] == "crawlers"]
    yield from (one["command"] for one in [*roles, *images])
    yield re.findall(r'"([^"]+)"', DOCKERFILE.splitlines()[-1])
    for unit in UNITS:
        program, *words = shlex.split(settings_of(unit)["ExecStart"][0])
        yield [Path(program).name, *words]


def variables() -> Iterator[str]:
    """Yield the name of each variable that something is given."""
    for service in compose()["services"].values():
        yield from service.get("environment", {})
    for container in containers():
        yield from (one["name"] for one in container.get("env", ()))
    for one in of_kind("ConfigMap"):
        yield from one["data"]
    for one in of_kind("Secret"):
        yield from one["stringData"]
    yield from example(DEPLOY / ".env.example")
    for unit in UNITS:
        for line in settings_of(unit)["Environment"]:
            yield from (word.partition("=")[0] for word in line.split())


@pytest.mark.parametrize("words", [*command_lines()], ids=" ".join)
def test_every_command_exists(words: list[str]) -> None:
    if words[0] == "sh":
        words = shlex.split(words[-1].rpartition("exec ")[2])
    assert words[0] in PROGRAMS
    if words[0] == "scrapy":
        assert words[1] in COMMANDS


def test_every_variable_is_one_that_somebody_reads() -> None:
    assert set(variables()) - OURS - OF_OTHERS == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_every_unit_is_locked_down_and_starts_what_is_there(unit: Path) -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    assert parser.sections() == ["Unit", "Service", "Install"]
    service = settings_of(unit)
    program = service["ExecStart"][0].split()[0]
    assert program.startswith("/opt/crawlers/.venv/bin/")
    assert (ROOT / ".venv" / "bin" / Path(program).name).exists()
    assert service["User"] == ["crawlers"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["EnvironmentFile"] == ["/etc/crawlers/environment"]
    documentation = service["Documentation"][0].removeprefix("file:/opt/crawlers/")
    assert (ROOT / documentation).is_file()
