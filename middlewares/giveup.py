"""A download that failed for good becomes a response, so that it ends like every other."""

import logging
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

GAVE_UP = 599
"""The status of the stand-in response. Unassigned by IANA's registry of status codes."""

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

    def process_exception(self, request: Request, exception: Exception) -> Response:
        """Answer with status 599, and leave the reason in ``meta["gave_up"]``."""
        reason = f"{type(exception).__name__}: {exception}".split("\n", 1)[0][:300]
        request.meta["gave_up"] = reason
        logger.warning("Gave up %s: %s", request, reason)
        return Response(request.url, status=GAVE_UP, request=request)
