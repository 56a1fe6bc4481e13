"""Secrets of a source, added after the frontier so that no queue or log ever holds them."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawlers.config import config
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
        at_home = limit_key(request.url) in homes(spider)
        for name, value in spider.secret_headers().items():
            if at_home:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)


def homes(spider: SourceSpider) -> set[str]:
    """Return the limit keys that may have the secrets: the source's site, in tests its replica.

    Whoever starts a crawl chooses its ``origin``; that must not get him the token.
    """
    keys = {limit_key(spider.card.site)}
    return keys | {limit_key(spider.origin)} if config().crawlers_test else keys
