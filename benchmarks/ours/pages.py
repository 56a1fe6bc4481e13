"""The listing, read the way a source of the project reads its pages."""

from collections.abc import Iterator
from decimal import Decimal

from benchmarks.products import BenchProduct
from crawlers.html import HtmlPage


class ListingPage(HtmlPage):
    """Cards; each stands for itself."""

    is_list = True

    def read_items(self) -> Iterator[BenchProduct]:
        """Yield the cards."""
        for card in self.all("li.product-card"):
            price = Decimal(self.text(self.one(".price .now", card)).removeprefix("€"))
            yield BenchProduct(
                sku=self.attribute(card, "data-sku"),
                name=self.text(self.one("a.name", card)),
                price_minor=int(price * 100),
                rating=float(self.text(self.one(".stars", card))),
                votes=int(self.text(self.one(".votes", card)).strip("()")),
            )
