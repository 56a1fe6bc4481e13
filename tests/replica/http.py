"""Just enough HTTP/1.1 over plain asyncio: every byte and every end of a transfer is ours."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Request:
    """One request as it came in; `started` is its first byte on the monotonic clock."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    client: str
    started: float

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters; the last of equal names wins."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class Response:
    """An answer. A body of bytes has a Content-Length, a stream is sent in chunks."""

    body: bytes | AsyncIterator[bytes] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def stream(self) -> AsyncIterator[bytes]:
        """Give the body as a stream, whatever it is."""
        return _once(self.body) if isinstance(self.body, bytes) else self.body


def json_response(value: object, status: int = 200) -> Response:
    """Answer with *value* as JSON."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(body, status, {"Content-Type": "application/json"})


class CutError(Exception):
    """Raised by an answer that ends here and now: with a reset, or with an early FIN."""

    def __init__(self, how: Literal["rst", "fin"]) -> None:
        """Remember *how* the connection ends."""
        super().__init__(how)
        self.how = how


Serve = Callable[[Request, "Connection"], Coroutine[Any, Any, None]]


class Connection(asyncio.Protocol):
    """One client: reads requests one after the other and hands them to *serve*."""

    transport: asyncio.Transport

    def __init__(self, serve: Serve, connections: set["Connection"]) -> None:
        """Register in *connections* for as long as the connection lives."""
        self._serve = serve
        self._connections = connections
        self._buffer = b""
        self._started = 0.0
        self._task: asyncio.Task[None] | None = None
        self.control = False
        """Whether the test itself speaks here."""
        self._writable = asyncio.Event()
        self._writable.set()
        self.wrote_at = 0.0
        """Just before the latest bytes went out, on the monotonic clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep no byte in user space: `drain` then means handed to the kernel."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=0)
        host, port = self.transport.get_extra_info("peername")[:2]
        self.client = f"{host}:{port}"
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until a request is whole."""
        if not self._buffer:
            self._started = time.monotonic()
        self._buffer += data
        self._next_request()

    def eof_received(self) -> bool:
        """Take the client's FIN for a disconnect, also in the middle of an answer."""
        self.transport.abort()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """End the answer that nobody reads any more."""
        del exc
        self._connections.discard(self)
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        """Note that the kernel takes no more."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Note that the kernel took everything."""
        self._writable.set()

    def _next_request(self) -> None:
        if self._task or not (parsed := _parse(self._buffer)):
            return
        (method, target, headers, body), self._buffer = parsed
        request = Request(method, target, headers, body, self.client, self._started)
        self._started = time.monotonic()
        self._task = asyncio.create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        try:
            await self._serve(request, self)
        except asyncio.CancelledError:
            return
        except BaseException:
            self.transport.abort()
            raise
        self._task = None
        if request.headers.get("connection", "").lower() == "close":
            self.transport.close()
        elif not self.transport.is_closing():
            self._next_request()

    async def send(self, data: bytes) -> None:
        """Write *data* and wait until the kernel has it; let other clients run."""
        if data:
            self.wrote_at = time.monotonic()
            self.transport.write(data)
        await asyncio.sleep(0)
        await self._writable.wait()

    def end(self, how: Literal["rst", "fin"]) -> None:
        """Close at once: with a reset, or with a FIN after what was written."""
        if how == "rst":
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()

    async def closed(self) -> None:
        """Wait until the running answer, if any, has ended."""
        if self._task:
            await asyncio.wait([self._task])


async def send_response(
    connection: Connection,
    request: Request,
    response: Response,
    sent: Callable[[bytes], None],
) -> None:
    """Write *response*; *sent* is told each piece of the body that went out."""
    headers = dict(response.headers)
    chunked = not isinstance(response.body, bytes)
    if isinstance(response.body, bytes):
        headers.setdefault("Content-Length", str(len(response.body)))
    else:
        headers.setdefault("Transfer-Encoding", "chunked")
    reason = HTTPStatus(response.status).phrase
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
    await connection.send("\r\n".join([*lines, "\r\n"]).encode())
    if request.method == "HEAD":
        return
    async for piece in response.stream():
        if not piece:  # an empty chunk would end the body
            continue
        await connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        sent(piece)
    await connection.send(b"0\r\n\r\n" if chunked else b"")


def _parse(data: bytes) -> tuple[tuple[str, str, dict[str, str], bytes], bytes] | None:
    """Split one whole request off *data*; None while it is incomplete."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0))
    if len(rest) < length:
        return None
    return (method, target, headers, rest[:length]), rest[length:]


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
