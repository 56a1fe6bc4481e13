"""Answer from a file that the user saved: nothing goes out, everything else goes the same way."""

import asyncio
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.errors import CaptureError
from crawlers.spider import SourceSpider


class CapturedMiddleware:
    """Give the saved body as the response to a request with ``meta["capture"]``.

    It stands before robots.txt, proxies and limits, which are about asking the site. The page's
    own `redact`, the raw store, quarantine and the rows are those of a download.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler; its spider knows the files."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """Answer from the file, and let pass what asks the site; CaptureError for a bad file."""
        if (name := request.meta.get("capture")) is None:
            return None
        spider = self.crawler.spider
        if not isinstance(spider, SourceSpider) or not isinstance(name, str):
            raise CaptureError("only a source reads saved files, by name")
        capture = await asyncio.to_thread(spider.captures.read, name)
        request.meta["fetched_at"] = capture.at
        headers = {"Content-Type": capture.content_type}
        return Response(request.url, 200, headers, capture.body, request=request)
