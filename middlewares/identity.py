"""Who a request says that it is: the session's identity, and the secrets of the source.

Both are added last, and secrets are taken away as soon as the request has ended, so that no queue
and no log ever holds one.
"""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.config import config
from crawlers.limits import limit_key
from crawlers.sessions import Identity, sessions_for
from crawlers.spider import SourceSpider


class IdentityMiddleware:
    """Add the spider's secret headers to requests for its own site, and to no other.

    Where identities rotate, the headers of the session's identity as well. A request that asks for
    another type than a page (``Accept``) keeps saying so.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler; its spider exists when the first request comes."""
        self.crawler = crawler
        self.sessions = sessions_for(crawler)
        self.accept = crawler.settings.getdict("DEFAULT_REQUEST_HEADERS").get("Accept")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set the headers, or take them away from a request that was redirected elsewhere."""
        self.identify(request, self.sessions.identity(request.meta.get("session")))
        spider = self.crawler.spider
        if not isinstance(spider, SourceSpider):
            return
        at_home = limit_key(request.url) in homes(spider)
        for name, value in spider.secret_headers().items():
            if at_home:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)

    def process_response(self, request: Request, response: Response) -> Response:
        """Take the secrets away again: a retry is a copy, and goes to a queue."""
        self.forget(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002 - Scrapy's signature
        """Take them away here too."""
        self.forget(request)

    def forget(self, request: Request) -> None:
        """Remove the secret headers of the spider."""
        spider = self.crawler.spider
        for name in spider.secret_headers() if isinstance(spider, SourceSpider) else ():
            request.headers.pop(name, None)

    def identify(self, request: Request, identity: Identity) -> None:
        """Say who we are; nothing is to be done for the truthful identity."""
        if identity.user_agent is None:
            return
        request.headers["User-Agent"] = identity.user_agent
        asks_for_page = request.headers.get("Accept") in {None, (self.accept or "").encode()}
        for name, value in identity.headers.items():
            if name != "Accept" or asks_for_page:
                request.headers[name] = value


def homes(spider: SourceSpider) -> set[str]:
    """Return the limit keys that may have the secrets: the source's site, in tests its replica.

    Whoever starts a crawl chooses its ``origin``; that must not get him the token.
    """
    keys = {limit_key(spider.card.site)}
    return keys | {limit_key(spider.origin)} if config().crawlers_test else keys
