"""Plain HTTP: Scrapy's aiohttp handler, with a check of every address that it connects to."""

import errno
import socket
import struct
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar

import aiohttp
import yarl
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler, _ClientResponse
from scrapy.crawler import Crawler
from scrapy.http import Headers
from scrapy.utils.ssl import _make_ssl_context

from crawlers.addresses import is_private
from crawlers.errors import ProxyDownError
from crawlers.proxies import Proxy
from crawlers.proxy_answers import refusal

HEADER_BYTES = 32 * 1024
"""The longest header line. aiohttp's 8 KiB is too short for some sites' policies and cookies."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, 0 s: closing sends RST at once."""

PROXY_CONNECT_S = 10.0
"""A proxy that does not take a connection within that is down."""

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


def _nothing() -> None:
    """Do nothing."""


@dataclass
class Connecting:
    """What one download may connect to, and the sockets that it opened."""

    refuses: Callable[[str], bool] = is_private
    proxy: Proxy | None = None
    sending: Callable[[], None] = _nothing
    """Called when there is a connection, just before the request is written; may raise."""
    refused: str = ""
    sockets: list[socket.socket] = field(default_factory=list)

    def open(self, info: AddressInfo) -> socket.socket:
        """Return a socket for the address in *info*; raise OSError if it is refused."""
        family, kind, protocol, _, address = info
        if self.refuses(address[0]):
            self.refused = address[0]
            raise OSError(errno.EACCES, f"{address[0]} is a private address")
        opened = socket.socket(family, kind, protocol)
        self.sockets.append(opened)
        return opened

    def abort(self) -> None:
        """End every connection at once: the site sees a reset."""
        for opened in self.sockets:
            with suppress(OSError):  # closed already
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                opened.shutdown(socket.SHUT_RDWR)


connecting: ContextVar[Connecting] = ContextVar("connecting")


def _open_socket(info: AddressInfo) -> socket.socket:
    # The last moment before the connection, after every resolver and cache: what is judged here
    # is the very address that is connected to.
    return connecting.get(Connecting()).open(info)


async def _before_it_is_written(*_: object) -> None:
    connecting.get(Connecting()).sending()


def _trace() -> aiohttp.TraceConfig:
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_before_it_is_written)
    trace.on_connection_reuseconn.append(_before_it_is_written)
    return trace


class VerbatimSession:
    """A session that sends a URL as the request has it, so that `%2C` stays `%2C`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Pass everything on to *session*."""
        self._session = session

    async def request(self, method: str, url: str | yarl.URL, **arguments: Any) -> Any:
        """Start a request. Scrapy has quoted the URL already; yarl would quote it anew."""
        verbatim = yarl.URL(url, encoded=True) if isinstance(url, str) else url
        proxy = connecting.get(Connecting()).proxy
        if proxy is None:
            return await self._session.request(method, verbatim, **arguments)
        try:
            return await self._session.request(
                method, verbatim, **through(proxy, verbatim, arguments)
            )
        except aiohttp.ClientHttpProxyError as error:
            headers = {name.lower(): value for name, value in (error.headers or {}).items()}
            raise refusal(error.status, headers, proxy) from None
        except (aiohttp.ClientProxyConnectionError, aiohttp.ClientConnectorDNSError) as error:
            raise ProxyDownError("refused", f"{proxy}: {error.strerror}") from None
        except aiohttp.ConnectionTimeoutError:
            raise ProxyDownError("timeout", f"{proxy}: no connection") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def through(proxy: Proxy, url: yarl.URL, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the *arguments* of a request for *url* with what is needed to go through *proxy*.

    The credentials stand in headers, never in an address, which errors would repeat. aiohttp sends
    ``proxy_headers`` with CONNECT only, and keeps connections apart by them.
    """
    more: dict[str, Any] = {"proxy": proxy.server}
    if proxy.username is not None:
        pair = f"{proxy.username}:{proxy.password or ''}".encode()
        header = ("Proxy-Authorization", f"Basic {b64encode(pair).decode()}")
        more["proxy_headers"] = dict([header])
        if url.scheme == "http":  # inside of a tunnel the site would see it
            more["headers"] = [*arguments["headers"], header]
    total = arguments["timeout"].total
    more["timeout"] = aiohttp.ClientTimeout(total=total, sock_connect=PROXY_CONNECT_S)
    return arguments | more


class PlainDownloadHandler(AiohttpDownloadHandler):
    """Scrapy's handler with a connector of ours. Set `connecting` before each download."""

    experimental: ClassVar[bool] = False  # known, tested here, and no line in every log

    def __init__(self, crawler: Crawler, *, keep_alive: bool = True) -> None:
        """Without *keep_alive* every request has a connection of its own.

        aiohttp silently repeats a request when a kept connection turns out to be closed.
        """
        # Not the parent's __init__: it would open a session that nobody closes.
        super(AiohttpDownloadHandler, self).__init__(crawler)
        self._ssl_context = _make_ssl_context(crawler.settings)
        connector = aiohttp.TCPConnector(
            local_addr=self._bind_address,
            limit=self._pool_size_total,
            limit_per_host=self._pool_size_per_host,
            force_close=not keep_alive,
            socket_factory=_open_socket,
        )
        self._session = VerbatimSession(  # type: ignore[assignment]
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                response_class=_ClientResponse,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                max_line_size=HEADER_BYTES,
                max_field_size=HEADER_BYTES,
                trust_env=False,
                trace_configs=[_trace()],
            )
        )

    @staticmethod
    def _extract_headers(response: _ClientResponse) -> Headers:
        # As bytes: the parent's way through str fails for a header that is not UTF-8.
        return Headers(list(response.raw_headers))
