"""A shop that answers from memory: ``python -m benchmarks.server PAGES ITEMS [--announce]``.

Prints its address, then serves until standard input closes. All bytes are made before that, so
that it never is the slow part. With ``--announce`` it prints the monotonic clock, in seconds, at
which each connection's first request arrived.
"""

import asyncio
import sys
import time
from functools import partial

from benchmarks.listing import listing

HEAD = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
NOTHING = HEAD % (b"404 Not Found", b"text/plain", 0)


def answers(pages: int, items: int) -> dict[bytes, bytes]:
    """Return the whole answer for each path ``/list/<number>``."""
    bodies = {b"/list/%d" % number: listing(number, items) for number in range(pages)}
    return {
        path: HEAD % (b"200 OK", b"text/html", len(body)) + body for path, body in bodies.items()
    }


class Shop(asyncio.Protocol):
    """HTTP/1.1 with kept connections; reads GET requests only, pipelined or not."""

    def __init__(self, ready: dict[bytes, bytes], *, announce: bool) -> None:
        """Serve *ready*, path to answer."""
        self._ready = ready
        self._announce = announce
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where the answers go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP gives this kind
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        if self._announce:
            print(time.monotonic(), flush=True)
            self._announce = False
        *requests, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for request in requests:
            path = request.split(b" ", 2)[1]
            self._transport.write(self._ready.get(path, NOTHING))


async def serve(pages: int, items: int, *, announce: bool) -> None:
    """Serve until standard input closes."""
    loop = asyncio.get_running_loop()
    shop = partial(Shop, answers(pages, items), announce=announce)
    server = await loop.create_server(shop, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), announce="--announce" in sys.argv))
