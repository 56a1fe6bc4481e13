"""Start ``scrapy`` by a fork of a process that has imported everything.

What runs is Scrapy's own command line, in a process of its own, as after the imports of a start.
Starts from nothing stay in the tests of the README, of ``scrapy work`` and of Scrapyd.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from _thread import LockType
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from select import select
from threading import Lock
from typing import Any, NoReturn

from scrapy.cmdline import execute

import crawlers
import middlewares
import pipelines

ROOT = Path(__file__).parents[2]
STREAMS = (("stdin", "r", -1), ("stdout", "w", -1), ("stderr", "w", 1))
"""How Python opens them: of errors each line goes out at once."""
REQUEST_MAX = 1024 * 1024
INTERPRETER = (sys.executable, "-W", "error", "-m")
AFTER = len(INTERPRETER) + 1


class Warm(subprocess.Popen[str]):
    """A process like any other of `subprocess`, but forked by the mother, who waits for it, too."""

    # Private to Popen, the same since Python 3.9.
    _close_pipe_fds: Callable[..., None]
    _handle_exitstatus: Callable[[int], None]
    _waitpid_lock: LockType

    def _execute_child(self, *given: Any) -> None:
        """Ask the mother for the process; *given* are Popen's own private arguments."""
        args, env, out, err = (given[place] for place in (0, 6, 13, 15))
        self._status, theirs = os.pipe()
        try:
            self.pid = mother().fork(args[AFTER:], env, (out, err, theirs))
        finally:
            os.close(theirs)
            self._close_pipe_fds(*given[10:16])
        self._child_created = True

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """Return what waitpid would: the mother writes it when the process has ended."""
        os.set_blocking(self._status, not wait_flags & os.WNOHANG)
        try:
            told = os.read(self._status, 16)
        except BlockingIOError:
            return 0, 0
        os.close(self._status)
        return self.pid, int(told or signal.SIGKILL)

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode


class Mother:
    """The process that forks, and how to ask it."""

    def __init__(self) -> None:
        """Start it; it ends when this process does."""
        self._asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = Lock()
        with theirs:
            words = [*INTERPRETER, "tests.crawls.warm", str(theirs.fileno())]
            self._process = subprocess.Popen(words, cwd=ROOT, pass_fds=[theirs.fileno()])

    def fork(self, args: list[str], env: dict[str, str], fds: tuple[int, ...]) -> int:
        """Return the id of a new process with *fds* for output, errors and its exit status."""
        request = json.dumps([args, env]).encode()
        with self._lock:
            socket.send_fds(self._asked, [request], list(fds))
            return int(self._asked.recv(16))


_one_at_a_time = Lock()


def mother() -> Mother:
    """Return this process's own; threads that start crawls at the same time share it."""
    with _one_at_a_time:
        return _mother()


@cache
def _mother() -> Mother:
    return Mother()


def main() -> None:
    """Import, then fork for whoever asks, until nobody can ask any more."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    for name in modules():
        import_module(name)
    gc.freeze()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests
    started: dict[int, int] = {}
    while True:
        ready, _, _ = select([asked.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            tell(started)
        if asked.fileno() in ready:
            request, fds, _, _ = socket.recv_fds(asked, REQUEST_MAX, 3)
            if not request:
                asked.close()
                return
            if not (pid := os.fork()):
                for one in (asked.detach(), ended, wake, fds[2], *started.values()):
                    os.close(one)
                become(json.loads(request), fds[:2])
            os.close(fds[0])
            os.close(fds[1])
            started[pid] = fds[2]
            asked.send(str(pid).encode())


def tell(started: dict[int, int]) -> None:
    """Write how each process has ended that has."""
    for pid in list(started):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            with suppress(BrokenPipeError):
                os.write(started[pid], str(status).encode())
            os.close(started.pop(pid))


def become(request: tuple[list[str], dict[str, str]], fds: Sequence[int]) -> NoReturn:
    """Be ``scrapy`` with the given words and environment."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for place, one in enumerate([os.open(os.devnull, os.O_RDONLY), *fds]):
        os.dup2(one, place)
        os.close(one)
    # Those of the mother know what her own files can do.
    for place, (name, mode, buffering) in enumerate(STREAMS):
        stream = os.fdopen(place, mode, buffering, errors="backslashreplace")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)  # closed as late as its like
    words, environment = request
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["scrapy", *words]
    execute()
    sys.exit()


def modules() -> Iterator[str]:
    """Yield what is imported before: all that is ours, and what that needs."""
    for package in (crawlers, middlewares, pipelines):
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in found.name:  # Alembic imports those, in its own way
                yield found.name


if __name__ == "__main__":
    main()
