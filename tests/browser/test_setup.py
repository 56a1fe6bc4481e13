"""What ``make setup`` says of the browser."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers.browser import setup
from tests.crawls.run import ROOT


def said(**environment: str) -> str:
    """Run it as ``make setup`` does; its exit code must be 0 whatever it finds."""
    done = subprocess.run(
        [sys.executable, "-m", "crawlers.browser.setup"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_browser_of_this_machine_is_named() -> None:
    line = said()
    assert line.startswith("Chromium: /")
    assert Path(line.removeprefix("Chromium: ").strip()).is_file()


def test_a_named_browser_that_does_not_run_is_answered_by_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    line = said(BROWSER_EXECUTABLE=str(broken))
    assert line.count("\n") == 1
    assert "apt-get install chromium" in line
    assert "BROWSER_EXECUTABLE" in line


def test_a_remote_browser_needs_none_here_and_its_password_is_not_shown() -> None:
    line = said(BROWSER_CDP_URL="wss://user:geheim@127.0.0.1:9")
    assert "BROWSER_CDP_URL" in line
    assert "geheim" not in line


def test_a_wrong_variable_is_said_in_one_line() -> None:
    line = said(BROWSER_CDP_URL="gopher://user:geheim@127.0.0.1")
    assert "BROWSER_CDP_URL is wrong" in line
    assert "geheim" not in line


@pytest.mark.parametrize("command", [["sleep", "60"], ["no-such-program"], ["false"]])
def test_an_installer_that_hangs_is_missing_or_fails_is_no_success(command: list[str]) -> None:
    assert not setup.succeeds(command, 0.2)
