"""A server that listens, with a dispatcher beside it, until somebody ends it."""

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from crawlers.api.state import State

GRACE_S = 10
"""Requests in flight have so long when the server stops."""
DISPATCHER_GRACE_S = 60
"""The dispatcher has so long: its crawls finish what is in flight."""


class Server(uvicorn.Server):
    """Uvicorn's, which tells streams that it is about to stop, and leaves the signals to us."""

    state: State
    say: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so once it answers: whoever reads that may end it by a signal, too."""
        await super().startup(sockets)
        # What is there now stays: to look through it again and again would be pauses of 300 ms.
        gc.collect()
        gc.freeze()
        if self.started:
            self.say()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, and let streams end: they would hold their connections for ever."""
        super().handle_exit(sig, frame)
        self.state.closing.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not raise them again: what is ours is to be closed, the database first of all."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises OSError."""
    (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    # With its protocol named, or asyncio leaves Nagle's algorithm on: 40 ms for each answer.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(
    app: FastAPI, listener: socket.socket, say: Callable[[], None], dispatcher: Sequence[str] = ()
) -> int:
    """Answer requests until a signal comes. Return the exit code.

    *say* is called once it answers. *dispatcher* is the command line of one to run beside it: one
    that ends ends the server.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
    )
    server = Server(config)
    server.state, server.say = app.state.crawlers, say
    if not dispatcher:
        await server.serve([listener])
        return 0
    async with _beside(dispatcher) as process:
        ended = asyncio.create_task(process.wait())
        ended.add_done_callback(lambda _: server.handle_exit(0, None))
        await server.serve([listener])
        return 1 if ended.done() else 0


@asynccontextmanager
async def _beside(command: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run *command* as a child, in a session of its own: Ctrl-C is told to it once, by us."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), DISPATCHER_GRACE_S)
            except TimeoutError:
                process.kill()
                await process.wait()
            except asyncio.CancelledError:  # Ctrl-C once more: it is told so, too
                process.terminate()
                await process.wait()
                raise
