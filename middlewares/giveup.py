"""A download that failed for good becomes a response, so that it ends like every other."""

import logging
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawlers.download import CrawlClosingError
from crawlers.errors import BlockedError
from crawlers.permits import PermitLostError
from middlewares.failures import EXPECTED, described

GAVE_UP = 599
"""The status of the stand-in response. Unassigned by IANA's registry of status codes."""

logger = logging.getLogger(__name__)


class GiveUpMiddleware:
    """The last to hear of an exception: turn it into a harvest, `refused` or `blocked`."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler, for its stats."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """Answer with status 599, and leave the reason in ``meta["gave_up"]``.

        A browser sees a challenge before any page class does: then ``meta["blocked"]`` is set too.
        """
        if isinstance(exception, CrawlClosingError | PermitLostError):
            return None  # nothing failed: the next crawl asks again, or another worker does
        if request.callback is NO_CALLBACK:
            return None  # a middleware asked for itself, such as for robots.txt, and handles it
        if isinstance(exception, BlockedError):
            request.meta.update(gave_up=exception.problem, blocked=True)
        reason = request.meta.setdefault("gave_up", described(exception))
        if isinstance(exception, EXPECTED):
            logger.warning("Gave up %s: %s", request, reason)
        else:
            logger.error("Gave up %s: %s", request, reason, exc_info=exception)
        return Response(request.url, status=GAVE_UP, request=request)
