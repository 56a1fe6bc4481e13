"""Secrets of a source, added after the frontier so that no queue or log ever holds them."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawlers.limits import limit_key
from crawlers.spider import SourceSpider


class IdentityMiddleware:
    """Add the spider's secret headers to requests for its own site, and to no other."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler; its spider exists when the first request comes."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set the headers, or take them away from a request that was redirected elsewhere."""
        spider = self.crawler.spider
        if not isinstance(spider, SourceSpider):
            return
        at_home = limit_key(request.url) == limit_key(spider.origin)
        for name, value in spider.secret_headers().items():
            if at_home:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)
