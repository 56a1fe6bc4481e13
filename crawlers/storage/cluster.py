"""A cluster and its server: made, configured, started, stopped. Who may do it, others decide."""

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import SIGINT
from tempfile import mkdtemp

from crawlers.errors import StorageError
from crawlers.storage.postmaster import (
    answering,
    argument_of,
    is_alive,
    is_private,
    postmaster_of,
    reason_of,
)
from crawlers.storage.system import server_identity, server_programs

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

ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
"""Nothing of the caller's, where PGPORT and its kin would change the server."""


def start(folder: Path) -> None:
    """Start the server of the cluster in *folder*, made if need be. Raises StorageError."""
    data = folder / "data"
    if answering(data):
        return
    if not data.exists():
        _initialise(folder)
    if is_alive(postmaster_of(data), data):  # whoever started it was killed before it was ready
        _until(lambda: (server := postmaster_of(data)) is None or server.ready, PATIENCE_S)
        return
    _write_settings(folder)
    _disown(data)
    with suppress(FileNotFoundError):
        (data / "server.log").replace(data / "server.log.1")
    command = ["pg_ctl", "start", "-s", "-w", "-t", str(PATIENCE_S), "-D", "data"]
    command += ["-l", "data/server.log"]
    command += ["-o", f"-c config_file=postgresql.conf -c {argument_of(data)}"]
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
    former = postmaster_of(data)
    if former and former.sockets and is_private(former.sockets, data):
        return former.sockets
    runtime = Path(f"/run/user/{os.geteuid()}")
    usable = os.access(runtime, os.W_OK) and is_private(runtime, data)
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
    return reason_of(folder / "data", said) if ended.returncode else ""


def stop(data: Path) -> None:
    """Stop the server of *data*, if one lives, and wait until it has ended."""
    server = postmaster_of(data)
    if server is None or not is_alive(server, data):
        return
    with suppress(ProcessLookupError):
        os.kill(server.pid, SIGINT)  # PostgreSQL's fast shutdown: sessions end, all is written
    _until(lambda: postmaster_of(data) is None or not is_alive(server, data), PATIENCE_S)
    if server.sockets and server.sockets.parent != data.parent:
        shutil.rmtree(server.sockets, ignore_errors=True)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
