"""Follow the links of one page."""

from collections.abc import AsyncIterator, Iterator

from scrapy import Request

from crawlers.page import Found
from crawlers.spider import SourceSpider, reads
from tests.crawls.walk.spider import WalkSpider
from tests.fetching.linking.pages import LinksPage


class LinkingSpider(SourceSpider):
    """Begin at ``/links``; what the links lead to is not followed further."""

    name = "linking"

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the links."""
        yield Request(f"{self.origin}/links", self.parse_links)

    @reads(LinksPage)
    def parse_links(self, page: LinksPage) -> Iterator[Found | Request]:
        """Store the page, then follow it."""
        yield from page.items()
        for url in page.links():
            yield Request(url, self.parse_end)

    @reads(LinksPage)
    def parse_end(self, page: LinksPage) -> Iterator[Found]:
        """Store the page."""
        return page.items()

    closed = WalkSpider.closed
