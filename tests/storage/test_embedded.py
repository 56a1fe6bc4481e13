"""The embedded server: shared by processes, gone with the last of them, never open to others."""

import os
import pwd
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest

from crawlers.errors import StorageError
from crawlers.storage import cluster, system
from crawlers.storage.embedded import EmbeddedPostgres, drop

USER = """
import sys
from pathlib import Path
from crawlers.storage.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.url(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a folder for one cluster, below a private one; leave nothing of it, and no user."""
    private = Path(tempfile.mkdtemp())
    yield private / "home"
    for user in User.started:
        user.kill()
    User.started.clear()
    drop(private / "home")
    shutil.rmtree(private)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    """Give a user of that cluster."""
    user = EmbeddedPostgres(home)
    yield user
    user.close()


class User:
    """Another process that uses the server of *home* until it is told to leave."""

    started: ClassVar[list["User"]] = []

    def __init__(self, home: Path) -> None:
        """Start it; `url` waits for it."""
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", USER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(self)

    def url(self) -> str:
        """Wait until it has the server."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        """Let it end as a program ends."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(60) == 0

    def kill(self) -> None:
        """End it as the kernel ends a process."""
        self.process.kill()
        with self.process:  # closes its pipes
            self.process.wait(60)


def ask(url: str, query: str) -> object:
    """Return the first value of *query*."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def write(url: str) -> None:
    """Make a table with one row."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")


def kill_server(server: EmbeddedPostgres) -> None:
    """Kill the postmaster and wait until it has ended."""
    pid = server.pid()
    assert pid is not None
    watch = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    with os.fdopen(watch):
        assert select.select([watch], [], [], 30)[0]


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


def test_two_processes_share_one_server_and_the_last_one_stops_it(home: Path) -> None:
    first, watcher = User(home), EmbeddedPostgres(home)
    url = first.url()
    pid = watcher.pid()
    second = User(home)
    assert second.url() == url
    first.leave()
    assert ask(url, "SELECT 1") == 1
    assert watcher.pid() == pid is not None
    second.leave()
    assert watcher.pid() is None


def test_six_processes_at_once_make_one_cluster_and_start_one_server(home: Path) -> None:
    users = [User(home) for _ in range(6)]
    assert len({user.url() for user in users}) == 1
    with ThreadPoolExecutor() as pool:  # all at once
        list(pool.map(User.leave, users))
    data = home / "postgres" / "data"
    assert (data / "server.log").read_text().count("ready to accept connections") == 1
    assert not (data / "server.log.1").exists()
    assert not (data / "postmaster.pid").exists()


def test_a_killed_server_is_started_again_with_its_data(server: EmbeddedPostgres) -> None:
    write(server.url())
    kill_server(server)
    assert server.pid() is None
    assert ask(server.url(), "SELECT value FROM kept") == 42


def test_another_process_restarts_a_killed_server(server: EmbeddedPostgres, home: Path) -> None:
    write(server.url())
    kill_server(server)
    other = User(home)
    assert ask(other.url(), "SELECT value FROM kept") == 42
    other.leave()
    assert server.pid() is not None, "one user is left"


def test_a_killed_user_does_not_keep_the_server_alive(home: Path) -> None:
    first = User(home)
    url = first.url()
    first.kill()
    assert ask(url, "SELECT 1") == 1, "nobody has stopped it yet"
    second = User(home)
    assert second.url() == url
    second.leave()
    assert EmbeddedPostgres(home).pid() is None


def test_a_process_number_that_was_given_again_does_not_prevent_a_start(
    server: EmbeddedPostgres, home: Path
) -> None:
    write(server.url())
    kill_server(server)
    stranger = User(home / "elsewhere")  # any living process
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(stranger.process.pid), *lines[1:]]) + "\n")
    assert ask(server.url(), "SELECT value FROM kept") == 42
    stranger.url()
    stranger.leave()
    drop(home / "elsewhere")


def test_a_server_that_was_closed_can_be_used_again(server: EmbeddedPostgres) -> None:
    write(server.url())
    server.close()
    server.close()
    assert server.pid() is None
    assert ask(server.url(), "SELECT value FROM kept") == 42


def test_a_fork_does_not_stop_the_server_of_its_parent(server: EmbeddedPostgres) -> None:
    server.url()
    pid = server.pid()
    if (child := os.fork()) == 0:
        server.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert server.pid() == pid is not None


def test_no_mode_of_a_parent_folder_changes(server: EmbeddedPostgres, home: Path) -> None:
    parents = [*home.parents, *server.bin.parents]
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
