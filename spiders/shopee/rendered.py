"""A product's page as a browser shows it: what can be read of it without guessing.

Class names of title, price and sold count change with each deploy of the site, so that they come
from the page's own JSON-LD, or from nowhere: a price that only stands there as text is null.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from html import escape
from typing import Any, Final

from crawlers.clean import count_of, minor_units
from crawlers.errors import CrawlersError, PageError
from crawlers.html import HtmlPage
from crawlers.items.products import Availability, Category, Product, Shop
from crawlers.page import Found
from spiders.shopee.addresses import category_in, product_in, shop_in
from spiders.shopee.answer import MARKS, marks, refuse_address, refuse_marks
from spiders.shopee.fields import block, blocks, identifier, text
from spiders.shopee.ratings import mean_of
from spiders.shopee.regions import place_of, product_url, region_in

TITLE: Final = "section.product-briefing h1"
OVERVIEW: Final = "div.product-rating-overview"
STARS: Final = "div.product-rating-overview__filter"
ADDRESS: Final = 'meta[property="og:url"]'
DATA: Final = 'script[type="application/ld+json"]'
KEPT: Final = {
    "Product": ("@type", "name", "description", "productID", "image", "brand", "offers",
                "aggregateRating"),
    "BreadcrumbList": ("@type", "itemListElement"),
}  # fmt: skip
"""What is kept of the page's JSON-LD, by type."""

AVAILABLE: Final[dict[str, Availability]] = {"InStock": "in_stock", "OutOfStock": "out_of_stock"}
_STARS: Final = re.compile(r"([1-5])\D[^()]*\(([^()]+)\)")


