"""The way out of a message: no connection to a private address, and none without an end.

Services are reached by libraries that resolve names themselves, wait for each byte anew, and keep
all of an answer. Python tells of every connection, with the address that it really goes to, before
it is made: there private ones are refused, and the others known, to be cut when it is enough.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from threading import Event, Lock, Thread
from typing import Any

from crawlers.addresses import is_private
from crawlers.errors import PrivateAddressError

LOOK_S = 0.1
"""Between two looks at what has come."""
ANSWER_MAX = 4 * 1024 * 1024
"""Bytes of all answers to a message. Between two looks there may be more of them."""
TCP_INFO_BYTES = 136
RECEIVED = slice(128, 136)
"""Where Linux says how many bytes have come, since version 4.1."""

_way: ContextVar["Way | None"] = ContextVar("way", default=None)
"""Set in a thread that is guarded."""


class Way:
    """The connections of a thread.

    *refused* are the private addresses that it wanted to; *end* is why the others were cut.
    """

    def __init__(self, *, is_free: bool) -> None:
        """Let it connect to private addresses, too, where it *is_free*."""
        self.refused: list[str] = []
        self.end: str | None = None
        self._is_free = is_free
        self._lock = Lock()
        self._open: list[socket.socket] = []

    def connect(self, one: socket.socket, host: str) -> None:
        """Take note that *one* goes to *host*, or refuse it."""
        if not self._is_free and is_private(host):
            self.refused.append(host)
            raise PrivateAddressError(f"{host[:100]} is a private address")
        with self._lock:
            if self.end is not None:
                raise TimeoutError(self.end)
            # Another handle of the same connection: TLS takes the first one away.
            self._open.append(socket.socket(fileno=os.dup(one.fileno())))

    def watch(self, most_s: float, is_done: Event) -> None:
        """Cut all connections when it is enough, unless it *is_done* before."""
        ends = time.monotonic() + most_s
        while not is_done.wait(LOOK_S):
            with self._lock:
                if sum(map(_received, self._open)) > ANSWER_MAX:
                    self.end = "its answer is too long"
                elif time.monotonic() > ends:
                    self.end = "no answer in time"
                else:
                    continue
                for one in self._open:
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                return

    def close(self) -> None:
        """Let go of what is known."""
        with self._lock:
            for one in self._open:
                one.close()


@contextmanager
def guarded(most_s: float, *, is_free: bool = False) -> Iterator[Way]:
    """Refuse private addresses to this thread for the block, unless it *is_free*.

    After *most_s* its connections are cut, and none is made any more.
    """
    _listen()
    way = Way(is_free=is_free)
    is_done = Event()
    watcher = Thread(target=way.watch, args=(most_s, is_done), daemon=True)
    token = _way.set(way)
    watcher.start()
    try:
        yield way
    finally:
        _way.reset(token)
        is_done.set()
        watcher.join()
        way.close()


def _received(one: socket.socket) -> int:
    """Return how many bytes have come on a connection, as far as the system tells."""
    try:
        info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    except (OSError, AttributeError):
        return 0
    return int.from_bytes(info[RECEIVED], sys.byteorder)


@cache
def _listen() -> None:
    """Listen to the connections of this process, from now on: nobody can stop listening."""
    sys.addaudithook(_connecting)


def _connecting(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    way = _way.get()
    if way is None:
        return
    one, address = arguments
    way.connect(one, str(address[0]) if isinstance(address, tuple) else str(address))
