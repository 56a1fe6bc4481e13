"""Requests that must not be sent twice, because each costs money: the database is told before."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawlers.errors import SentBeforeError
from crawlers.spider import SourceSpider


class OnceMiddleware:
    """Send a request with ``meta["once"]``, a name and a value, only for whoever claims that first.

    A worker may have died over it, or what it yielded could not be stored: then it comes again, and
    ends as one that was given up. The claim is a mark of the source with the name; another value
    may be claimed after it. Nearest to the site: what another middleware puts off claims nothing.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler; its spider has the memory."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Claim. Raises SentBeforeError, or StorageError; then nothing is sent."""
        once, spider = request.meta.get("once"), self.crawler.spider
        if once is None or not isinstance(spider, SourceSpider):
            return
        name, value = once
        if not await spider.memory.claim(name, value):
            raise SentBeforeError("it may have been sent before")
