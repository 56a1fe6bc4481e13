"""Cards of Shopee's lists, in both generations: made once, and filled in for each time."""

import json
import re
from typing import Any

from tests.replica.market import Good
from tests.replica.shopee_answers import (
    BEGAN,
    IMAGES,
    category,
    discount,
    placeholder,
    ratings,
    scaled,
    sold_recently,
    stock,
)


def card(good: Good, shop_name: str, generation: str) -> str:
    """Return a card of *good* as JSON, but for what `changing` gives: ``card % changing``."""
    made = (_new_card if generation == "new" else _old_card)(good, shop_name)
    return re.sub(r'"<(\w+)>"', r"%(\1)s", json.dumps(made))


def changing(good: Good, at: float) -> dict[str, Any]:
    """Return what changes in a card with time."""
    offers = good.offers(at)
    cheapest = min(offers, key=lambda offer: offer.price)
    factor = scaled(1, good.world.currency)
    left = stock(offers)
    return {
        "price": cheapest.price * factor,
        "price_max": max(offer.price for offer in offers) * factor,
        "list_price": cheapest.list_price * factor,
        "discount": discount(offers),
        "model": cheapest.id,
        "sold": sum(offer.sold for offer in offers),
        "stock": left,
        "is_sold_out": "false" if left else "true",
    }


def _new_card(good: Good, shop_name: str) -> dict[str, Any]:
    """Return a card of 2025 and later; some are customised, some stand for another product."""
    is_virtual = good.number % 11 == 5
    data = {
        "itemid": placeholder(good) if is_virtual else int(good.id),
        "shopid": int(good.shop),
        "item_card_display_price": {
            "price": "<price>",
            "strikethrough_price": "<list_price>",
            "discount": "<discount>",
            "model_id": "<model>",
        },
        "item_card_display_sold_count": {
            "historical_sold_count": "<sold>",
            "monthly_sold_count": sold_recently(good),
            "historical_sold_count_text": "1k+",
        },
        "item_rating": ratings(good),
        "shop_data": {"shop_name": shop_name},
        "global_brand": {"display_name": f"Brand {good.number % 5}"},
        "liked_count": good.number,
        "ctime": BEGAN + good.number,
        "catid": category(good),
        "is_sold_out": "<is_sold_out>",
    }
    asset = {"name": good.name, "image": IMAGES[0], "images": list(IMAGES)}
    parts = {"item_data": data, "item_card_displayed_asset": asset}
    real = [{"item_id": int(good.id), "shop_id": int(good.shop)}]
    top = {"itemid": data["itemid"], "item_basic": None, "adsid": None}
    top |= {"real_items": real} if is_virtual else {}
    return top | ({"customised_item_card": parts} if good.number % 7 == 3 else parts)


def _old_card(good: Good, shop_name: str) -> dict[str, Any]:
    """Return a card as before 2025."""
    basic = {
        "itemid": int(good.id),
        "shopid": int(good.shop),
        "name": good.name,
        "images": list(IMAGES),
        "currency": good.world.currency,
        "price": "<price>",
        "price_min": "<price>",
        "price_max": "<price_max>",
        "price_before_discount": "<list_price>",
        "show_discount": "<discount>",
        "stock": "<stock>",
        "sold": sold_recently(good),
        "historical_sold": "<sold>",
        "liked_count": good.number,
        "ctime": BEGAN + good.number,
        "catid": category(good),
        "brand": f"Brand {good.number % 5}",
        "item_rating": ratings(good),
        "shop_name": shop_name,
    }
    return {"itemid": int(good.id), "shopid": int(good.shop), "adsid": None, "item_basic": basic}
