"""A download that failed for good becomes a response, so that it ends like every other."""

import logging
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response

from crawlers.errors import CrawlersError, TurnClosedError

GAVE_UP = 599
"""The status of the stand-in response. Unassigned by IANA's registry of status codes."""

EXPECTED = (
    CannotResolveHostError,
    CrawlersError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
"""What happens to downloads. Anything else is a fault of ours and shows its traceback."""

logger = logging.getLogger(__name__)


class GiveUpMiddleware:
    """The last to hear of an exception: turn it into a harvest of its own, `refused`."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler, for its stats."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """Answer with status 599, and leave the reason in ``meta["gave_up"]``."""
        if isinstance(exception.__cause__, TurnClosedError):
            return None  # the crawl closes; nothing was sent, and the next crawl asks again
        reason = f"{type(exception).__name__}: {exception}".split("\n", 1)[0][:300]
        request.meta["gave_up"] = reason
        if isinstance(exception, EXPECTED):
            logger.warning("Gave up %s: %s", request, reason)
        else:
            logger.error("Gave up %s: %s", request, reason, exc_info=exception)
        return Response(request.url, status=GAVE_UP, request=request)
