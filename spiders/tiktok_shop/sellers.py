"""A shop, as the page of one of its products or its own page shows it."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from crawlers.items.products import Shop
from spiders.tiktok_shop.values import Block, block, count, stars, text

T = TypeVar("T")


def seller_of_product(data: Block, shop: str | None, region: str | None) -> Shop | None:
    """Return the shop on a product's page, whose id the product names."""
    info = block(data, "product_info")
    told = [block(data, "shop_info"), block(info, "seller_model"), block(info, "seller")]
    return read_shop(told, shop, region)


def read_shop(told: Sequence[Block], shop: str | None, region: str | None) -> Shop | None:
    """Return the shop that all of *told* are about, the first that knows something decides.

    *shop* is the id that the page is known to be about, if there is one.
    """
    ids = (shop, *(text(one, "seller_id") for one in told))
    named = {one for one in ids if one is not None}
    if len(named) > 1:
        raise ValueError(f"expected one shop, found {len(named)}")
    if not named:
        return None
    return Shop(
        platform="tiktok_shop",
        id=named.pop(),
        region=region,
        name=_first(text(one, name) for one in told for name in ("shop_name", "name")),
        location=_first(text(one, "seller_location") for one in told),
        rating=_first(stars(one, "shop_rating") for one in told),
        followers=_first(count(one, "followers_count") for one in told),
        products_total=_first(
            count(one, name) for one in told for name in ("on_sell_product_count", "product_count")
        ),
        sold=_first(count(one, "sold_count") for one in told),
    )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
