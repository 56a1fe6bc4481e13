"""The embedded server keeps to itself: nobody else gets in, no signal or failure reaches it."""

import os
import pwd
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from crawlers.errors import StorageError
from crawlers.storage import cluster, system
from crawlers.storage.embedded import EmbeddedPostgres
from tests.storage.embedding import USER, User, ask


def as_nobody(work: Callable[[], None]) -> int:
    """Run *work* in a fork, as an ordinary user where we are root. Return its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                nobody = pwd.getpwnam("nobody")
                os.setgroups([])
                os.setgid(nobody.pw_gid)
                os.setuid(nobody.pw_uid)
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - a fork must not come back into pytest
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_no_mode_of_a_parent_folder_changes(server: EmbeddedPostgres, home: Path) -> None:
    parents = [*home.parents, *system.programs().parents]
    before = [parent.stat().st_mode for parent in parents]
    assert ask(server.url(), "SELECT 1") == 1
    assert [parent.stat().st_mode for parent in parents] == before
    assert home.parent.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name", ["home", "long" * 40, 'it\'s a "home", $HOME; \\n'], ids=["plain", "long", "odd"]
)
def test_an_ordinary_user_has_a_server_of_its_own(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = system.server_programs()  # readable for everybody, where we are root
    monkeypatch.setattr(cluster, "server_programs", lambda: programs)
    owner = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    os.chown(home.parent, owner, -1)

    def work() -> None:
        server = EmbeddedPostgres(home.parent / name)
        url = server.url()
        data = home.parent / name / "postgres" / "data"
        assert ask(url, "SHOW data_directory") == str(data)
        assert data.stat().st_uid == os.geteuid()
        assert len(url) < 130
        server.close()
        assert not (data / "postmaster.pid").exists()

    assert as_nobody(work) == 0


def test_nobody_else_may_connect(server: EmbeddedPostgres, home: Path) -> None:
    url = server.url()
    sockets = Path(url.partition("?host=")[2])
    assert ask(url, "SHOW listen_addresses") == ""
    assert [path.stat().st_mode & 0o777 for path in (sockets, sockets / ".s.PGSQL.5432")] == [
        0o700,
        0o700,
    ]
    assert (home / "postgres" / "pg_hba.conf").read_text() == "local all all peer map=crawlers\n"

    def work() -> None:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url if os.geteuid() == pwd.getpwnam("nobody").pw_uid else url + "/no")

    assert as_nobody(work) == 0


def test_a_folder_of_sockets_that_is_open_to_others_is_not_trusted(
    server: EmbeddedPostgres,
) -> None:
    sockets = Path(server.url().partition("?host=")[2])
    sockets.chmod(0o777)
    assert server.pid() is None
    with pytest.raises(StorageError, match="does not answer"):
        server.url()
    sockets.chmod(0o700)
    assert server.pid() is None, "the failed user has left, and was the last"


def test_an_interrupt_of_the_terminal_does_not_reach_the_server(
    server: EmbeddedPostgres, home: Path
) -> None:
    user = User(home)
    url = user.url()
    assert server.url() == url
    pid = server.pid()
    os.killpg(user.process.pid, signal.SIGINT)
    user.process.wait(60)
    assert server.pid() == pid is not None


def test_the_server_does_not_hold_the_output_of_its_starter(
    server: EmbeddedPostgres, home: Path
) -> None:
    program = USER.replace("sys.stdin.read()", "import os; os._exit(7)")
    ended = subprocess.run(
        [sys.executable, "-c", program, str(home)], capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 7
    assert ended.stderr == b""
    assert server.pid() is not None, "it still runs, and its starter's output has ended"
    assert ask(server.url(), "SELECT 1") == 1


def test_without_the_wheel_the_error_says_what_to_install(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "PACKAGE", "no_such_wheel")
    with pytest.raises(StorageError, match=r"pip install crawlers\[embedded\].*DATABASE_URL"):
        server.url()


def test_a_cluster_that_cannot_be_written_is_one_line_and_can_be_tried_again(
    server: EmbeddedPostgres,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StorageError, match="could not make a cluster: ") as caught:
            server.url()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert ask(server.url(), "SELECT 1") == 1


def test_a_home_that_is_a_file_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StorageError, match="File exists"):
        EmbeddedPostgres(tmp_path / "home").url()
