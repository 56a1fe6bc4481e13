"""A cluster is removed only when nobody uses it, and only one that was made here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers.errors import StorageError
from crawlers.storage import system
from crawlers.storage.embedded import EmbeddedPostgres, drop
from tests.storage.embedding import User, ask, kill_server, write


def dropped(home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "crawlers.storage.embedded", str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_cluster_is_removed_only_when_nobody_uses_it(home: Path) -> None:
    drop(home)  # nothing is there yet
    server = EmbeddedPostgres(home)
    write(server.url())
    folder = (home / "postgres").resolve()
    assert "is in use" in dropped(home).stderr
    kill_server(server)
    assert dropped(home).returncode == 1, "its user is still there"
    server.close()
    assert dropped(home).stderr == ""
    assert not folder.exists()
    assert not os.path.lexists(home / "postgres")


def test_a_cluster_whose_server_outlived_its_users_stays(home: Path) -> None:
    user = User(home)
    url = user.url()
    user.kill()
    with pytest.raises(StorageError, match="is in use"):
        drop(home)
    assert ask(url, "SELECT 1") == 1
    last = EmbeddedPostgres(home)
    last.url()
    last.close()


def test_a_link_that_was_not_made_here_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "postgres").symlink_to(tmp_path / "data")
    with pytest.raises(StorageError, match="was not made here"):
        drop(tmp_path / "home")
    assert (tmp_path / "data").is_dir()
    (tmp_path / "home" / "postgres").unlink()


def test_a_link_whose_cluster_is_gone_is_removed(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(system.SYSTEM / "cluster-gone")
    drop(tmp_path)
    assert not (tmp_path / "postgres").is_symlink()
