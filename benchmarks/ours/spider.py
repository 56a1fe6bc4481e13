"""The peers' crawl as a source of the project."""

from collections.abc import AsyncIterator, Iterator

from pydantic import Field
from scrapy import Request

from benchmarks.ours.pages import ListingPage
from benchmarks.products import BenchProduct
from crawlers.page import Found
from crawlers.spider import SourceArguments, SourceSpider, reads


class BenchArguments(SourceArguments):
    """How much to read."""

    pages: int = Field(ge=1, strict=False, description="how many pages")


class BenchShopSpider(SourceSpider):
    """Read every page."""

    name = "ours"
    Arguments = BenchArguments
    items = (BenchProduct,)
    args: BenchArguments

    async def start(self) -> AsyncIterator[Request]:
        """Ask for every page."""
        for number in range(self.args.pages):
            yield Request(f"{self.origin}/list/{number}", callback=self.parse_listing)

    @reads(ListingPage)
    def parse_listing(self, page: ListingPage) -> Iterator[Found]:
        """Yield the cards."""
        yield from page.items()
