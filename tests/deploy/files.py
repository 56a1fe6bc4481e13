"""What deploy/ holds, read for the tests."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.crawls.run import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


@cache
def compose() -> dict[str, Any]:
    """Return compose.yaml."""
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


@cache
def objects() -> tuple[dict[str, Any], ...]:
    """Return every object of the Kubernetes manifests."""
    return tuple(one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text()))


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    """Return the objects of some kinds."""
    return [one for one in objects() if one["kind"] in kinds]


def pods() -> list[dict[str, Any]]:
    """Return the templates of pods, each with its labels."""
    return [one["spec"]["template"] for one in of_kind("Deployment", "StatefulSet", "Job")]


def containers() -> Iterator[dict[str, Any]]:
    """Yield every container of every pod."""
    for pod in pods():
        yield from pod["spec"]["containers"]


def example(path: Path) -> dict[str, str]:
    """Return the variables of a file for the environment."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def settings_of(unit: Path) -> dict[str, list[str]]:
    """Return what a unit of systemd says, by name."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        name, is_one, value = line.partition("=")
        if is_one and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found
