"""The listing, read in the callback with Scrapy's own selectors."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response


class ShopSpider(Spider):
    """Read every page; one dict for each card."""

    name = "shop"

    def __init__(self, origin: str, pages: str, **kwargs: Any) -> None:
        """Read *pages* pages of *origin*."""
        super().__init__(**kwargs)
        self.addresses = [f"{origin}/list/{number}" for number in range(int(pages))]

    async def start(self) -> AsyncIterator[Request]:
        """Ask for every page."""
        for address in self.addresses:
            yield Request(address)

    def parse(self, response: Response, **_: Any) -> Iterator[dict[str, Any]]:
        """Yield the cards."""
        for card in response.css("li.product-card"):
            yield {
                "sku": card.attrib["data-sku"],
                "name": card.css("a.name::text").get(),
                "price": card.css(".price .now::text").get(),
                "rating": card.css(".stars::text").get(),
                "votes": card.css(".votes::text").get(),
            }
