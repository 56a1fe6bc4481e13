"""What the site's own calls answer: a product, a list of products, a shop."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar, Final

from pydantic_core import to_json

from crawlers.errors import CrawlersError, MissingError, PageError
from crawlers.items.base import Reject
from crawlers.items.products import Product, ProductKeyword, Shop
from crawlers.page import FOREIGN, Found, Page, translated
from spiders.shopee.addresses import PER_PAGE, search_in, shop_in
from spiders.shopee.answer import answer_in, redacted, redacted_product
from spiders.shopee.cards import card_in, read_card
from spiders.shopee.fields import block, count, flag, several, text
from spiders.shopee.payload import payload_in
from spiders.shopee.products import read_product
from spiders.shopee.regions import COUNTRIES, region_in
from spiders.shopee.rendered import RenderedProductPage
from spiders.shopee.shops import shop_of

__all__ = ["ProductPage", "RenderedProductPage", "SearchPage", "ShopPage"]

REJECTED_BYTES: Final = 20_000


class ProductPage(Page):
    """A product with its variants and its shop: get_pc, get_rw, or item/get of v2 and v4."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Leave the blocks about the product: not the viewer's address, not the vouchers."""
        return redacted_product(body)

    def read_items(self) -> Iterator[Found]:
        """Yield the product, then its shop."""
        yield from read_product(self.url, payload_in(self.url, answer_in(self.url, self.body)))


class ShopPage(Page):
    """A shop: get_shop_base, get_shop_detail, or shop/get of v2."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Leave out what is private."""
        return redacted(body)

    def read_items(self) -> Iterator[Found]:
        """Yield the shop; PageError when it is another one than the address names."""
        said = block(answer_in(self.url, self.body).get("data"))
        if not said:
            raise PageError(self.url, "neither a shop nor an error")
        number, username = shop_in(self.url)
        shop = shop_of(self.url, said, self._region(said), number)
        if username and shop.username and shop.username.lower() != username.lower():
            raise PageError(self.url, f"shop {shop.username!r} instead of {username!r}"[:200])
        yield shop

    def _region(self, said: dict[str, Any]) -> str | None:
        """Return the country of the site; the older answers name it, and must not name another."""
        country = (text(said.get("country")) or "").lower()
        of_shop = country if country in COUNTRIES else None
        region = region_in(self.url) or of_shop
        if of_shop not in {None, region}:
            raise PageError(self.url, f"a shop in {of_shop!r} on the site of {region!r}")
        return region


class SearchPage(Page):
    """A page of a list: of a keyword, a category or a shop. Each card stands for itself."""

    is_list: ClassVar[bool] = True

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Leave out what is private."""
        return redacted(body)

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The answer, read once."""
        return answer_in(self.url, self.body)

    @cached_property
    def total(self) -> int | None:
        """How many products the list has, as the site counts them."""
        return count(self.answer.get("total_count"))

    @cached_property
    def is_last(self) -> bool:
        """Whether the site gives no page after this one."""
        return bool(flag(self.answer.get("nomore"))) or not self.answer.get("items")

    @property
    def is_complete(self) -> bool:
        """Whether the number of products says that there are none after this page."""
        return self.total is not None and self.total <= search_in(self.url)[1] + PER_PAGE

    def read_items(self) -> Iterator[Found]:
        """Yield products and their shops; then, of a keyword's list, who stands where in it.

        MissingError when nothing is found, and PageError when there should be something.
        """
        cards = several(self.answer.get("items"))
        keyword, offset = search_in(self.url)
        self.is_complete, self.is_last  # noqa: B018 - an answer that cannot be read fails here
        if not cards:
            self._refuse_empty(offset)
        seen: set[tuple[Any, ...]] = set()
        places: dict[str, ProductKeyword] = {}
        for position, given in enumerate(cards, offset + 1):
            try:
                card = card_in(given)
                found = list(read_card(self.url, card))
            except (CrawlersError, *FOREIGN) as error:
                yield self._rejected(position - offset, given, error)
                continue
            yield from self._news(found, seen)
            if keyword:
                self._place(found, keyword, position, places, is_ad=card.is_ad)
        yield from places.values()

    def _news(self, found: list[Found], seen: set[tuple[Any, ...]]) -> Iterator[Found]:
        """Yield each product and each shop once: advertisements repeat what is in the list."""
        for one in found:
            key = (type(one), *one.key) if isinstance(one, Product | Shop) else None
            if key not in seen:
                yield one
            if key:
                seen.add(key)

    def _place(
        self,
        found: list[Found],
        keyword: str,
        position: int,
        places: dict[str, ProductKeyword],
        *,
        is_ad: bool,
    ) -> None:
        """Note where products stand: the first place, or better the first that nobody pays for."""
        for one in found:
            if not isinstance(one, Product) or one.region is None:
                continue
            known = places.get(one.id)
            if known is None or (known.is_ad and not is_ad):
                places[one.id] = ProductKeyword(
                    platform="shopee",
                    region=one.region,
                    keyword=keyword,
                    product_id=one.id,
                    position=position,
                    is_ad=is_ad,
                )

    def _refuse_empty(self, offset: int) -> None:
        if "items" not in self.answer:
            raise PageError(self.url, "neither a list nor an error")
        if self.total is not None and self.total > offset:
            raise PageError(self.url, f"an empty page of {self.total} products")
        raise MissingError(self.url, "nothing is found")

    def _rejected(self, number: int, given: Any, error: Exception) -> Reject:
        ours = error if isinstance(error, PageError) else translated(self.url, error)
        return Reject(f"card {number}", ours.problem, to_json(given)[:REJECTED_BYTES])
