"""Bytes between a browser and the outside: counted, bounded, and ended when nothing moves."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress

from crawlers.browser.heads import Head

PIECE_BYTES = 64 * 1024
IDLE_S = 120
"""After so long without a byte in either direction a connection ends."""
CONNECTION_BYTES = 512 * 1024 * 1024
"""The most that one connection may carry: no page of ours needs that, an endless one does."""


class Exchange:
    """One connection of the browser, joined to one connection of ours."""

    def __init__(
        self, reader: StreamReader, writer: StreamWriter, count: Callable[[str, int], None]
    ) -> None:
        """Join the browser's streams; *count* is told the bytes as they pass."""
        self._reader = reader
        self._writer = writer
        self._count = count
        self._left = CONNECTION_BYTES
        self._idle: asyncio.Timeout | None = None

    async def relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Carry bytes both ways until both sides have ended; then close the other."""
        ways: list[asyncio.Task[None]] = []
        try:
            with suppress(OSError, EOFError, TimeoutError):
                async with asyncio.timeout(IDLE_S) as self._idle:
                    ways.append(asyncio.create_task(self._carry(self._reader, writer)))
                    ways.append(asyncio.create_task(self._carry(reader, self._writer)))
                    await asyncio.gather(*ways)
        finally:
            for way in ways:
                way.cancel()
            writer.close()

    async def ask(self, reader: StreamReader, writer: StreamWriter, request: Head) -> Head:
        """Send *request* with its body; return the head of the answer."""
        if request.get("transfer-encoding"):
            raise ValueError("a request in chunks")
        writer.write(request.encode())
        left = int(request.get("content-length") or 0)
        while left > 0:
            piece = await self._reader.read(min(left, PIECE_BYTES))
            if not piece:
                raise EOFError("the browser ended its request early")
            left -= len(piece)
            await self._pass(piece, writer)
        await writer.drain()
        answer = await Head.read(reader)
        _ = answer.status  # raises ValueError for what is no answer
        return answer

    async def answer(self, reader: StreamReader, writer: StreamWriter, answer: Head) -> None:
        """Give the browser *answer* and what follows, until either side ends."""
        while 100 <= answer.status < 200 and answer.status != 101:  # noqa: PLR2004 - interim, RFC 9110 15.2
            self._writer.write(answer.encode())
            answer = await Head.read(reader)
        if answer.status == 101:  # noqa: PLR2004 - Switching Protocols
            self._writer.write(answer.forwarded(answer.start, keep="connection").encode())
        else:
            # The browser must not send the request for another host here.
            head = answer.forwarded(answer.start, ("Connection", "close"))
            self._writer.write(head.encode())
        await self.relay(reader, writer)

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        while piece := await reader.read(PIECE_BYTES):
            await self._pass(piece, writer)
        if not writer.can_write_eof():
            raise EOFError("TLS knows no half-closed connection")
        writer.write_eof()

    async def _pass(self, piece: bytes, writer: StreamWriter) -> None:
        self._count("bytes", len(piece))
        self._left -= len(piece)
        if self._left < 0:
            raise OSError("the connection carries too much")
        writer.write(piece)
        await writer.drain()
        if self._idle is not None:
            self._idle.reschedule(asyncio.get_running_loop().time() + IDLE_S)
