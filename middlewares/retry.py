"""Retries as children that wait: Scrapy's middleware, with a time before which not to try."""

import random
import time
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

from crawlers.config import config
from crawlers.limits import retry_after_s

BUSY = frozenset({429, 503})


class WaitingRetryMiddleware(RetryMiddleware):
    """Give each retry a ``not_before``, so that it holds no slot.

    A retry is no duplicate: its fingerprint has Scrapy's ``retry_times``. ``meta["try"]`` is the
    spider's own count, and is left alone.
    """

    first_wait_s: float
    longest_wait_s: float

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the waits; test mode has short ones."""
        middleware = super().from_crawler(crawler)
        shrink = 0.02 if config().crawlers_test else 1.0
        middleware.first_wait_s = crawler.settings.getfloat("RETRY_FIRST_WAIT_S") * shrink
        middleware.longest_wait_s = crawler.settings.getfloat("RETRY_LONGEST_WAIT_S") * shrink
        return middleware

    def process_response(  # type: ignore[override]  # Scrapy's third argument is deprecated
        self, request: Request, response: Response
    ) -> Request | Response:
        """Retry as Scrapy does, but not before the site's own ``Retry-After``."""
        result = super().process_response(request, response)
        if isinstance(result, Request) and response.status in BUSY:
            wait = retry_after_s(header(response, "Retry-After"), header(response, "Date"))
            if wait is not None:
                soonest = (time.time() + min(wait, self.longest_wait_s)) * 1000
                result.meta["not_before"] = max(result.meta["not_before"], int(soonest))
        return result

    def _retry(self, request: Request, reason: str | Exception | type[Exception]) -> Request | None:
        retry = super()._retry(request, reason)
        if retry is not None:
            wait = min(
                self.first_wait_s * 2 ** (retry.meta["retry_times"] - 1), self.longest_wait_s
            )
            wait *= random.uniform(1, 1.25)  # noqa: S311 - spreads retries, guards nothing
            retry.meta["not_before"] = int((time.time() + wait) * 1000)
            retry.dont_filter = False
        return retry


def header(response: Response, name: str) -> str | None:
    """Return a header as text."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value is not None else None
