"""What the server of a cluster says of itself: in ``postmaster.pid``, on its socket, in its log."""

import os
import re
import socket
import stat
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from crawlers.errors import StorageError

PROCESSES = Path("/proc")


class Postmaster(NamedTuple):
    """What the server says of itself in ``postmaster.pid``. No *sockets*: it has just begun."""

    pid: int
    sockets: Path | None
    ready: bool


def postmaster_of(data: Path) -> Postmaster | None:
    """Return what ``postmaster.pid`` says, or None where there is none."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:  # noqa: PLR2004 - the status is the eighth line, written last
        return Postmaster(int(lines[0]), None, ready=False) if lines else None
    return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")


def answering(data: Path) -> Postmaster | None:
    """Return the server of *data* if it is ready and takes connections."""
    server = postmaster_of(data)
    if server is None or not server.ready or server.sockets is None:
        return None
    if not is_private(server.sockets, data):
        return None
    with closing(socket.socket(socket.AF_UNIX)) as client:
        try:
            client.connect(str(server.sockets / ".s.PGSQL.5432"))
        except OSError:
            return None
    return server


def is_private(folder: Path, data: Path) -> bool:
    """Tell whether only the owner of *data* could have put a socket into *folder*."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    ours = found.st_uid == data.stat().st_uid and not found.st_mode & 0o077
    return ours and stat.S_ISDIR(found.st_mode)


def url_of(data: Path) -> str:
    """Return the libpq address of the running server. Raises StorageError."""
    server = answering(data)
    if server is None:
        raise StorageError(f"PostgreSQL in {data} does not answer: {reason_of(data, '')}")
    return f"postgresql://postgres@/postgres?host={quote(str(server.sockets))}"


def argument_of(data: Path) -> str:
    """Return the argument that marks the postmaster of *data*, and shows in every process list."""
    return f"cluster_name=crawlers-{sha256(os.fsencode(data)).hexdigest()[:12]}"


def is_alive(server: Postmaster | None, data: Path) -> bool:
    """Tell a living postmaster of *data* from a zombie and from a number that was given again."""
    if server is None:
        return False
    try:
        if PROCESSES.is_dir():
            return argument_of(data) in (PROCESSES / str(server.pid) / "cmdline").read_text()
        os.kill(server.pid, 0)
    except OSError:
        return False
    return True


def reason_of(data: Path, said: str) -> str:
    """Return the line that tells most of what a program *said*, and of the server's log."""
    with suppress(OSError):
        said += (data / "server.log").read_text(errors="replace")
    lines = [line for line in said.splitlines() if line.strip()] or ["it did not say why"]
    telling = [line for line in lines if re.search("FATAL|PANIC|error:", line)]
    return (telling or lines)[-1].strip()
