"""The session of each request: chosen before each download, told how it went."""

import logging
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from scrapy.http import Response

from crawlers.download import until_due
from crawlers.errors import ProxyDownError, ProxyError
from crawlers.proxies import Pause
from crawlers.sessions import sessions_for
from crawlers.stopping import stop
from middlewares.giveup import GAVE_UP
from middlewares.postpone import postponed

REFUSALS = frozenset({403, 429})
"""What a site says to a visitor whom it does not want, for now."""

logger = logging.getLogger(__name__)


class SessionMiddleware:
    """Set ``meta["session"]``, and put a request off while every proxy rests.

    Behind redirects and retries, so that it sees each answer; before the circuit breaker, which
    must know how each of its trials ends.

    Stats: ``proxy/requests/<host:port>``, ``proxy/failures/<kind>``, ``proxy/resting`` (URLs that
    rest or are out), ``proxy/waits`` (requests put off).
    """

    def __init__(self, crawler: Crawler) -> None:
        """Take the sessions of the crawl."""
        self.crawler = crawler
        self.sessions = sessions_for(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Request | None:
        """Choose. Raises ProxyDownError when proxies are configured and none is left."""
        await until_due(self.crawler, request)
        chosen = self.sessions.choose(request.url, request.meta.get("session"))
        if isinstance(chosen, Pause):
            self.crawler.stats.inc_value("proxy/waits")
            return postponed(request, chosen.until_ms, chosen.reason)
        request.meta["session"] = chosen.name
        if chosen.label:
            self.crawler.stats.inc_value(f"proxy/requests/{chosen.label}")
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        """Report an answer of the site."""
        name = request.meta.get("session", "")
        if response.status == GAVE_UP:  # a stand-in: nobody answered
            return response
        if response.status in REFUSALS:
            self.sessions.pool.refused(name)
        else:
            self.sessions.pool.succeeded(name)
        self._count()
        return response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Report a failure. What no proxy took is put off; the rest is for the retries."""
        kind = kind_of(exception) if self.sessions.has_proxies else None
        if kind is None:
            return None
        self.crawler.stats.inc_value(f"proxy/failures/{kind}")
        reason = getattr(exception, "reason", type(exception).__name__)
        if kind == "none":
            # Nothing of the crawl can be sent. The next one asks for what is missing.
            stop(self.crawler, reason, "no_proxy")
            return None
        if news := self.sessions.pool.failed(request.meta.get("session", ""), kind, reason):
            logger.warning("%s", news[:1].upper() + news[1:])
        self._count()
        if isinstance(exception, ProxyDownError):
            return postponed(request, 0, str(exception))
        return None

    def _count(self) -> None:
        if self.sessions.has_proxies:
            self.crawler.stats.set_value("proxy/resting", self.sessions.pool.resting)


def kind_of(exception: Exception) -> str | None:
    """Return the kind of failure that *exception* is for a proxy, or None."""
    if isinstance(exception, ProxyError):
        return exception.kind
    if isinstance(exception, DownloadTimeoutError):
        return "slow"
    return "cut" if isinstance(exception, DownloadFailedError) else None
