"""``make setup`` finds a Chromium, or says in one line what to do."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from crawlers import packages
from crawlers.browser.recipe import Recipe
from crawlers.config import config
from crawlers.errors import ConfigError

MODULE = [sys.executable, "-W", "error", "-m", "crawlers.browser.setup"]


def set_up(**environment: str) -> str:
    """Run it with nothing but *environment*; return its one line."""
    done = subprocess.run(
        MODULE, check=True, capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    return line.removeprefix("Rendered pages: ")


def test_a_chromium_on_the_path_is_found_and_tried(tmp_path: Path) -> None:
    assert set_up(PATH="/usr/bin:/bin", HOME=str(tmp_path)) == "/usr/bin/chromium"


def test_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    link = tmp_path / "my-chromium"
    link.symlink_to("/usr/bin/chromium")
    assert set_up(PATH="/usr/bin:/bin", BROWSER_EXECUTABLE=str(link)) == str(link)


def test_a_named_one_that_is_none_is_said(tmp_path: Path) -> None:
    assert set_up(PATH="/usr/bin:/bin", BROWSER_EXECUTABLE=str(tmp_path)) == (
        "BROWSER_EXECUTABLE is wrong: expected the path of an executable Chromium or Chrome"
    )


def test_a_named_one_that_does_not_start_is_said() -> None:
    line = set_up(PATH="/usr/bin:/bin", BROWSER_EXECUTABLE="/bin/true")
    assert line.startswith("/bin/true does not start; no Chromium was found: install one")


def test_where_nothing_can_be_installed_one_line_says_what_to_do(tmp_path: Path) -> None:
    # Neither a browser nor apt-get on the path, and a download from where nobody listens.
    (tmp_path / "env").symlink_to("/usr/bin/env")
    line = set_up(
        PATH=str(tmp_path),
        HOME=str(tmp_path),
        PLAYWRIGHT_BROWSERS_PATH=str(tmp_path),
        PLAYWRIGHT_DOWNLOAD_HOST="http://127.0.0.1:9",
    )
    assert line.startswith("no Chromium was found: install one (Debian, Ubuntu: apt-get install")


def test_a_remote_browser_needs_none_here() -> None:
    line = set_up(PATH="/usr/bin", BROWSER_CDP_URL="wss://u:s3cret@127.0.0.1:9222")
    assert line == "BROWSER_CDP_URL names a remote browser."


def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    script = f"(trap '' TERM; while :; do :; done) & echo $! > {tmp_path}/pid; wait"
    assert packages.run("sh", "-c", script, limit_s=2) == ""
    pid = int((tmp_path / "pid").read_text())
    with suppress(psutil.NoSuchProcess):
        left = psutil.wait_procs([psutil.Process(pid)], timeout=30)[1]
        assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROWSER_CDP_URL", "brd.superproxy.io:9222"),
        ("BROWSER_CDP_URL", "ftp://user:s3cret@host"),
        ("BROWSER_CDP_URL", "ws://user:s3cret@"),
        ("BROWSER_CDP_URL", "ws://user:s3cret@host:port"),
        ("BROWSER_EXECUTABLE", "/nowhere/s3cret"),
        ("BROWSER_EXECUTABLE", __file__),
    ],
)
def test_a_wrong_value_is_refused_without_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    config.cache_clear()
    with pytest.raises(ConfigError, match=f"{name} is wrong: expected") as caught:
        config()
    assert "s3cret" not in str(caught.value)
    config.cache_clear()


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": "("},
        {"answer": "x", "address": "("},
        {"blocks": frozenset({"images"})},
        {"scrolls": -1},
        {"time_limit_s": 0},
    ],
)
def test_a_recipe_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Recipe(**wrong)  # type: ignore[arg-type]
