"""A TCP way to a Unix socket that can be made to swallow everything, as a cut network does."""

import asyncio
from contextlib import suppress
from typing import Self


class FaultProxy:
    """Forwards to the Unix socket *path*, until `hold` is called."""

    def __init__(self, path: str) -> None:
        """Forward to *path*."""
        self._path = path
        self._gate = asyncio.Event()
        self._gate.set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all."""
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def hold(self) -> None:
        """Keep every connection open and forward nothing, neither bytes nor ends."""
        self._gate.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._path)
        for pump in (self._pump(reader, up_writer), self._pump(up_reader, writer)):
            self._pumps.add(asyncio.create_task(pump))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError):
                while chunk := await reader.read(65536):
                    await self._gate.wait()
                    writer.write(chunk)
                    await writer.drain()
                await self._gate.wait()
        finally:
            writer.transport.abort()
