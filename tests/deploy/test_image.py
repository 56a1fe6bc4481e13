"""The Dockerfile: what it copies and installs."""

import re

from crawlers.storage.system import programs
from tests.crawls.run import ROOT
from tests.deploy.files import (
    DEPLOY,
    compose,
)

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def test_what_is_copied_into_the_image_is_there_and_sent_to_the_builder() -> None:
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    paths = {path for line in copies for path in line.split()}
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == paths
    assert "*" in ignored
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_image_has_every_extra_that_runs() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    extras = set(
        re.findall(r"^([a-z0-9]+) = \[", project.partition("optional-dep")[2], re.MULTILINE)
    )
    asked = set(re.findall(r"--extra (\w+)", DOCKERFILE))
    assert asked < extras
    assert extras - asked >= {"test", "dev", "embedded"}
    assert "server" in asked


def test_the_image_has_client_programs_as_new_as_the_server_of_compose() -> None:
    [target] = re.findall(r"--target (\S+)", DOCKERFILE)
    [path] = re.findall(r" PATH=(\S+):\$PATH", DOCKERFILE)
    wheel = programs().parent.parent
    folder = f"{target}/{programs().relative_to(wheel.parent)}"
    assert folder in path.split(":")
    assert f"COPY --from=build {target} {target}\n" in DOCKERFILE
    assert all((programs() / name).is_file() for name in ("pg_dump", "pg_restore", "psql"))
    [major] = re.findall(r"^postgres:(\d+)-", compose()["services"]["postgres"]["image"])
    assert folder.endswith(f"pginstall{major}/bin")
    name = wheel.name.replace("_", "-")
    assert f"--constraint requirements.lock {name}\n" in DOCKERFILE
    assert f"\n{name}==" in (ROOT / "requirements.lock").read_text()
