"""``make setup`` finds an engine, or says in one line what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers.analysis import find, setup
from crawlers.config import config
from crawlers.packages import apt, works
from tests.analysis.stand_in import engine

APT = """#!/bin/sh
echo "$@" >> {log}
exit {code}
"""


def set_up(**environment: str) -> str:
    """Run it with nothing but *environment*; return its one line."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "crawlers.analysis.setup"],
        check=True, capture_output=True, text=True, env=environment, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    return line.removeprefix("Engine analysis: ")


def test_the_engine_that_is_named_is_started_and_said(tmp_path: Path) -> None:
    path = str(engine(tmp_path))
    assert set_up(PATH="", STOCKFISH_EXECUTABLE=path) == f"{path} (Stand-in 1.0)"


def test_one_on_the_path_comes_first(tmp_path: Path) -> None:
    (tmp_path / "stockfish").symlink_to(engine(tmp_path))
    assert set_up(PATH=str(tmp_path)) == f"{tmp_path / 'stockfish'} (Stand-in 1.0)"


def test_a_named_one_that_is_none_is_said(tmp_path: Path) -> None:
    said = set_up(PATH="", STOCKFISH_EXECUTABLE=str(tmp_path))
    assert said.startswith("STOCKFISH_EXECUTABLE is wrong: expected the path of")
    assert set_up(PATH="", STOCKFISH_EXECUTABLE="/bin/true").startswith(
        "/bin/true cannot be used as a chess engine: "
    )


def test_where_there_is_none_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    config.cache_clear()
    monkeypatch.setattr(find, "PLACES", ("nowhere",))
    monkeypatch.setenv("PATH", "/nowhere")
    said = setup.said()
    assert said.startswith("no Stockfish was found: install one (Debian, Ubuntu: apt-get install")
    assert len(said.splitlines()) == 1


def test_root_installs_the_package_with_new_lists_only_where_the_old_ones_do_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "apt-get").write_text(APT.format(log=tmp_path / "log", code=1))
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert list(apt("stockfish")) == [], "only root installs packages"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert [works(way) for way in apt("stockfish")] == [False, False]
    install = "-qq --yes install --no-install-recommends stockfish"
    assert (tmp_path / "log").read_text().splitlines() == [install, "-qq --yes update"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert list(apt("stockfish")) == []
