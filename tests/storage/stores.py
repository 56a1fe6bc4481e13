"""Real S3 servers for the tests. Each one says on its own output which port it has got."""

import asyncio
import os
import re
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import boto3

from crawlers.storage.raw import RawStore

ANNOUNCED = re.compile(r"http://127\.0\.0\.1:\d+")
ACCESS_KEY, SECRET_KEY = "ACCESSKEY1", "SECRETKEY1"  # rclone refuses short ones

MODIFIED = "Mon, 02 Jan 2006 15:04:05 GMT"


class Server(NamedTuple):
    """A running server: where it listens, and its process."""

    endpoint: str
    process: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that point any S3 client at it, with the right key."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@contextmanager
def moto() -> Iterator[Server]:
    """Run moto: right conditional writes and lifecycles, in memory, any key is good."""
    program = Path(sys.executable).with_name("moto_server")
    with _running([str(program), "-H", "127.0.0.1", "-p", "0"]) as server:
        yield server


@contextmanager
def rclone(folder: Path, address: str = "127.0.0.1:0") -> Iterator[Server]:
    """Serve the buckets in *folder*: checks signatures, keeps its data, ignores conditions."""
    program = Path(sys.executable).with_name("rclone")
    command = [str(program), "serve", "s3", "--addr", address, "--config", os.devnull]
    command += ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--vfs-cache-mode", "off", str(folder)]
    with _running(command) as server:
        yield server


@contextmanager
def _running(command: list[str]) -> Iterator[Server]:
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            said = ""
            while not (found := ANNOUNCED.search(said)):
                line = process.stderr.readline()
                assert line, f"{command[0]} ended: {said}"
                said += line
            # What it says later is little: it fits into the pipe.
            yield Server(found.group(), process)
        finally:
            process.kill()


class Scripted:
    """An S3 server that answers as a test says, and counts what it is asked at once."""

    def __init__(self, answer: Callable[[str], tuple[int, str]], together: int = 1) -> None:
        """Answer a method with status and error code; first wait for *together* requests."""
        self.asked: list[str] = []
        self._seen: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.most = 0
        self._answer = answer
        self._together = together
        self._open = 0
        self._full = asyncio.Event()
        self.connections: list[asyncio.StreamWriter] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it is closed."""
        self.connections.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]) if length else 0)
                await self._reply(head.partition(" ")[0], writer)

    async def when(self, method: str) -> None:
        """Return once *method* was asked."""
        await self._seen[method].wait()

    async def _reply(self, method: str, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self.most = max(self.most, self._open)
        if self._open == self._together:
            self._full.set()
        await self._full.wait()
        self._open -= 1
        self.asked.append(method)
        self._seen[method].set()
        status, code = self._answer(method)
        body = f"<Error><Code>{code}</Code></Error>" if code and method != "HEAD" else ""
        head = f"HTTP/1.1 {status} X\r\netag: x\r\nlast-modified: {MODIFIED}\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()


@asynccontextmanager
async def scripted(
    answer: Callable[[str], tuple[int, str]], together: int = 1
) -> AsyncIterator[tuple[str, Scripted]]:
    """Run such a server on a free port; give its address and itself."""
    script = Scripted(answer, together)
    server = await asyncio.start_server(script.handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", script
    finally:
        server.close()
        for connection in script.connections:
            connection.close()
            with suppress(ConnectionError):
                await connection.wait_closed()
        await server.wait_closed()


def bucket_on(server: Server) -> str:
    """Make a bucket with a name of its own."""
    name = f"bucket-{uuid.uuid4().hex}"
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    with closing(client):
        client.create_bucket(Bucket=name)
    return name


async def objects(store: RawStore) -> list[str]:
    """Return the names of all bodies in *store*."""
    found = await store._store.list("raw/v1/sha256").collect_async()
    return [meta["path"] for meta in found]
