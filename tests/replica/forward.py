"""A forward proxy that demands credentials, counts, and fails on demand."""

import asyncio
import contextlib
import socket
import struct
from base64 import b64decode
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self
from urllib.parse import quote, urlsplit

HEAD_END = b"\r\n\r\n"
PIECE = 65536
HOP_BY_HOP = ("proxy-", "connection:", "keep-alive:")


class ForwardProxy:
    """``async with ForwardProxy("secret") as proxy: proxy.url("user")``.

    Any username is welcome with the right password, as with vendors that put the session into it.
    *hosts* says where names really are: ``{"site.test:80": ("127.0.0.1", 8080)}``; other addresses
    are dialled as they are. One request for each connection over plain HTTP, tunnels for CONNECT.
    """

    def __init__(
        self, password: str = "", hosts: Mapping[str, tuple[str, int]] | None = None
    ) -> None:
        """Ask for *password*; empty: for nothing."""
        self.password = password
        self.hosts = hosts or {}
        self.port = 0
        self.requests: Counter[str] = Counter()
        """Plain requests and tunnels by username, whatever became of them, but for refused ones."""
        self.connects: Counter[str] = Counter()
        """Tunnels alone."""
        self.sent: Counter[str] = Counter()
        """Bytes of answers by username."""
        self.targets: list[str] = []
        """What was asked for, in the order of the requests."""
        self.script: list[tuple[int, dict[str, str]]] = []
        """Answers of its own, status and headers, for the next requests."""
        self.always: tuple[int, dict[str, str]] | None = None
        """An answer of its own for every request."""
        self.stalls = False
        """Take requests and never answer."""
        self.arrived = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Start to listen on a free port of 127.0.0.1."""
        await self.revive()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and end what is open."""
        self.die()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, username: str = "user", password: str | None = None) -> str:
        """Return the address for PROXY_URLS; *username* may hold a template."""
        secret = quote(self.password if password is None else password, safe="")
        return f"http://{username}:{secret}@127.0.0.1:{self.port}"

    async def saw(self, count: int) -> None:
        """Wait until *count* requests have come in all."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.targets) >= count)

    async def revive(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def die(self) -> None:
        """Refuse connections, and reset those that are open."""
        if self._server:
            self._server.close()
        for writer in list(self._writers):
            sock = writer.get_extra_info("socket")
            if sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(HEAD_END)
            await self._serve(head.decode("latin-1"), reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _serve(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        method, target, _ = first.split(" ", 2)
        username, password = _credentials(lines)
        self.targets.append(target)
        async with self.arrived:
            self.arrived.notify_all()
        if self.stalls:
            await reader.read()  # until the client goes
            return
        if self.password and password != self.password:
            await _answer(writer, 407, {"Proxy-Authenticate": 'Basic realm="proxy"'})
            return
        self.requests[username] += 1
        if scripted := self.script.pop(0) if self.script else self.always:
            await _answer(writer, *scripted)
            return
        tunnel = method == "CONNECT"
        self.connects[username] += tunnel
        try:
            there, back = await asyncio.open_connection(*self._place(target, tunnel=tunnel))
        except OSError:
            await _answer(writer, 502, {"Proxy-Status": "replica; error=destination_unavailable"})
            return
        self._writers.add(back)
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            back.write(_forwarded(method, target, lines))
        upwards = asyncio.create_task(_pump(reader, back))
        try:
            while piece := await there.read(PIECE):
                self.sent[username] += len(piece)
                writer.write(piece)
                await writer.drain()
        finally:
            upwards.cancel()
            self._writers.discard(back)
            back.close()

    def _place(self, target: str, *, tunnel: bool) -> tuple[str, int]:
        parts = urlsplit(f"//{target}" if tunnel else target)
        host, port = parts.hostname or "", parts.port or 80
        return self.hosts.get(f"{host}:{port}", (host, port))


def _credentials(lines: list[str]) -> tuple[str, str]:
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "proxy-authorization":
            pair = b64decode(value.strip().removeprefix("Basic ")).decode()
            return pair.partition(":")[0], pair.partition(":")[2]
    return "", ""


def _forwarded(method: str, target: str, lines: list[str]) -> bytes:
    """Return the head as the site gets it: an address of its own, and no word for the proxy."""
    parts = urlsplit(target)
    path = target.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
    kept = [line for line in lines if not line.lower().startswith(HOP_BY_HOP)]
    head = [f"{method} {path} HTTP/1.1", *kept, "Via: 1.1 replica", "Connection: close", "", ""]
    return "\r\n".join(head).encode("latin-1")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


async def _answer(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Content-Length: 0", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    await writer.drain()
