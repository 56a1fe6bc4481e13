"""Retries as children that wait: by kind of failure, with full jitter, and with their history."""

import logging
import time
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawlers.headers import asked_s
from middlewares.failures import Kind, described, kind_of, kind_of_status
from middlewares.waits import Waits, with_detail

HISTORY_MAX = 20
"""Failures that a request remembers: the last ones."""

logger = logging.getLogger(__name__)


class WaitingRetryMiddleware:
    """Give each retry a ``not_before``, so that it holds no slot.

    A retry is no duplicate: its fingerprint has Scrapy's ``retry_times``. ``meta["try"]`` is the
    spider's own count, and is left alone. ``meta["history"]`` is what happened so far, as plain
    JSON: ``[[epoch ms, reason], ...]``. At the last failure ``meta["gave_up"]`` says why, and the
    harvest takes both. Scrapy's meta keys ``dont_retry`` and ``max_retry_times`` hold.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Read the waits and what may be retried."""
        settings = crawler.settings
        if not settings.getbool("RETRY_ENABLED"):
            raise NotConfigured
        self.crawler = crawler
        self._statuses = {int(status) for status in settings.getlist("RETRY_HTTP_CODES")}
        self._waits = Waits.from_settings(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Try again after a status that may pass; give up at once where the site says how long."""
        status = response.status
        if status not in self._statuses or request.meta.get("dont_retry"):
            return response
        kind = kind_of_status(status) or Kind.SERVER
        asked = asked_s(response) if kind is Kind.BUSY else None
        retry = self._again(request, kind, f"HTTP {status}", asked)
        if retry is None:
            logger.warning("Gave up %s: %s", request, request.meta["gave_up"])
        return retry or response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Try again after a failure of a known kind."""
        kind = kind_of(exception)
        if kind is None or request.meta.get("dont_retry"):
            return None
        return self._again(request, kind, described(exception))

    def _again(
        self, request: Request, kind: Kind, reason: str, asked: float | None = None
    ) -> Request | None:
        remember(request, reason)
        failures = request.meta.get("retry_times", 0)
        most = request.meta.get("max_retry_times")
        if enough := self._waits.enough(kind, failures, asked, most):
            request.meta["gave_up"] = with_detail(reason, enough)
            self.crawler.stats.inc_value("retry/max_reached")
            return None
        assert self.crawler.spider is not None  # noqa: S101 - set before any middleware runs
        retry = get_retry_request(
            request, spider=self.crawler.spider, reason=kind.value, max_retry_times=failures + 1
        )
        assert retry is not None  # noqa: S101 - one more is allowed
        retry.meta["not_before"] = self._waits.until_ms(kind, failures, asked)
        retry.dont_filter = request.dont_filter
        return retry


def remember(request: Request, reason: str) -> None:
    """Add a failure to the history of *request*, in its own meta and no other's."""
    earlier = request.meta.get("history", [])
    request.meta["history"] = [*earlier, [int(time.time() * 1000), reason]][-HISTORY_MAX:]
