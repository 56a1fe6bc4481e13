"""An HTTP server that records every request as the site sees it: when, how many at once, how ended.

``/`` answers at once. The query says what else: ``pieces`` and ``pause`` (seconds) make a slow
body, ``wait`` delays the answer, ``status``, ``retry_after`` and ``to`` (a redirect) set the head.
A path in `canned` is answered with exactly those bytes.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlsplit

ROUNDS = 10
"""Of the event loop: so long after an end has come in it is counted, on a busy machine too."""


@dataclass
class Visit:
    """One request: monotonic times in seconds."""

    target: str
    head: bytes
    began: float
    ended: float = 0.0
    status: int = 0
    complete: bool = False


@dataclass
class CountingServer:
    """Serves until it is closed; `visits` in the order in which they began."""

    visits: list[Visit] = field(default_factory=list)
    open: int = 0
    most: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    default_query: str = ""
    """The query of requests that have none, so that a test may change its mind."""
    canned: dict[str, bytes] = field(default_factory=dict)
    certificate: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.certificate)
        port = self._server.sockets[0].getsockname()[1]
        self.origin = f"{'https' if self.certificate else 'http'}://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, and end what is still open."""
        self._server.close()
        await self.until(lambda: self.open == 0)

    async def until(self, holds: Callable[[], bool], patience_s: float = 60) -> None:
        """Return when *holds* is true; it is asked whenever a request begins or ends."""
        async with asyncio.timeout(patience_s), self.changed:
            await self.changed.wait_for(holds)

    def least_gap_s(self) -> float:
        """Return the shortest time from the end of a request to the beginning of the next."""
        pairs = zip(self.visits, self.visits[1:], strict=False)
        # A thousandth, because the database's clock is not this one.
        return min(later.began - earlier.ended for earlier, later in pairs) + 0.001

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            visit = Visit(head.split(b" ")[1].decode(), head, time.monotonic())
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
            self.visits.append(visit)
            self.open += 1
            self.most = max(self.most, self.open)
            await self._tell()
            try:
                await self._answer(visit, reader, writer)
            finally:
                visit.ended = visit.ended or time.monotonic()
                self.open -= 1
                await self._tell()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer(
        self, visit: Visit, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Race the answer against the end of the connection."""
        gone = asyncio.ensure_future(reader.read(1))
        answer = asyncio.ensure_future(self._write(visit, writer))
        await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
        visit.complete = answer.done() and answer.exception() is None
        for task in (gone, answer):
            task.cancel()
        await asyncio.gather(gone, answer, return_exceptions=True)

    async def _write(self, visit: Visit, writer: asyncio.StreamWriter) -> None:
        path, query = urlsplit(visit.target)[2:4]
        if path in self.canned:
            visit.ended = time.monotonic()
            writer.write(self.canned[path])
            await writer.drain()
            return
        query = query or self.default_query
        wanted = dict(parse_qsl(query))
        await asyncio.sleep(float(wanted.get("wait", 0)))
        pieces = int(wanted.get("pieces", 1))
        visit.status = int(wanted.get("status", 200))
        lines = [f"HTTP/1.1 {visit.status} Answer", f"Content-Length: {10 * pieces}"]
        lines += ["Connection: close", "Content-Type: text/plain"]
        if "to" in wanted:
            lines.append(f"Location: {wanted['to']}")
        if "retry_after" in wanted:
            lines.append(f"Retry-After: {wanted['retry_after']}")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        for piece in range(pieces):
            await asyncio.sleep(float(wanted.get("pause", 0)))
            if piece == pieces - 1:
                visit.ended = time.monotonic()  # the client may have it before we run again
            writer.write(b"0123456789")
            await writer.drain()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()
