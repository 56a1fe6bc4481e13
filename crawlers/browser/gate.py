"""The gate: a small forward proxy on loopback, through which a local browser must go out.

It judges the very address that it connects to, so that no page, redirect, sub-resource, websocket
or name that changes its address gets a browser to a private host; and it adds the credentials of
the session's own proxy, so that no browser ever has them.
"""

import asyncio
import secrets
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)

from crawlers.addresses import is_private, names_private
from crawlers.browser.dial import Streams, check, credentials, dial, dial_proxy, tunnel
from crawlers.browser.heads import HEAD_BYTES, Head
from crawlers.browser.pump import Exchange
from crawlers.errors import AddressError, ProxyError
from crawlers.proxies import Proxy

HEAD_S = 60
"""For a request's head: a browser opens connections before it needs them."""
ANSWER_S = 120
"""For the head of an answer; a page's own time limit is shorter."""
FAILURES_KEPT = 64
REFUSALS: dict[type[Exception], tuple[int, str]] = {
    AddressError: (403, "destination_ip_prohibited"),
    CannotResolveHostError: (502, "dns_error"),
    DownloadConnectionRefusedError: (502, "connection_refused"),
    DownloadTimeoutError: (504, "connection_timeout"),
    DownloadFailedError: (502, "connection_terminated"),
    ProxyError: (502, "proxy_internal_error"),
}
"""What the browser is told: a status, and the words of RFC 9209."""

SAID = "crawlers; error="
"""How the field ``Proxy-Status`` of such an answer begins."""

Place = tuple[str, int]
"""A host and a port."""


@dataclass(slots=True, eq=False)
class Way:
    """The way out of one browser context, known by its *username*."""

    username: str
    session: str | None
    failures: dict[Place, Exception] = field(default_factory=dict)
    """Why the last connection to a place failed."""

    def failed(self, place: Place, error: Exception) -> None:
        """Remember it, for whoever asks why a page could not be loaded."""
        self.failures.pop(place, None)
        self.failures[place] = error
        if len(self.failures) > FAILURES_KEPT:
            del self.failures[next(iter(self.failures))]


