"""The download handler for http and https: plain HTTP, a browser, or turns where a site wants."""

import asyncio
import time
from functools import cached_property
from typing import Any, Self

import yarl
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response

from crawlers.addresses import is_private, names_private
from crawlers.config import config
from crawlers.delays import delays_for
from crawlers.download_limits import SiteLimits
from crawlers.engine import is_closing
from crawlers.errors import AddressError, CrawlersError, ProxyDownError, TurnClosedError
from crawlers.headers import asked_s
from crawlers.limits import limit_key
from crawlers.permits import permit_for
from crawlers.plain import Connecting, PlainDownloadHandler, connecting
from crawlers.proxies import Proxy
from crawlers.proxy_answers import proxy_error
from crawlers.sessions import sessions_for

NOTHING_SENT = (
    AddressError,
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    ProxyDownError,
    UnsupportedURLSchemeError,
)
"""After these the site has no request of ours; after any other failure it may have."""

NOTICE_S = 0.5
"""How soon a waiting request notices that the crawl closes."""


class CrawlClosingError(IgnoreRequest, CrawlersError):
    """Raised by the download handler for a request that waits while the crawl closes."""


class HttpDownloadHandler:
    """The one way out for both schemes, so nothing gets round it.

    First requests, retries, redirects, robots.txt and `engine.download_async` all pass here. The
    settings: those of `SiteLimits`, and ``ALLOWED_PRIVATE_ORIGINS`` (limit keys, heeded with
    CRAWLERS_TEST only).
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        """Read the settings. Needs a running event loop."""
        self._crawler = crawler
        origins = crawler.settings.getlist("ALLOWED_PRIVATE_ORIGINS")
        self._allowed = frozenset(map(limit_key, origins if config().crawlers_test else []))
        self._limits = SiteLimits(crawler)
        self._sessions = sessions_for(crawler)
        self._compression = HttpCompressionMiddleware.from_crawler(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    @cached_property
    def _plain(self) -> PlainDownloadHandler:
        """Built on first use: its TLS context takes 60 ms."""
        return PlainDownloadHandler(self._crawler)

    @cached_property
    def _serial(self) -> PlainDownloadHandler:
        """Without keep-alive: aiohttp repeats a request on a connection that has died."""
        return PlainDownloadHandler(self._crawler, keep_alive=False)

    @cached_property
    def _rendering(self) -> Any:
        """Imported on first use: a plain crawl has no browser and no Playwright."""
        from crawlers.browser.rendering import Rendering  # noqa: PLC0415 - see above

        return Rendering(self._crawler, self._allowed)

    async def download_request(self, request: Request) -> Response:
        """Return the response.

        Raises AddressError for a private address, TurnLostError from a turn, PermitLostError.
        """
        self._refuse(request)
        await until_due(self._crawler, request)
        permit = permit_for(request)
        try:
            async with permit.held():
                if key := self._limits.shared_key(request):
                    async with self._limits.place(key, request):
                        response = await self._sent(request)
                else:
                    response = await self._sent(request)
                permit.answered(response.status, asked_s(response))
        except TurnClosedError as error:
            raise CrawlClosingError(str(error)) from error
        return self._decoded(request, response)

    def _refuse(self, request: Request) -> None:
        """Raise for what no request may ask for, whichever way it would go."""
        if request.meta.get("proxy"):
            raise NotSupported("meta['proxy'] is not heeded: proxies are the operator's PROXY_URLS")
        host = yarl.URL(request.url).host or ""
        if names_private(host) and not self._is_allowed(request):
            raise AddressError(f"{request.url} is a private address")

    def _decoded(self, request: Request, response: Response) -> Response:
        """Decompress; in Scrapy's middleware for it an error would end in the log only."""
        try:
            decoded = self._compression.process_response(request, response)
        except IgnoreRequest:  # too large
            raise
        except Exception as error:
            encoding = response.headers.get("Content-Encoding")
            raise ResponseDataLossError(f"the body is no {encoding!r}: {error}") from error
        assert isinstance(decoded, Response)  # noqa: S101 - it never makes a request
        return decoded

    async def _sent(self, request: Request) -> Response:
        key = self._limits.serial_key(request)
        if "render" in request.meta:
            return await self._render(request, key)
        if key is None:
            return await self._download(self._plain, request, self._connecting(request))
        return await self._in_turn(key, request)

    async def close(self) -> None:
        """Sign off the turns and places, close the connections."""
        await self._limits.close()
        for name in ("_plain", "_serial", "_rendering"):
            if name in vars(self):
                await getattr(self, name).close()

    async def _render(self, request: Request, serial_key: str | None) -> Response:
        if serial_key is not None:
            raise NotSupported(f"{serial_key} allows one request at a time: no browser")
        host = yarl.URL(request.url).host or ""
        if self._connecting(request).refuses is is_private and names_private(host):
            raise AddressError(f"{request.url} is a private address")
        proxy = self._sessions.proxy(request.meta.get("session"))
        permit_for(request).check()
        response: Response = await self._rendering.download_request(request)
        return _sites(response, request, proxy)

    async def _in_turn(self, key: str, request: Request) -> Response:
        async with self._limits.turn(key) as turn:
            turn.at_least(delays_for(self._crawler).of(limit_key(request.url)))
            target = self._connecting(request)
            transfer = self._download(self._serial, request, target)
            try:
                response: Response = await turn.guard(transfer, target.abort)
            except NOTHING_SENT:
                turn.ended()
                raise
            turn.outcome(response.status, asked_s(response))
            return response

    async def _download(
        self, handler: PlainDownloadHandler, request: Request, target: Connecting
    ) -> Response:
        if proxy := self._sessions.proxy(request.meta.get("session")):
            # The proxy resolves, and the proxy's own address is the operator's choice.
            target.refuses, target.proxy = _refuse_nothing, proxy
        connecting.set(target)
        try:
            response = await handler.download_request(request)
        except DownloadConnectionRefusedError as error:
            if target.refused:
                raise AddressError(f"{request.url} is at {target.refused}") from error
            raise
        return _sites(response, request, proxy)

    def _connecting(self, request: Request) -> Connecting:
        permit = permit_for(request)

        def sending() -> None:
            permit.check()
            permit.sent()

        return Connecting(
            _refuse_nothing if self._is_allowed(request) else is_private, sending=sending
        )

    def _is_allowed(self, request: Request) -> bool:
        return bool(self._allowed) and limit_key(request.url) in self._allowed


async def until_due(crawler: Crawler, request: Request) -> None:
    """Wait for a request that came past the scheduler too early, as those for robots.txt do."""
    while (left := request.meta.get("not_before", 0) / 1000 - time.time()) > 0:
        if is_closing(crawler):
            raise CrawlClosingError(f"{request.url} waits while the crawl closes")
        await asyncio.sleep(min(left, NOTICE_S))


def _refuse_nothing(_: str) -> bool:
    return False


def _sites(response: Response, request: Request, proxy: Proxy | None) -> Response:
    """Return *response* if it is the site's; raise ProxyError if *proxy* answered in its place."""
    is_tunnelled = request.url.startswith("https:")
    if proxy and (
        failed := proxy_error(response.status, _text(response), proxy, tunnelled=is_tunnelled)
    ):
        raise failed
    return response


def _text(response: Response) -> dict[str, str]:
    headers: dict[bytes, list[bytes]] = response.headers
    return {k.decode("latin-1").lower(): v[-1].decode("latin-1") for k, v in headers.items() if v}
