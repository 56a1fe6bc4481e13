"""Scripted faults: which request they meet, and what becomes of the answer."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.replica.http import CutError, Request, Response

Kind = Literal[
    "cut",  # the connection ends after `after` bytes of the body; None: before the answer
    "truncate",  # a clean end in the middle of the last line
    "stall",  # silence for `seconds` (None: until released) after `after` bytes; None: at first
    "slow",  # `rate` bytes a second
    "answer",  # `status`, `headers` and `text` instead: 5xx, 429, a redirect, a block page
    "insert",  # `text` as a line of its own before line number `line`
    "merge",  # `values` written over line number `line`
    "gzip",  # Content-Encoding: gzip over bytes that are none
]


@dataclass
class Fault:
    """One fault: meets requests whose target matches `path`, after `skip`, `times` times."""

    kind: Kind
    path: str = ""
    """Regular expression, searched for in path and query; empty: every request."""
    skip: int = 0
    times: int | None = 1
    """None: without end."""
    after: int | None = None
    seconds: float | None = None
    how: Literal["rst", "fin"] = "rst"
    rate: float = 1000
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    line: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    async def apply(self, response: Response, released: asyncio.Event) -> Response:
        """Give what is sent instead of *response*. Raises CutError, or waits for *released*."""
        if self.kind == "answer":
            return Response(self.text.encode(), self.status, self.headers)
        if self.kind in {"cut", "stall"} and self.after is None:
            await self._strike(released)
            return response
        headers = {k: v for k, v in response.headers.items() if k != "Content-Length"}
        if self.kind == "gzip":
            headers["Content-Encoding"] = "gzip"
        return Response(self._changed(response.stream(), released), response.status, headers)

    def _changed(self, body: AsyncIterator[bytes], released: asyncio.Event) -> AsyncIterator[bytes]:
        match self.kind:
            case "truncate":
                return _without_end(body)
            case "slow":
                return _slowly(body, self.rate)
            case "insert" | "merge":
                return self._lines(body)
            case "gzip":
                return _not_gzip(body)
            case _:
                return self._struck(body, released)

    async def _strike(self, released: asyncio.Event) -> None:
        if self.kind == "cut":
            raise CutError(self.how)
        await (released.wait() if self.seconds is None else asyncio.sleep(self.seconds))

    async def _struck(
        self, body: AsyncIterator[bytes], released: asyncio.Event
    ) -> AsyncIterator[bytes]:
        left = self.after or 0
        struck = False
        async for piece in body:
            rest = piece
            if not struck and len(piece) > left:
                yield piece[:left]
                await self._strike(released)
                struck, rest = True, piece[left:]
            left -= len(piece)
            yield rest

    async def _lines(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        number = 0
        async for piece in body:
            lines = piece.splitlines(keepends=True)
            if 0 <= self.line - number < len(lines):
                place = self.line - number
                lines[place] = self._line(lines[place])
            number += len(lines)
            yield b"".join(lines)

    def _line(self, line: bytes) -> bytes:
        if self.kind == "insert":
            return self.text.encode() + b"\n" + line
        return json.dumps(json.loads(line) | self.values, separators=(",", ":")).encode() + b"\n"


class Faults:
    """The faults that wait for their requests."""

    def __init__(self) -> None:
        """Begin without any."""
        self.waiting: list[Fault] = []
        self.released = asyncio.Event()
        """Set when what stalls now is to go on."""

    def add(self, kind: Kind, path: str = "", **options: Any) -> Fault:
        """Script one more; the options are the fields of `Fault`."""
        fault = Fault(kind, path, **options)
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all that still wait."""
        self.waiting.clear()

    def release(self) -> None:
        """Let go on what stalls now."""
        self.released.set()
        self.released = asyncio.Event()

    def take(self, request: Request) -> Fault | None:
        """Give the first fault that is due for *request*, and count it down."""
        for fault in self.waiting:
            if not re.search(fault.path, request.target):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    self.waiting.remove(fault)
            return fault
        return None


async def _without_end(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    last = b""
    async for piece in body:
        yield last
        last = piece
    head, newline, line = last.rstrip(b"\n").rpartition(b"\n")
    yield head + newline + line[: len(line) // 2]


async def _slowly(body: AsyncIterator[bytes], rate: float) -> AsyncIterator[bytes]:
    step = max(1, int(rate / 10))
    async for piece in body:
        for start in range(0, len(piece), step):
            part = piece[start : start + step]
            yield part
            await asyncio.sleep(len(part) / rate)


async def _not_gzip(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
    async for piece in body:
        yield piece
