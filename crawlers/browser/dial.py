"""Connections to the outside: to the very address that was judged, or through a proxy."""

import asyncio
import os
import ssl
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from collections.abc import Callable

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)

from crawlers.browser.heads import HEAD_BYTES, Head
from crawlers.errors import AddressError, ProxyDownError, ProxyTunnelError
from crawlers.proxies import Proxy
from crawlers.proxy_answers import proxy_error, refusal

RESOLVE_S = 10
CONNECT_S = 10
ANSWER_S = 30
"""For a proxy's answer to CONNECT: it connects meanwhile."""

Streams = tuple[StreamReader, StreamWriter]


async def dial(host: str, port: int, refuses: Callable[[str], bool]) -> Streams:
    """Connect to the first address of *host* that is not refused and that answers.

    Raises AddressError when all that there is *refuses* takes for private, else Scrapy's errors.
    """
    refused = ""
    problem: Exception | None = None
    for address in await _addresses(host, port):
        if refuses(address):
            refused = address
            continue
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_connection(address, port, limit=HEAD_BYTES)
        except TimeoutError:
            problem = DownloadTimeoutError(f"{host}:{port} takes no connection in {CONNECT_S} s")
        except OSError as error:
            problem = DownloadConnectionRefusedError(f"{host}:{port}: {_said(error)}")
    if refused or problem is None:
        raise AddressError(f"{host}:{port} is at {refused}")
    raise problem


async def dial_proxy(proxy: Proxy) -> Streams:
    """Connect to *proxy*; its address is the operator's choice. Raises ProxyDownError."""
    context = ssl.create_default_context() if proxy.scheme == "https" else None
    try:
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(
                proxy.host, proxy.port, ssl=context, limit=HEAD_BYTES
            )
    except TimeoutError:
        raise ProxyDownError("timeout", f"{proxy} takes no connection") from None
    except OSError as error:
        raise ProxyDownError("refused", f"{proxy}: {_said(error)}") from None


async def tunnel(proxy: Proxy, target: str) -> Streams:
    """Have *proxy* connect to *target* (``host:port``). Raises ProxyError."""
    reader, writer = await dial_proxy(proxy)
    try:
        head = Head(f"CONNECT {target} HTTP/1.1", (("Host", target), *credentials(proxy)))
        writer.write(head.encode())
        async with asyncio.timeout(ANSWER_S):
            answer = await Head.read(reader)
        check(proxy, answer, connect=True)
    except (OSError, EOFError, ValueError, TimeoutError) as error:
        writer.close()
        raise ProxyTunnelError("tunnel", f"{proxy}: {error or 'no answer in time'}") from None
    except BaseException:
        writer.close()
        raise
    return reader, writer


def credentials(proxy: Proxy) -> tuple[tuple[str, str], ...]:
    """Return the field that tells *proxy* who pays, if it wants one."""
    if proxy.username is None:
        return ()
    pair = f"{proxy.username}:{proxy.password or ''}".encode()
    return (("Proxy-Authorization", f"Basic {b64encode(pair).decode()}"),)


def check(proxy: Proxy, answer: Head, *, connect: bool = False) -> None:
    """Raise ProxyError where *proxy* answered in the site's place; *connect*: to CONNECT."""
    headers = {name.lower(): value for name, value in answer.fields}
    if connect and answer.status // 100 != 2:  # noqa: PLR2004 - any 2xx, RFC 9110 section 9.3.6
        raise refusal(answer.status, headers, proxy)
    error = None if connect else proxy_error(answer.status, headers, proxy, tunnelled=False)
    if error is not None:
        raise error


def _said(error: OSError) -> str:
    # asyncio's own text has the address in it once more.
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


async def _addresses(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_S):
            found = await loop.getaddrinfo(host.strip("[]"), port, type=1)
    except TimeoutError:
        raise DownloadTimeoutError(f"{host} is not resolved in {RESOLVE_S} s") from None
    except (OSError, UnicodeError) as error:
        raise CannotResolveHostError(f"{host}: {error}") from None
    return [str(address[0]) for *_, address in found]
