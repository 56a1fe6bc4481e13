"""compose.yaml: everything that it names is there, bounded and closed."""

import re

import pytest

from crawlers.config import Config
from tests.deploy.files import (
    DEPLOY,
    compose,
    example,
)


def test_what_compose_fills_in_is_asked_for_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    needed = set(re.findall(r"\$\{([A-Z_]+):\?\}", text))
    optional = set(re.findall(r"\$\{([A-Z_]+):-\}", text))
    assert needed
    assert needed | optional == set(example(DEPLOY / ".env.example"))
    assert "${" not in re.sub(r"\$\{[A-Z_]+:[?-]\}", "", text)


def test_every_setting_can_be_given_to_compose() -> None:
    inside = {"BROWSER_EXECUTABLE", "CRAWLERS_HOME", "LOG_FORMAT", "STOCKFISH_EXECUTABLE"}
    fixed = {"CRAWLERS_TEST", "SCRAPYD_PROJECT"}
    for role in ("api", "dispatcher", "scrapyd-1"):
        given = set(compose()["services"][role]["environment"])
        assert {name.upper() for name in Config.model_fields} - given == inside | fixed
    # Its reverse proxy is never on the loopback of its container.
    assert "FORWARDED_ALLOW_IPS" in compose()["services"]["api"]["environment"]


def test_files_that_compose_mounts_are_there_and_volumes_are_declared() -> None:
    for service in compose()["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file()
            else:
                assert source in compose()["volumes"]


def test_addresses_in_compose_name_services_and_their_ports() -> None:
    ports = {"postgres": 5432, "redis": 6379, "store": 3900, "scrapyd-1": 6800, "scrapyd-2": 6800}
    environment = compose()["services"]["api"]["environment"]
    found = re.findall(r"(?://|@)([a-z0-9-]+):(\d+)", " ".join(map(str, environment.values())))
    assert {name: int(port) for name, port in found} == ports
    assert set(ports) < set(compose()["services"])
    assert 'api_bind_addr = "0.0.0.0:3900"' in (DEPLOY / "garage.toml").read_text()


def test_nothing_is_published_but_the_api_and_that_to_this_machine_only() -> None:
    published = {n: s["ports"] for n, s in compose()["services"].items() if "ports" in s}
    assert published == {"api": ["127.0.0.1:8000:8000"]}
    assert compose()["services"]["api"]["command"][-2:] == ["--port", "8000"]


@pytest.mark.parametrize("name", [*compose()["services"]])
def test_every_service_is_bounded_and_watched(name: str) -> None:
    service = compose()["services"][name]
    assert {"cpus", "memory"} == set(service["deploy"]["resources"]["limits"])
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "healthcheck" in service or service["image"] == "crawlers"
