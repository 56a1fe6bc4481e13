"""The gate and its clients: who may use it, what it passes on, and what it answers to the rest."""

import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from crawlers.browser.gate import Gate, Way
from tests.browser.site import PagesSite
from tests.replica.http import Request as SiteRequest
from tests.replica.http import Response

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Counting(Counter[str]):
    """Counts as the stats do."""

    def inc(self, name: str, by: int) -> None:
        """Count."""
        self[name] += by


class Client:
    """Speaks to a gate of its own, as a program on this machine may."""

    def __init__(self, gate: Gate, way: Way, counts: Counting) -> None:
        """Know the credential of *way*."""
        self.gate = gate
        self.way = way
        self.counts = counts

    def authorization(self, user: str | None = None, password: str | None = None) -> str:
        """Return the header's line."""
        pair = f"{user or self.way.username}:{password or self.gate.password}"
        return f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"

    async def say(self, *pieces: str) -> bytes:
        """Send each piece, the next one after an answer; return all that came."""
        port = urlsplit(self.gate.address).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = b""
        for piece in pieces:
            writer.write(piece.encode())
            said += await reader.read(65536)
        with suppress(ConnectionError):
            said += await reader.read()
        writer.close()
        return said


@pytest_asyncio.fixture(loop_scope="module")
async def client(site: PagesSite) -> AsyncIterator[Client]:
    """Open a gate that lets its clients reach the site."""
    counts = Counting()
    gate = Gate(lambda _: None, frozenset({("127.0.0.1", site.port)}), counts.inc)
    await gate.open()
    yield Client(gate, gate.open_way(None), counts)
    await gate.close()


async def test_without_the_credential_nothing_goes_out(site: PagesSite, client: Client) -> None:
    start = f"GET {site.origin}/1 HTTP/1.1\r\n"
    for wrong in (
        "",
        client.authorization("somebody"),
        client.authorization(password="guess"),  # noqa: S106 - a wrong one
        client.authorization().replace("Basic", "Bearer"),
    ):
        said = await client.say(f"{start}{wrong}\r\n", "no proxy\r\nbroken\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 407 ")
    gone = client.authorization()
    client.gate.close_way(client.way)
    said = await client.say(f"{start}{gone}\r\n", "no proxy\r\nbroken\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 407 ")
    assert site.requests == []


async def test_the_credential_and_what_is_for_the_next_hop_stay_here(
    site: PagesSite, client: Client
) -> None:
    site.page("/p", "x")
    said = await client.say(
        f"GET {site.origin}/p?a=1 HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n"
        f"Connection: keep-alive\r\nAccept: y\r\n{client.authorization()}\r\n"
    )
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nConnection: close\r\n" in said
    assert site.requests[0].target == "/p?a=1"
    assert site.requests[0].headers == {"host": "x", "accept": "y", "connection": "close"}


async def test_a_body_is_passed_on_whole(site: PagesSite, client: Client) -> None:
    async def length(request: SiteRequest) -> Response:
        return Response(str(len(request.body)).encode())

    site.answers["/p"] = length
    body = "x" * 200_000
    head = f"POST {site.origin}/p HTTP/1.1\r\nContent-Length: {len(body)}\r\n"
    said = await client.say(f"{head}{client.authorization()}\r\n{body}")
    assert said.endswith(b"\r\n\r\n200000")
    assert client.counts["bytes"] > 200_000


@pytest.mark.parametrize(
    "request_line",
    [
        "nonsense",
        "GET / HTTP/1.1",
        "GET https://127.0.0.1/ HTTP/1.1",
        "GET ftp://127.0.0.1/ HTTP/1.1",
        "GET http://127.0.0.1:x/ HTTP/1.1",
        "GET http://u:p@127.0.0.1/ HTTP/1.1",
        "GET http:/// HTTP/1.1",
        "CONNECT 127.0.0.1 HTTP/1.1",
        "CONNECT 127.0.0.1:99999 HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
    ],
)
async def test_what_no_proxy_is_asked_is_a_bad_request(request_line: str, client: Client) -> None:
    said = await client.say(f"{request_line}\r\n{client.authorization()}\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")


async def test_a_head_without_end_is_a_bad_request(client: Client) -> None:
    line = f"X-Long: {'x' * 1000}\r\n"
    said = await client.say("GET http://127.0.0.1/ HTTP/1.1\r\n" + line * 100)
    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", b"502"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", b"502"),
        (b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n", b"502"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 70_000, b"502"),
        (b"HTTP/1.0 200 OK\n\nold", b"200"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nlate", b"103"),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", b"200"),
    ],
)
async def test_an_odd_server_is_no_matter(answer: bytes, expected: bytes, client: Client) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client.gate._allowed |= {("127.0.0.1", port)}
    said = await client.say(
        f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n{client.authorization()}\r\n"
    )
    assert said.split(b" ")[1] == expected
    server.close()


async def test_an_upgrade_joins_both_ends(client: Client) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\nConnection: Upgrade" in head
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
        )
        writer.write(b"you said " + await reader.read(5))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client.gate._allowed |= {("127.0.0.1", port)}
    start = f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nUpgrade: x\r\nConnection: Upgrade\r\n"
    said = await client.say(f"{start}{client.authorization()}\r\n", "hello")
    assert b"\r\nConnection: Upgrade\r\n" in said
    assert said.endswith(b"you said hello")
    server.close()
