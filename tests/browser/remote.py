"""A remote browser as vendors offer it: a real Chromium behind a door that wants credentials."""

import asyncio
import re
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Self

PASSWORD = "zone+s3cret/%"  # noqa: S105 - nobody's
QUOTED = "zone%2Bs3cret%2F%25"


class RemoteBrowser:
    """``async with RemoteBrowser(folder) as remote: remote.url("ws")``."""

    def __init__(self, folder: Path) -> None:
        """Keep the profile in *folder*."""
        self._folder = folder
        self._writers: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        self.refused = 0
        self.upgrades = 0
        """Connections over websocket that were let in."""

    async def __aenter__(self) -> Self:
        """Start Chromium, and the door before it."""
        self._chromium = await asyncio.create_subprocess_exec(
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-port=0",
            f"--user-data-dir={self._folder}",
            "about:blank",
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert self._chromium.stderr is not None
        async for line in self._chromium.stderr:
            if found := re.search(rb"ws://127\.0\.0\.1:(\d+)(/\S+)", line):
                break
        self._port, self._path = int(found[1]), found[2].decode()  # type: ignore[index]  # it says so
        self._reading = asyncio.create_task(self._chromium.stderr.read())
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """End both."""
        self._server.close()
        for writer in self._writers:
            writer.close()
        with suppress(ProcessLookupError):
            self._chromium.kill()
        await self._chromium.wait()
        await self._reading

    def falls_silent(self) -> None:
        """Pass nothing more on to those who are connected now, and let them be connected."""
        self._silent |= self._writers

    def ends_the_silent(self) -> None:
        """End their sessions: until then Chromium shows each of them every page of the others."""
        for writer in self._silent:
            writer.close()

    def url(self, scheme: str, password: str = QUOTED) -> str:
        """Return the address, credentials included."""
        path = self._path if scheme == "ws" else ""
        return f"{scheme}://brd-customer-x:{password}@127.0.0.1:{self.port}{path}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            pair = b64encode(f"brd-customer-x:{PASSWORD}".encode())
            if b"basic " + pair.lower() not in head.lower():
                self.refused += 1
                writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
            else:
                self.upgrades += b"upgrade: websocket" in head.lower()
                there, back = await asyncio.open_connection("127.0.0.1", self._port)
                self._writers.add(back)
                back.write(head)
                await asyncio.gather(
                    _pump(reader, back, self._silent), _pump(there, writer, self._silent)
                )
        writer.close()


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    silent: set[asyncio.StreamWriter],
) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            if writer in silent:
                continue
            writer.write(piece)
            await writer.drain()
    writer.close()
