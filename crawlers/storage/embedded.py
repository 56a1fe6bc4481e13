"""An embedded PostgreSQL: one server for each home folder, shared by every process that uses it.

A user holds a shared lock on a file for as long as it uses the server. The kernel releases it,
however the process ends. Whoever leaves and gets that lock for itself is the last and stops the
server. A second lock makes sure that only one process starts it.
"""

import atexit
import fcntl
import os
import pwd
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from signal import SIGINT
from tempfile import mkdtemp
from typing import NamedTuple
from urllib.parse import quote

from crawlers.errors import StorageError
from crawlers.storage.system import (
    cluster_folder,
    existing_cluster,
    programs,
    server_identity,
    server_programs,
)

PATIENCE_S = 300
"""How long a start may take: recovery after a crash reads the whole log again."""

SETTINGS = """\
listen_addresses = ''
port = 5432
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
hba_file = 'pg_hba.conf'
ident_file = 'pg_ident.conf'
max_connections = 60
shared_buffers = 128MB
wal_level = minimal
max_wal_senders = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
"""
"""A laptop's settings. What makes it durable (fsync, synchronous_commit) stays as PostgreSQL ships
it. Nothing listens on TCP."""

ACCESS = "local all all peer map=crawlers\n"
"""The kernel says who is at the other end of the socket; only ourselves may be."""

PLAIN = re.compile(r"/[A-Za-z0-9_./-]{1,85}")
"""A folder for sockets: the kernel allows about 100 bytes for the whole path, libpq no comma."""

PROCESSES = Path("/proc")

ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
"""Nothing of the caller's, where PGPORT and its kin would change the server."""


class Postmaster(NamedTuple):
    """What the server says of itself in ``postmaster.pid``. No *sockets*: it has just begun."""

    pid: int
    sockets: Path | None
    ready: bool


class EmbeddedPostgres:
    """The server of one home folder. Not for use by several threads at once.

    The cluster is ``<home>/postgres/data``; as root ``<home>/postgres`` is a link
    (`crawlers.storage.system`).
    """

    def __init__(self, home: Path) -> None:
        """Use the server of *home*. Nothing is made or started before `url`."""
        self._home = home
        self._folder = home / "postgres"
        self._users: int | None = None
        self._process = 0

    @cached_property
    def bin(self) -> Path:
        """The folder with psql and pg_dump, of the server's own version."""
        return programs()

    def url(self) -> str:
        """Return a libpq address of the running server, started or joined. Blocks.

        Call it again when the server was lost. Raises StorageError.
        """
        try:
            self._enter()
            if _answering(self._folder / "data") is None:
                with _locked(self._folder / "start.lock"):
                    _start(self._folder)
            return _url(self._folder / "data")
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise StorageError(f"embedded PostgreSQL in {self._home}: {error}") from error
            raise

    def pid(self) -> int | None:
        """Return the server's process id, or None while nobody answers."""
        server = _answering(self._folder / "data")
        return server.pid if server else None

    def close(self) -> None:
        """Leave the server; the last one stops it. Also called when the interpreter ends."""
        if self._users is None:
            return
        users, self._users = self._users, None
        atexit.unregister(self.close)
        try:
            # After a fork the lock is the parent's as well: not ours to give up.
            if self._process == os.getpid() and _is_last(users):
                _stop(self._folder / "data")
        finally:
            os.close(users)

    def _enter(self) -> None:
        if self._users is None:
            self._folder = cluster_folder(self._home)
            users = _opened(self._folder / "users.lock")
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for one who is just stopping the server
            self._users, self._process = users, os.getpid()
            atexit.register(self.close)


def drop(home: Path) -> None:
    """Remove the cluster of *home* with all its data; as root also the link to it.

    Stops nothing. That there is no cluster is no error. Raises StorageError while anybody uses
    it or its server runs, and for a link that was not made here. Then nothing is removed.
    """
    place = home / "postgres"
    folder = existing_cluster(home)
    try:
        if folder.is_dir():
            _remove(folder)
        if place.is_symlink():
            place.unlink()
    except OSError as error:
        raise StorageError(f"{place} could not be removed: {error}") from error


