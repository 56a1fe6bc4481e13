"""Cards of products in lists, of both generations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawlers.items.base import Unknown
from crawlers.items.products import Product, Shop
from crawlers.page import Found
from spiders.shopee import availability, prices
from spiders.shopee.fields import (
    block,
    blocks,
    count,
    first_of,
    flag,
    identifier,
    image_urls,
    instant,
    money,
    percent,
    same,
    text,
)
from spiders.shopee.prices import DISCOUNTS, HIDDEN, Prices, above, highest, lowest
from spiders.shopee.ratings import read_ratings, sold_in
from spiders.shopee.regions import place_of, product_url


@dataclass(frozen=True, slots=True)
class Card:
    """One place in a list: what stands there, and whether somebody pays for it."""

    said: dict[str, Any]
    """``item_basic`` of the legacy card, ``item_data`` of the new one; of 2019 the card itself."""
    asset: dict[str, Any]
    """``item_card_displayed_asset`` of the new card: what it shows."""
    products: list[tuple[str, str | None]]
    """The ids of the product and its shop; of several, when a virtual card stands for them."""
    is_ad: bool


def card_in(given: Any) -> Card:
    """Return the card in *given*; ValueError for what is none."""
    outer = block(given)
    custom = block(outer.get("customised_item_card"))
    basic = block(outer.get("item_basic"))
    data = block(outer.get("item_data")) or block(custom.get("item_data"))
    shown = "item_card_displayed_asset"
    asset = block(outer.get(shown)) or block(custom.get(shown)) or block(data.get(shown))
    said = basic or data or (outer if "name" in outer else {})
    if not said:
        raise ValueError("a card without a product")
    return Card(said, asset, _products(outer, custom, said), _is_ad(outer, custom, said))


def read_card(url: str, card: Card) -> Iterator[Found]:
    """Yield the product or products of *card*, the shop as far as it is named, what is unknown."""
    region, currency = place_of(url, text(card.said.get("currency")))
    if len(card.products) > 1:  # which of them the price is of, nobody says
        for number, shop in card.products:
            yield _bare(number, shop, region)
        return
    ((number, shop),) = card.products
    sold, unread = _sold(card.said, "historical_sold")
    recently, unread_too = _sold(card.said, "monthly_sold")
    price = _prices(card.said, currency)
    ratings = read_ratings(block(card.said.get("item_rating")))
    yield Product(
        platform="shopee",
        id=number,
        shop_id=shop,
        region=region,
        name=first_of(text(card.asset.get("name")), text(card.said.get("name"))),
        url=product_url(region, shop, number) if shop else None,
        price_minor=price.low,
        price_max_minor=price.high,
        list_price_minor=price.before,
        discount_percent=price.discount,
        currency=currency,
        is_price_hidden=price.is_hidden,
        stock=count(card.said.get("stock")),
        sold=sold,
        sold_recently=first_of(count(card.said.get("sold")), recently),
        availability=availability.of_product(card.said, ()),
        rating=ratings.mean,
        ratings_total=ratings.total,
        ratings_by_stars=ratings.by_stars,
        comments=count(card.said.get("cmt_count")),
        liked=count(card.said.get("liked_count")),
        brand=_brand(card.said),
        images=image_urls(first_of(card.asset.get("images"), card.said.get("images")), region),
        listed_at=instant(card.said.get("ctime")),
    )
    if found := _shop(card.said, shop, region):
        yield found
    status = text(card.said.get("item_status"))
    if status and status not in availability.STATUSES:
        yield Unknown("item_status", status)
    yield from (Unknown("sold", one[:40]) for one in (unread, unread_too) if one)


def _products(
    outer: dict[str, Any], custom: dict[str, Any], said: dict[str, Any]
) -> list[tuple[str, str | None]]:
    """Return the ids. Those of a virtual card itself are placeholders: no page is behind them."""
    for place in (outer, custom, said):
        if real := blocks(place.get("real_items")):
            return [_ids(one) for one in real]
    return [_ids(said, outer)]


def _ids(*places: dict[str, Any]) -> tuple[str, str | None]:
    products, shops = ("item_id", "itemid"), ("shop_id", "shopid")
    number = same(*(place.get(name) for place in places for name in products))
    if number is None:
        raise ValueError("a card without the id of a product")
    return number, same(*(place.get(name) for place in places for name in shops))


def _is_ad(*places: dict[str, Any]) -> bool:
    return any(
        identifier(place.get("adsid")) is not None or bool(flag(place.get("is_ad")))
        for place in places
    )


def _prices(said: dict[str, Any], currency: str) -> Prices:
    """Return what the card shows: of the new one, after vouchers; of the legacy one, a range."""
    shown = said.get("item_card_display_price")
    if prices.is_hidden(said, block(shown)):
        return HIDDEN
    if shown is not None:
        shown = block(shown)
        low = money(shown.get("price"), currency)
        names = ("strikethrough_price", "original_price")
        before = above(low, [money(shown.get(name), currency) for name in names])
        return Prices(low, None, before, percent(shown.get("discount")))
    found = [money(said.get(name), currency) for name in ("price", "price_min", "price_max")]
    low = lowest(found)
    names = ("price_min_before_discount", "price_before_discount")
    before = above(low, [money(said.get(name), currency) for name in names])
    discount = percent(*(said.get(name) for name in DISCOUNTS))
    return Prices(low, highest(found), before, discount)


def _sold(said: dict[str, Any], name: str) -> tuple[int | None, str | None]:
    new = block(said.get("item_card_display_sold_count"))
    numbers = [said.get(name), new.get(f"{name}_count")]
    return sold_in(numbers, [new.get(f"{name}_count_text"), new.get(f"{name}_text")])


def _brand(said: dict[str, Any]) -> str | None:
    if (found := text(said.get("brand"))) is not None:
        return found
    brand = said.get("global_brand")
    named = brand.get("display_name") if isinstance(brand, dict) else brand
    return text(named) if isinstance(named, str) else None


def _shop(said: dict[str, Any], shop: str | None, region: str) -> Shop | None:
    name = first_of(
        text(block(said.get("shop_data")).get("shop_name")), text(said.get("shop_name"))
    )
    if shop is None or name is None:
        return None
    official = flag(said.get("is_official_shop"))
    return Shop(platform="shopee", id=shop, region=region, name=name, is_official=official)


def _bare(number: str, shop: str | None, region: str) -> Product:
    url = product_url(region, shop, number) if shop else None
    return Product(platform="shopee", id=number, shop_id=shop, region=region, url=url)