class Gate:
    """One for a crawl. *allowed* are private places that may be reached after all."""

    def __init__(
        self,
        proxy_of: Callable[[str | None], Proxy | None],
        allowed: frozenset[Place],
        count: Callable[[str, int], None],
    ) -> None:
        """Ask *proxy_of* for the proxy of a session, and *count* ``bytes`` and ``refused``."""
        self.password = secrets.token_urlsafe(24)
        self._proxy_of = proxy_of
        self._allowed = allowed
        self._count = count
        self._ways: dict[str, Way] = {}
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Listen, if it does not yet, on a free port of 127.0.0.1."""
        async with self._opening:
            if self._server is None:
                self._server = await asyncio.start_server(
                    self._accept, "127.0.0.1", 0, limit=HEAD_BYTES
                )

    @property
    def address(self) -> str:
        """Where it listens, once it is open."""
        assert self._server is not None  # noqa: S101 - `open` comes first
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def open_way(self, session: str | None) -> Way:
        """Return a new way out for a context of *session*; `close_way` ends it."""
        way = Way(secrets.token_hex(8), session)
        self._ways[self._credential(way)] = way
        return way

    def close_way(self, way: Way) -> None:
        """Let nobody use *way* any more."""
        self._ways.pop(self._credential(way), None)

    async def close(self) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _credential(self, way: Way) -> str:
        return f"Basic {b64encode(f'{way.username}:{self.password}'.encode()).decode()}"

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        # Not a coroutine: asyncio's own task for one complains when it is cancelled.
        task = asyncio.create_task(self._connected(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            with suppress(OSError, EOFError, TimeoutError):  # the browser has gone, or is silent
                await self._serve(reader, writer)
        except ValueError:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        finally:
            writer.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one request: after it, the connection belongs to the place that it named."""
        async with asyncio.timeout(HEAD_S):
            request = await Head.read(reader)
            while (way := self._way_of(request)) is None:
                writer.write(NOT_KNOWN)
                request = await Head.read(reader)
        method, target, *_ = request.start.split(" ")
        place = place_of(method, target)
        exchange = Exchange(reader, writer, self._count)
        try:
            if method == "CONNECT":
                there = await self._tunnel(way, place)
                way.failures.pop(place, None)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await exchange.relay(*there)
            else:
                await self._forward(way, place, request, exchange)
        except tuple(REFUSALS) as error:
            way.failed(place, error)
            if isinstance(error, AddressError):
                self._count("refused", 1)
            writer.write(refusal(error))

    def _way_of(self, request: Head) -> Way | None:
        # A look-up by hash: its time says nothing of how much of a guess was right.
        return self._ways.get(request.get("proxy-authorization") or "")

    async def _tunnel(self, way: Way, place: Place) -> Streams:
        proxy = self._judged(way, place)
        if proxy is not None:
            host = f"[{place[0]}]" if ":" in place[0] else place[0]
            return await tunnel(proxy, f"{host}:{place[1]}")
        return await dial(*place, self._refuses(place))

    async def _forward(self, way: Way, place: Place, request: Head, exchange: Exchange) -> None:
        """Pass on one request for plain HTTP, and its answer; then all connections are closed."""
        proxy = self._judged(way, place)
        method, target, version = request.start.split(" ")
        connection = ("Connection", "close")
        if request.get("upgrade"):
            connection = ("Connection", "Upgrade")
        if proxy is not None:
            there = await dial_proxy(proxy)
            head = request.forwarded(request.start, connection, *credentials(proxy))
        else:
            there = await dial(*place, self._refuses(place))
            path = "/" + target.partition("://")[2].partition("/")[2]
            head = request.forwarded(f"{method} {path} {version}", connection)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await exchange.ask(*there, head)
        except TimeoutError:
            raise DownloadTimeoutError(f"{place[0]} gives no answer in {ANSWER_S} s") from None
        except (OSError, EOFError, ValueError) as error:
            raise DownloadFailedError(f"{place[0]} gives no answer: {error}") from None
        else:
            if proxy is not None:
                check(proxy, answer)
            way.failures.pop(place, None)
            await exchange.answer(*there, answer)
        finally:
            there[1].close()

    def _judged(self, way: Way, place: Place) -> Proxy | None:
        """Return the proxy to use; raise AddressError for a host that is a private address."""
        if names_private(place[0]) and place not in self._allowed:
            raise AddressError(f"{place[0]}:{place[1]} is a private address")
        return self._proxy_of(way.session)

    def _refuses(self, place: Place) -> Callable[[str], bool]:
        return (lambda _: False) if place in self._allowed else is_private


NOT_KNOWN = (
    b"HTTP/1.1 407 Proxy Authentication Required\r\n"
    b'Proxy-Authenticate: Basic realm="gate"\r\nContent-Length: 0\r\n\r\n'
)


def place_of(method: str, target: str) -> Place:
    """Return where a proxy request goes; ValueError for a target that is none of a proxy's."""
    if method == "CONNECT":
        authority, default = target, ""
    elif target.lower().startswith("http://"):
        authority, default = target[7:].partition("/")[0].partition("?")[0], "80"
    else:
        raise ValueError("neither CONNECT nor an address of http")
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = authority, default
    number = int(port)  # ValueError
    if not host.strip("[]") or "@" in host or not 0 < number < 2**16:
        raise ValueError("no place")
    return host.strip("[]").lower(), number


def refusal(error: Exception) -> bytes:
    """Return what the browser is told when the gate cannot, or will not, connect."""
    status, words = next(told for kind, told in REFUSALS.items() if isinstance(error, kind))
    return (
        f"HTTP/1.1 {status} Refused\r\nProxy-Status: {SAID}{words}\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n"
    ).encode()
