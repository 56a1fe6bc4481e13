"""No secret is committed, and nothing starts without one."""

import subprocess

import pytest

from tests.crawls.run import ROOT
from tests.deploy.files import DEPLOY, UNITS, compose, example, of_kind, settings_of

NEEDED = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "SCRAPYD_PASSWORD", "AWS_ACCESS_KEY_ID",
          "AWS_SECRET_ACCESS_KEY", "GARAGE_RPC_SECRET"}  # fmt: skip


def test_examples_have_no_values() -> None:
    assert set(example(DEPLOY / ".env.example").values()) == {""}
    [secret] = of_kind("Secret")
    assert set(secret["stringData"].values()) == {""}


def test_compose_refuses_to_start_without_its_secrets() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    for name in NEEDED:
        assert f"${{{name}:?}}" in text
        assert f"${{{name}}}" not in text


def test_every_password_in_an_address_comes_from_outside() -> None:
    for service in compose()["services"].values():
        for name, value in service.get("environment", {}).items():
            if "@" in str(value) or "PASSWORD" in name or "SECRET" in name:
                assert ":?}" in value


def test_scrapyd_refuses_to_start_without_a_password() -> None:
    [pod] = [one for one in of_kind("StatefulSet") if one["metadata"]["name"] == "scrapyd"]
    [container] = pod["spec"]["template"]["spec"]["containers"]
    line = [*container["command"][:-1], container["command"][-1].replace("scrapyd", "echo up")]
    assert subprocess.run(line, env={}, check=False, capture_output=True).returncode != 0
    empty = subprocess.run(line, env={"SCRAPYD_PASSWORD": ""}, check=False, capture_output=True)
    assert (empty.returncode != 0, empty.stdout) == (True, b"")
    [unit] = [one for one in UNITS if "scrapyd" in one.stem]
    [before] = settings_of(unit)["ExecStartPre"]
    for name in ("SCRAPYD_USERNAME", "SCRAPYD_PASSWORD"):
        assert f'-n "${{{name}}}"' in before


@pytest.mark.parametrize("path", ["deploy/.env"])
def test_files_with_secrets_are_ignored_by_git(path: str) -> None:
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", path],  # noqa: S607 - the git of whoever tests
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0
