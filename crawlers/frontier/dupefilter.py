"""Which requests are the same: scrapy-redis' filter, with the crawler's own fingerprints.

The filter itself is a step of the Lua program that queues a request, so nothing is marked as seen
without being queued.
"""

from hashlib import sha1
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy_redis.dupefilter import RFPDupeFilter


class LeaseDupeFilter(RFPDupeFilter):  # type: ignore[misc]  # scrapy-redis has no types
    """Names each request by 20 bytes, and counts those that were there."""

    def __init__(self, crawler: Crawler) -> None:
        """Use the fingerprinter of *crawler*."""
        super().__init__(None, "", crawler.settings.getbool("DUPEFILTER_DEBUG"))
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def request_fingerprint(self, request: Request) -> bytes:
        """Return the name of *request*."""
        return self._crawler.request_fingerprinter.fingerprint(request)

    def name(self, request: Request, parent: bytes, place: int) -> bytes:
        """Return the name of the child *place* of *parent*.

        One that is not to be filtered is told apart from all others, and still is the same when its
        parent has to be done again.
        """
        fingerprint = self.request_fingerprint(request)
        if not request.dont_filter:
            return fingerprint
        return sha1(b"%b %b %d" % (parent, fingerprint, place), usedforsecurity=False).digest()

    def count(self, filtered: int) -> None:
        """Count requests that were there already, as Scrapy's own filter does."""
        self._crawler.stats.inc_value("dupefilter/filtered", filtered)
