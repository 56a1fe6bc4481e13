"""A TCP proxy that misbehaves on demand, to stand before any server."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import Literal, Self


@dataclass
class Link:
    """One direction of all connections. Fields may change at any time."""

    delay: float = 0
    """Seconds before each piece."""
    rate: float = 0
    """Bytes a second; 0: no limit."""
    slice: int = 65536
    """Most bytes forwarded at once."""
    cut_after: int | None = None
    """Reset everything after so many bytes from now on; falls as they pass."""
    count: int = 0
    """Bytes forwarded."""
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin open."""
        self.gate.set()

    def hold(self) -> None:
        """Forward nothing, neither bytes nor ends: a black hole."""
        self.gate.clear()

    def release(self) -> None:
        """Forward again, what was held first."""
        self.gate.set()


class FaultProxy:
    """Forwards to *target*: ``async with FaultProxy(host, port) as proxy: proxy.port``.

    ``up`` carries what the client says, ``down`` what the server answers.
    """

    def __init__(self, host: str, port: int) -> None:
        """Forward to *host* and *port*; a host with a slash is the path of a Unix socket."""
        self.target = (host, port)
        self.port = 0
        self.up = Link()
        self.down = Link()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Start to listen on a free port of 127.0.0.1."""
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Refuse, and end all connections."""
        await self.refuse()
        self.end_all("rst")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def accept(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Stop listening; open connections go on."""
        if self._server:
            self._server.close()

    def end_all(self, how: Literal["rst", "fin"]) -> None:
        """End every connection, on both sides."""
        for writer in list(self._writers):
            if how == "rst":
                sock = writer.get_extra_info("socket")
                if sock.fileno() >= 0 and sock.family != socket.AF_UNIX:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(task := _current())
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        try:
            there, back = await self._dial()
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(back)
        try:
            # Cancelled at our own end only; the streams would complain about it.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(
                    self._pump(reader, back, self.up), self._pump(there, writer, self.down)
                )
        finally:
            for one in (writer, back):
                self._writers.discard(one)
                one.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self.target
        if "/" in host:
            return await asyncio.open_unix_connection(host)
        return await asyncio.open_connection(host, port)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: Link
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(link.slice):
                await link.gate.wait()
                await asyncio.sleep(link.delay + (len(chunk) / link.rate if link.rate else 0))
                part = chunk if link.cut_after is None else chunk[: link.cut_after]
                link.count += len(part)
                writer.write(part)
                await writer.drain()
                if link.cut_after is not None:
                    link.cut_after -= len(part)
                    if not link.cut_after:
                        link.cut_after = None
                        self.end_all("rst")
            await link.gate.wait()  # a cut network carries no ends either
        writer.close()


def _current() -> asyncio.Task[None]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("not in a task")
    return task
