"""The site's pages: a product's own, lists of products, and what a keyword finds."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from crawlers.errors import MissingError, PageError
from crawlers.items.base import Reject
from crawlers.items.products import Product, ProductKeyword
from crawlers.page import Found, Page
from spiders.tiktok_shop.addresses import (
    cleaned,
    keyword_in,
    product_id_in,
    region_in,
    seller_id_in,
)
from spiders.tiktok_shop.answer import Answer, read_answer
from spiders.tiktok_shop.cards import PLATFORM, Placed, read_cards
from spiders.tiktok_shop.product import read_product, unknown_in_product
from spiders.tiktok_shop.redaction import redacted
from spiders.tiktok_shop.sellers import read_shop, seller_of_product
from spiders.tiktok_shop.values import Block, block, text

SEARCH = "feed_list_search_word"
"""The list of what a keyword finds; the other lists of its page are recommendations."""


class ProductPage(Page):
    """One product, with its variants and its shop."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Take out people, and all markup."""
        return redacted(body)

    @classmethod
    def redact_url(cls, url: str) -> str:
        """Take out who shared a link, and what tracks and signs."""
        return cleaned(url) if urlsplit(url).query else url

    def read_items(self) -> Iterator[Found]:
        """Yield the product and the shop, whatever the page says beside its JSON."""
        answer = read_answer(self.url, self.body)
        data = answer.product()
        sold_in = (text(data, "sale_region") or "").lower()
        shop_page = text(block(data, "shop_info"), "shop_link") or ""
        region = sold_in or region_of(answer) or region_in(shop_page)
        product = read_product(data, region)
        if (wanted := product_id_in(self.url)) not in {None, product.id}:
            raise PageError(self.url, f"product {product.id} instead of {wanted}")
        yield product
        if shop := seller_of_product(data, product.shop_id, region):
            yield shop
        yield from unknown_in_product(data)


class ListPage(Page):
    """The products of a category or a shop, as cards."""

    is_list = True

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Take out people, and all markup."""
        return redacted(body)

    @classmethod
    def redact_url(cls, url: str) -> str:
        """Take out who shared a link, and what tracks and signs."""
        return cleaned(url) if urlsplit(url).query else url

    def read_items(self) -> Iterator[Found]:
        """Yield the shop, if the page is one's own, then each product and each shop once."""
        answer = read_answer(self.url, self.body)
        told = [block(one, "shop_info") or one for one in answer.of_type("shop_info")]
        shop = read_shop(told, seller_id_in(self.url), region_of(answer)) if told else None
        if shop:
            yield shop
        products, shops = set(), {shop.id if shop else None}
        for placed in self.placed(answer):
            card = placed.card
            if isinstance(card, Reject) or card.id not in products:
                yield card
            if isinstance(card, Product):
                products.add(card.id)
                yield from self.place_of(card, placed, region_of(answer))
            if placed.shop and placed.shop.id not in shops:
                shops.add(placed.shop.id)
                yield placed.shop

    def placed(self, answer: Answer) -> Iterator[Placed]:
        """Yield the cards of all lists; raise MissingError, or whatever else is said, if none."""
        lists = self.lists(answer)
        if not any(cards for _, cards in lists):
            nothing = MissingError if lists else PageError
            raise answer.refusal(nothing(self.url, "no products are listed"))
        return read_cards(self.url, lists, region_of(answer))

    def lists(self, answer: Answer) -> list[tuple[str, list[Block]]]:
        """Return the lists of the page by name."""
        return list(answer.lists())

    def place_of(self, card: Product, placed: Placed, region: str | None) -> Iterator[Found]:
        """Yield what the place of a card says: in these lists nothing."""
        del card, placed, region
        return iter(())


class KeywordPage(ListPage):
    """What a keyword finds, in the order of the page."""

    def lists(self, answer: Answer) -> list[tuple[str, list[Block]]]:
        """Return the lists of the page, what was found as `SEARCH`; MissingError if that is empty.

        A page with one list alone has what was found in it, whatever it is called.
        """
        if keyword_in(self.url) is None:
            raise ValueError("no keyword in the address")
        lists = super().lists(answer)
        if len(lists) == 1:
            lists = [(SEARCH, lists[0][1])]
        found = [cards for name, cards in lists if name == SEARCH]
        if lists and len(found) != 1:
            raise ValueError(f"expected one list of what was found, found {len(found)}")
        if found == [[]]:
            raise MissingError(self.url, "nothing was found")
        return lists

    def place_of(self, card: Product, placed: Placed, region: str | None) -> Iterator[Found]:
        """Yield where a product stands among what was found."""
        if placed.name == SEARCH:
            yield ProductKeyword(
                platform=PLATFORM,
                region=str(region),
                keyword=str(keyword_in(self.url)),
                product_id=card.id,
                position=placed.position,
                is_ad=False,
            )


def region_of(answer: Answer) -> str | None:
    """Return the country that a page is for: as it says, or as its address does."""
    return answer.region or region_in(answer.url)
