"""A product out of the answer about it."""

from collections.abc import Iterator
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.items.base import Unknown
from crawlers.items.products import Attribute, Category, Product
from crawlers.page import Found
from spiders.shopee import availability, prices
from spiders.shopee.addresses import product_in
from spiders.shopee.fields import (
    block,
    blocks,
    count,
    first_of,
    identifier,
    image_urls,
    instant,
    integer,
    same,
    text,
)
from spiders.shopee.payload import Payload
from spiders.shopee.ratings import read_ratings, sold_in
from spiders.shopee.regions import place_of, product_url
from spiders.shopee.shops import shop_of
from spiders.shopee.variants import read_variants

NEW: Final = 1
"""The only condition that is described."""


def read_product(url: str, payload: Payload) -> Iterator[Found]:
    """Yield the product, its shop, and what is not known of it.

    PageError when it is another product than the address names: the page's widgets make the same
    call for others.
    """
    item = payload.item
    number, shop = _ids(url, payload)
    region, currency = place_of(url, text(item.get("currency")))
    hidden = prices.is_hidden(item, payload.price, block(payload.price.get("price")))
    variants = read_variants(item, number, currency, hidden=hidden)
    price = prices.of_product(item, payload.price, variants or (), currency)
    ratings = read_ratings(block(item.get("item_rating")), payload.review)
    sold, unread = _sold(payload)
    yield Product(
        platform="shopee",
        id=number,
        shop_id=shop,
        region=region,
        name=first_of(text(item.get("title")), text(item.get("name"))),
        url=product_url(region, shop, number),
        price_minor=price.low,
        price_max_minor=price.high,
        list_price_minor=price.before,
        discount_percent=price.discount,
        currency=currency,
        is_price_hidden=price.is_hidden,
        stock=count(item.get("stock")),
        sold=sold,
        sold_recently=count(item.get("sold")),
        availability=availability.of_product(item, variants or ()),
        rating=ratings.mean,
        ratings_total=ratings.total,
        ratings_by_stars=ratings.by_stars,
        comments=first_of(count(item.get("cmt_count")), count(payload.review.get("cmt_count"))),
        liked=first_of(count(item.get("liked_count")), count(payload.review.get("liked_count"))),
        brand=text(item.get("brand")),
        condition="new" if integer(item.get("condition")) == NEW else None,
        categories=_categories(item),
        attributes=_attributes(payload),
        images=image_urls(first_of(item.get("images"), payload.images.get("images")), region),
        description=_description(payload),
        listed_at=instant(item.get("ctime")),
        variants=variants,
    )
    if payload.shop:
        yield shop_of(url, payload.shop, region, shop)
    yield from unknown_in(item, unread)


def unknown_in(item: dict[str, Any], unread: str | None) -> Iterator[Unknown]:
    """Yield what no description names: a status, a condition, the wording of a count."""
    status, condition = text(item.get("item_status")), integer(item.get("condition"))
    if status and status not in availability.STATUSES:
        yield Unknown("item_status", status)
    if condition not in {None, 0, NEW}:
        yield Unknown("condition", str(condition))
    if unread:
        yield Unknown("sold", unread[:40])


def _ids(url: str, payload: Payload) -> tuple[str, str]:
    item = payload.item
    number = same(item.get("item_id"), item.get("itemid"))
    shop = same(item.get("shop_id"), item.get("shopid"), payload.shop.get("shopid"))
    if number is None or shop is None:
        raise PageError(url, "a product without the ids of itself and its shop")
    wanted = product_in(url)
    if wanted and wanted != (shop, number):
        raise PageError(url, f"product {number} of shop {shop} instead of {wanted[1]}")
    return number, shop


def _sold(payload: Payload) -> tuple[int | None, str | None]:
    said = (payload.review, payload.item)
    numbers = [one.get(name) for one in said for name in ("historical_sold", "global_sold")]
    names = ("historical_sold_display", "sold_count_display", "global_sold_display")
    return sold_in(numbers, [one.get(name) for one in said for name in names])


def _categories(item: dict[str, Any]) -> tuple[Category, ...] | None:
    """Return the seller's way through the categories, or the shown one, or its own alone."""
    for name in ("categories", "fe_categories"):
        found = [
            Category(id=number, name=text(one.get("display_name")))
            for one in blocks(item.get(name))
            if (number := identifier(one.get("catid")))
        ]
        if found:
            return tuple(found)
    lone = same(item.get("cat_id"), item.get("catid"))
    return (Category(id=lone),) if lone else None


def _attributes(payload: Payload) -> tuple[Attribute, ...] | None:
    said = blocks(payload.item.get("attributes")) or blocks(payload.attributes.get("attrs"))
    found = [
        Attribute(name=name, value=text(one.get("value")))
        for one in said
        if (name := text(one.get("name")))
    ]
    return tuple(found) or None


def _description(payload: Payload) -> str | None:
    """Return the description: one text, or the texts of its paragraphs."""
    if found := text(payload.item.get("description")):
        return found
    for said in (payload.description, block(payload.item.get("rich_text_description"))):
        lines = [
            line for one in blocks(said.get("paragraph_list")) if (line := text(one.get("text")))
        ]
        if lines:
            return "\n".join(lines)
    return None