def _remove(folder: Path) -> None:
    users = _opened(folder / "users.lock")
    try:
        if not _is_last(users) or _is_alive(_postmaster(folder / "data"), folder / "data"):
            raise StorageError(f"the PostgreSQL in {folder} is in use: end what uses it first")
        shutil.rmtree(folder)
    finally:
        os.close(users)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _opened(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_last(users: int) -> bool:
    # Unlock first: of two who leave at once, one must find the other gone.
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _postmaster(data: Path) -> Postmaster | None:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:  # noqa: PLR2004 - the status is the eighth line, written last
        return Postmaster(int(lines[0]), None, ready=False) if lines else None
    return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")


def _answering(data: Path) -> Postmaster | None:
    server = _postmaster(data)
    if server is None or not server.ready or server.sockets is None:
        return None
    if not _is_private(server.sockets, data):
        return None
    with closing(socket.socket(socket.AF_UNIX)) as client:
        try:
            client.connect(str(server.sockets / ".s.PGSQL.5432"))
        except OSError:
            return None
    return server


def _is_private(folder: Path, data: Path) -> bool:
    """Tell whether only the owner of *data* could have put a socket into *folder*."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    ours = found.st_uid == data.stat().st_uid and not found.st_mode & 0o077
    return ours and stat.S_ISDIR(found.st_mode)


def _url(data: Path) -> str:
    server = _answering(data)
    if server is None:
        raise StorageError(f"PostgreSQL in {data} does not answer: {_reason(data, '')}")
    return f"postgresql://postgres@/postgres?host={quote(str(server.sockets))}"


def _name(data: Path) -> str:
    """Return the argument that marks the postmaster of *data*, and shows in every process list."""
    return f"cluster_name=crawlers-{sha256(os.fsencode(data)).hexdigest()[:12]}"


def _is_alive(server: Postmaster | None, data: Path) -> bool:
    """Tell a living postmaster of *data* from a zombie and from a number that was given again."""
    if server is None:
        return False
    try:
        if PROCESSES.is_dir():
            return _name(data) in (PROCESSES / str(server.pid) / "cmdline").read_text()
        os.kill(server.pid, 0)
    except OSError:
        return False
    return True


def _start(folder: Path) -> None:
    data = folder / "data"
    if _answering(data):
        return
    if not data.exists():
        _initialise(folder)
    if _is_alive(_postmaster(data), data):  # whoever started it was killed before it was ready
        _until(lambda: (server := _postmaster(data)) is None or server.ready, PATIENCE_S)
        return
    _write_settings(folder)
    _disown(data)
    with suppress(FileNotFoundError):
        (data / "server.log").replace(data / "server.log.1")
    command = ["pg_ctl", "start", "-s", "-w", "-t", str(PATIENCE_S), "-D", "data"]
    command += ["-l", "data/server.log"]
    command += ["-o", f"-c config_file=postgresql.conf -c {_name(data)}"]
    end = time.monotonic() + 30
    while problem := _run(folder, *command):
        # Sessions of a killed server may finish a statement before they notice.
        if "still in use" not in problem or time.monotonic() > end:
            raise StorageError(f"PostgreSQL did not start: {problem}")
        time.sleep(0.1)


def _initialise(folder: Path) -> None:
    identity = server_identity()
    scratch, sockets = folder / "data.new", folder / "sockets"
    shutil.rmtree(scratch, ignore_errors=True)
    for part in (scratch, sockets):
        part.mkdir(mode=0o700, exist_ok=True)
        if identity:
            os.chown(part, identity["user"], identity["group"])
    command = ["initdb", "-D", scratch.name, "-U", "postgres", "--auth=peer", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if problem := _run(folder, *command):
        raise StorageError(f"PostgreSQL could not make a cluster: {problem}")
    scratch.rename(folder / "data")
    parent = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _write_settings(folder: Path) -> None:
    sockets = folder / "sockets"
    if not PLAIN.fullmatch(str(sockets)):
        sockets = _short_folder(folder / "data")
    names = {pwd.getpwuid(uid).pw_name for uid in (os.geteuid(), (folder / "data").stat().st_uid)}
    (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # postmaster.pid guards enough
    texts = {
        "postgresql.conf": SETTINGS.format(sockets=sockets),
        "pg_hba.conf": ACCESS,
        "pg_ident.conf": "".join(f'crawlers "{name}" postgres\n' for name in sorted(names)),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)


def _short_folder(data: Path) -> Path:
    former = _postmaster(data)
    if former and former.sockets and _is_private(former.sockets, data):
        return former.sockets
    runtime = Path(f"/run/user/{os.geteuid()}")
    usable = os.access(runtime, os.W_OK) and _is_private(runtime, data)
    return Path(mkdtemp(prefix="crawlers-", dir=runtime if usable else None))


def _disown(data: Path) -> None:
    # PostgreSQL believes any living process of that number, even a zombie, but not its starter.
    # Removing the file would also remove the number of the shared memory that it checks.
    with suppress(FileNotFoundError):
        lines = (data / "postmaster.pid").read_text().splitlines(keepends=True)
        (data / "postmaster.pid").write_text("".join([f"{os.getpid()}\n", *lines[1:]]))


def _run(folder: Path, name: str, *arguments: str) -> str:
    """Run one of the server's programs. Return what went wrong, or an empty text."""
    ended = subprocess.run(  # noqa: S603 - the arguments are ours
        [server_programs() / name, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the caller
        check=False,
        **server_identity(),
    )
    said = ended.stderr.decode(errors="replace")
    return _reason(folder / "data", said) if ended.returncode else ""


def _reason(data: Path, said: str) -> str:
    with suppress(OSError):
        said += (data / "server.log").read_text(errors="replace")
    lines = [line for line in said.splitlines() if line.strip()] or ["it did not say why"]
    telling = [line for line in lines if re.search("FATAL|PANIC|error:", line)]
    return (telling or lines)[-1].strip()


def _stop(data: Path) -> None:
    server = _postmaster(data)
    if server is None or not _is_alive(server, data):
        return
    with suppress(ProcessLookupError):
        os.kill(server.pid, SIGINT)  # PostgreSQL's fast shutdown: sessions end, all is written
    _until(lambda: _postmaster(data) is None or not _is_alive(server, data), PATIENCE_S)
    if server.sockets and server.sockets.parent != data.parent:
        shutil.rmtree(server.sockets, ignore_errors=True)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


if __name__ == "__main__":  # python -m crawlers.storage.embedded <home> ...: drop their clusters
    try:
        for argument in sys.argv[1:]:
            drop(Path(argument))
    except StorageError as error:
        sys.exit(str(error))
