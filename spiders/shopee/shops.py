"""A shop, out of its own answer or out of that about one of its products."""

from typing import Any

from crawlers.errors import PageError
from crawlers.items.products import Shop
from spiders.shopee.fields import block, count, first_of, flag, instant, same, text
from spiders.shopee.ratings import mean_of


def shop_of(url: str, said: dict[str, Any], region: str | None, wanted: str | None) -> Shop:
    """Return the shop that *said* describes; PageError when it is not the *wanted* one."""
    number = same(said.get("shopid"), said.get("shop_id"))
    if number is None:
        raise PageError(url, "a shop without an id")
    if wanted and number != wanted:
        raise PageError(url, f"shop {number} instead of {wanted}")
    return Shop(
        platform="shopee",
        id=number,
        region=region,
        name=text(said.get("name")),
        username=first_of(
            text(block(said.get("account")).get("username")), text(said.get("username"))
        ),
        location=first_of(text(said.get("shop_location")), text(said.get("place"))),
        rating=mean_of(said.get("rating_star")),
        ratings_good=count(said.get("rating_good")),
        ratings_normal=count(said.get("rating_normal")),
        ratings_bad=count(said.get("rating_bad")),
        followers=count(said.get("follower_count")),
        products_total=count(said.get("item_count")),
        response_rate_percent=_rate(said.get("response_rate")),
        response_time_s=count(said.get("response_time")),
        joined_at=instant(said.get("ctime")),
        active_at=instant(said.get("last_active_time")),
        is_official=flag(said.get("is_official_shop")),
        is_verified=flag(said.get("is_shopee_verified")),
        is_preferred=flag(said.get("is_preferred_plus_seller")),
        is_cross_border=flag(said.get("cb_option")),
        on_vacation=flag(said.get("vacation")),
    )


def _rate(value: Any) -> float | None:
    found = count(value)
    return None if found is None else float(found)
