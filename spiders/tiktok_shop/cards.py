"""Products as lists show them: cards, which say less than a product's own page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import to_json

from crawlers.items.base import Reject
from crawlers.items.products import Platform, Product, Shop
from crawlers.page import FOREIGN, translated
from spiders.tiktok_shop.addresses import region_in
from spiders.tiktok_shop.prices import price_in
from spiders.tiktok_shop.values import Block, block, count, required, stars, text

PLATFORM: Final[Platform] = "tiktok_shop"


@dataclass(frozen=True, slots=True)
class Placed:
    """A card that could be read or not, the list that it is in, and its place: 1 is the first."""

    name: str
    position: int
    card: Product | Reject
    shop: Shop | None = None


def read_cards(
    url: str, lists: Sequence[tuple[str, Sequence[Block]]], region: str | None
) -> Iterator[Placed]:
    """Yield the cards in the order of the page; of a product that comes again, the first."""
    seen: set[tuple[str, str]] = set()
    for name, cards in lists:
        for position, card in enumerate(cards, 1):
            try:
                product, shop = read_card(card, region), seller_of(card, region)
            except FOREIGN as error:
                problem = translated(url, error).problem
                yield Placed(name, position, Reject(f"{name}[{position}]", problem, to_json(card)))
                continue
            if (name, product.id) not in seen:
                seen.add((name, product.id))
                yield Placed(name, position, product, shop)


def read_card(card: Block, region: str | None) -> Product:
    """Return the product. Its one picture is left out: it would replace those of the page."""
    price = price_in(block(card, "product_price_info"))
    rate = block(card, "rate_info")
    product = required(card, "product_id")
    region = region or _region(card)
    return Product(
        platform=PLATFORM,
        id=product,
        shop_id=text(block(card, "seller_info"), "seller_id"),
        region=region,
        name=text(card, "title"),
        url=address_of(product),
        price_minor=price.amount,
        list_price_minor=price.before,
        discount_percent=price.percent,
        currency=price.currency,
        sold=count(block(card, "sold_info"), "sold_count"),
        rating=stars(rate, "score"),
        ratings_total=count(rate, "review_count"),
        brand=text(block(card, "brand_info"), "brand_name"),
    )


def _region(card: Block) -> str | None:
    """Return the region in the address of the product's page, where the card has one."""
    page = card.get("seo_url")
    address = text(page, "canonical_url") if isinstance(page, dict) else None
    return region_in(address) if address else None


def seller_of(card: Block, region: str | None) -> Shop | None:
    """Return the shop that a card names."""
    seller = block(card, "seller_info")
    if (shop := text(seller, "seller_id")) is None:
        return None
    region = region or _region(card)
    return Shop(platform=PLATFORM, id=shop, region=region, name=text(seller, "shop_name"))


def address_of(product: str) -> str:
    """Return the address of a product's page, the same one wherever it was seen."""
    return f"https://www.tiktok.com/view/product/{product}"