class RenderedProductPage(HtmlPage):
    """A product's page, without who looks at it and who wrote reviews."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Leave the title, the address, JSON-LD about the product, and the overview of ratings."""
        page = cls("", body)
        try:
            return page._said(page._kept())
        except CrawlersError:
            return page._said(map(MARKS.__getitem__, marks(body)))

    def read_items(self) -> Iterator[Found]:
        """Yield the product and its shop."""
        refuse_address(self.url)
        refuse_marks(self.url, self.body)
        shop, number = self._ids()
        offer = block(self.data.get("Product", {}).get("offers"))
        region, currency = place_of(self._address, text(offer.get("priceCurrency")))
        yield self._product(number, shop, region, currency, offer)
        seller = block(offer.get("seller"))
        if name := text(seller.get("name")):
            username = shop_in(text(seller.get("url")) or "")[1]
            rating = _stars(block(seller.get("aggregateRating")).get("ratingValue"))
            yield Shop(
                platform="shopee", id=shop, region=region, name=name, username=username,
                rating=rating,
            )  # fmt: skip

    @cached_property
    def data(self) -> dict[str, dict[str, Any]]:
        """The page's JSON-LD by type; two of one type raise PageError."""
        found: dict[str, dict[str, Any]] = {}
        for node in self.all(DATA):
            one = json.loads(node.text(), parse_float=str)
            kind = one.get("@type") if isinstance(one, dict) else None
            if kind in KEPT:
                if kind in found:
                    raise PageError(self.url, f"two {kind} in the page's data")
                found[kind] = one
        return found

    @property
    def _address(self) -> str:
        """The page's own address, which a saved file does not have otherwise."""
        node = self.maybe(ADDRESS)
        said = self.attribute(node, "content") if node else ""
        return self.url if region_in(self.url) else said or self.url

    def _ids(self) -> tuple[str, str]:
        node = self.maybe(ADDRESS)
        said = product_in(self.attribute(node, "content")) if node else None
        found = product_in(self.url) or said
        if found is None:
            raise PageError(self.url, "no page of a product")
        of_data = identifier(self.data.get("Product", {}).get("productID"))
        if said not in {None, found} or of_data not in {None, found[1]}:
            raise PageError(self.url, f"the page of another product than {found[1]}")
        return found

    def _product(
        self, number: str, shop: str, region: str, currency: str, offer: dict[str, Any]
    ) -> Product:
        said = self.data.get("Product", {})
        rating = block(said.get("aggregateRating"))
        low, high = (_money(offer, name, currency) for name in ("lowPrice", "highPrice"))
        image = text(said.get("image"))
        return Product(
            platform="shopee",
            id=number,
            shop_id=shop,
            region=region,
            name=self._title(),
            url=product_url(region, shop, number),
            price_minor=low,
            price_max_minor=high,
            currency=currency,
            availability=AVAILABLE.get((text(offer.get("availability")) or "").rpartition("/")[2]),
            rating=_stars(rating.get("ratingValue")) or self._shown_rating(),
            ratings_total=_number(rating.get("ratingCount")),
            ratings_by_stars=self._by_stars(),
            brand=text(said.get("brand")),
            condition="new" if offer.get("itemCondition") == "NewCondition" else None,
            categories=self._categories(),
            images=(image,) if image else None,
            description=text(said.get("description")),
        )

    def _title(self) -> str:
        """Return the title, which stands in a heading for screen readers."""
        title = self.text(self.one(TITLE))
        if not title:
            raise PageError(self.url, "a product without a title")
        return title

    def _shown_rating(self) -> float | None:
        node = self.maybe(f"{OVERVIEW} .product-rating-overview__rating-score")
        return _stars(self.text(node)) if node else None

    def _by_stars(self) -> tuple[int, ...] | None:
        """Return the numbers in the buttons, "5 Sao (9,4k)": rounded, as the page shows them."""
        found: dict[str, int] = {}
        for node in self.all(f"{OVERVIEW} {STARS}"):
            if match := _STARS.fullmatch(self.text(node)):
                if match[1] in found:
                    raise PageError(self.url, f"two buttons of {match[1]} stars")
                found[match[1]] = count_of(match[2])
        stars = [found.get(number) for number in "12345"]
        known = tuple(one for one in stars if one is not None)
        return known if len(known) == len(stars) else None

    def _categories(self) -> tuple[Category, ...] | None:
        found = []
        for step in blocks(self.data.get("BreadcrumbList", {}).get("itemListElement")):
            item = block(step.get("item"))
            if ids := category_in(text(item.get("@id")) or ""):
                found.append(Category(id=ids.rpartition(".")[2], name=text(item.get("name"))))
        return tuple(found) or None

    @staticmethod
    def _said(parts: Iterable[str]) -> bytes:
        return f"<!doctype html><html><body>{''.join(parts)}</body></html>".encode()

    def _kept(self) -> list[str]:
        found = [MARKS[name] for name in marks(self.body)]
        for node in self.all(ADDRESS):
            address = (node.attributes.get("content") or "").partition("?")[0]
            found.append(f'<meta property="og:url" content="{escape(address)}">')
        for node in self.all(DATA):
            found += _kept_data(node.text())
        for node in self.all(TITLE):
            title = escape(self.text(node))
            found.append(f'<section class="product-briefing"><h1>{title}</h1></section>')
        return found + [node.html or "" for node in self.all(OVERVIEW)]


def _kept_data(said: str) -> list[str]:
    """Return a script with what is kept of *said*; one that cannot be read stays unreadable."""
    try:
        one = json.loads(said, parse_float=str)
    except (ValueError, RecursionError):
        return ['<script type="application/ld+json">?</script>']
    kind = one.get("@type") if isinstance(one, dict) else None
    if not isinstance(kind, str) or kind not in KEPT:
        return []
    kept = json.dumps({name: one[name] for name in KEPT[kind] if name in one})
    kept = kept.replace("</", "<\\/")
    return [f'<script type="application/ld+json">{kept}</script>']


def _money(offer: dict[str, Any], name: str, currency: str) -> int | None:
    """Return the only price of an offer, or one end of its range, which are decimal numbers."""
    value = offer.get("price") or offer.get(name)
    return minor_units(str(value), currency) if value else None


def _number(value: Any) -> int | None:
    """Return a count that is written as text or as a number."""
    found = text(str(value)) if value is not None else None
    if found is not None and not (found.isascii() and found.isdigit()):
        raise ValueError(f"{found[:40]!r} is no count")
    return int(found) if found else None


def _stars(value: Any) -> float | None:
    return mean_of(float(value) if isinstance(value, str) else value)
