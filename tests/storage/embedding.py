"""Processes that use an embedded server, and what a test does to it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import psycopg

from crawlers.storage.embedded import EmbeddedPostgres
from tests.api.serving import PATIENCE_S, until

USER = """
import sys
from pathlib import Path
from crawlers.storage.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.url(), flush=True)
sys.stdin.read()
"""


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
        assert self.process.wait(PATIENCE_S) == 0

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
    """Kill the postmaster, and wait until it has ended and nobody has its socket any more."""
    pid = server.pid()
    assert pid is not None
    watch = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    with os.fdopen(watch):
        assert select.select([watch], [], [], PATIENCE_S)[0]
    until(lambda: server.pid() is None)
