"""What Shopee's calls answer about the goods of a market, in both generations of the payloads."""

from typing import Any

from crawlers.clean import EXPONENTS
from tests.replica.market import Good, Offer

IMAGES = ("sg-11134207-7rd5x", "sg-11134207-7rd5y")
BEGAN = 1_600_000_000
CATEGORIES = 4
FIRST_CATEGORY = 11_000_000
VIEWER = {"name": "Somebody Private", "address": "1 Secret Street", "state": "Hidden"}
"""Who looks at the page: nothing of it may be kept."""


def scaled(minor: int, currency: str) -> int:
    """Return an amount as the site writes it: in 1/100000 of the unit."""
    return int(minor * 10 ** (5 - EXPONENTS[currency]))


def placeholder(good: Good) -> int:
    """Return the id that a virtual card has for *good*."""
    return int(good.id) + 10**16


def category(good: Good) -> int:
    """Return the id of the category of *good*."""
    return FIRST_CATEGORY + good.number % CATEGORIES


def sold_recently(good: Good) -> int:
    """Return how many were sold in a month, at any time."""
    return good.number % 31


def stock(offers: list[Offer]) -> int:
    """Return the stock of a product, which is not the sum of its variants'."""
    found = sum(offer.stock for offer in offers)
    return found + 3 if found else 0


def ratings(good: Good) -> dict[str, Any]:
    """Return the ratings of *good*: all, then those of 1 to 5 stars."""
    stars = [good.number % 3, 1, 2, 5, 10 + good.number % 50]
    mean = sum(star * number for star, number in enumerate(stars, 1)) / sum(stars)
    return {"rating_star": round(mean, 4), "rating_count": [sum(stars), *stars]}


def shop(number: str, name: str, goods: int) -> dict[str, Any]:
    """Return the answer about a shop."""
    return {
        "shopid": int(number),
        "userid": int(number) + 1,
        "name": name,
        "account": {"username": username(name)},
        "rating_star": 4.9,
        "rating_good": 900,
        "rating_normal": 40,
        "rating_bad": 5,
        "follower_count": 1200,
        "item_count": goods,
        "response_rate": 94,
        "response_time": 14827,
        "ctime": BEGAN,
        "last_active_time": BEGAN + 1000,
        "vacation": False,
        "is_official_shop": False,
        "is_shopee_verified": True,
        "is_preferred_plus_seller": False,
        "cb_option": 0,
        "place": "Singapore",
    }


def username(name: str) -> str:
    """Return the user name of the shop called *name*."""
    return name.lower().replace(" ", "_")


def product(good: Good, at: float, about_shop: dict[str, Any], generation: str) -> dict[str, Any]:
    """Return the answer about *good* at that time: get_pc, or the older get_rw."""
    offers = good.offers(at)
    blocks = {
        "item": _item(good, offers) | (_new_item if generation == "new" else _old_item)(good, at),
        "account": VIEWER,
        "product_shipping": {"free_shipping": None, "delivery_address": VIEWER},
        "shop_vouchers": [{"voucher_code": "SECRET10", "signature": "sign-of-somebody"}],
        "shop_detailed": about_shop,
    }
    if generation == "new":
        shown = {"single_value": -1, "range_min": -1, "range_max": -1, "price_mask": None}
        prices = [_money(offer.price, good) for offer in offers]
        shown |= (
            {"single_value": prices[0]}
            if len(set(prices)) == 1
            else {"range_min": min(prices), "range_max": max(prices)}
        )
        blocks["product_price"] = {"price": shown, "discount": discount(offers)}
        review = {"historical_sold": None, "historical_sold_display": f"{good.sold(at):,}"}
        blocks["product_review"] = review | ratings(good) | {"liked_count": good.number}
        return {"error": None, "error_msg": None, "data": blocks}
    blocks["product_price"] = {"price": None, "discount": discount(offers)}
    blocks["removed_fields"] = ["product_price.price"]
    blocks["product_review"] = ratings(good) | {"liked_count": good.number}
    return blocks


def _item(good: Good, offers: list[Offer]) -> dict[str, Any]:
    colours = list(dict.fromkeys(offer.options[0] for offer in offers if offer.options))
    sizes = [offers[0].options[1]] if offers[0].options else []
    tiers = [{"name": "Colour", "options": colours}, {"name": "Size", "options": sizes}]
    return {
        "item_id": int(good.id),
        "shop_id": int(good.shop),
        "title": good.name,
        "currency": good.world.currency,
        "item_status": "normal" if any(offer.stock for offer in offers) else "sold_out",
        "cat_id": category(good),
        "categories": [{"catid": category(good), "display_name": f"Category {category(good)}"}],
        "brand": f"Brand {good.number % 5}",
        "condition": 1,
        "ctime": BEGAN + good.number,
        "images": list(IMAGES),
        "attributes": [{"name": "Material", "value": "Steel"}],
        "description": f"This is {good.name}.",
        "show_discount": discount(offers),
        "tier_variations": tiers if colours else [{"name": "", "options": [""]}],
    }


def _new_item(good: Good, at: float) -> dict[str, Any]:
    models = [
        {
            "item_id": int(good.id),
            "model_id": int(offer.id),
            "name": ",".join(offer.options),
            "price": _money(offer.price, good),
            "price_before_discount": _money(offer.list_price, good),
            "has_stock": offer.stock > 0,
            "is_grayout": False,
            "stock": None,
            "normal_stock": None,
            "extinfo": {"tier_index": [place, 0] if offer.options else [0]},
        }
        for place, offer in enumerate(good.offers(at))
    ]
    return {"models": models, "stock": None, "historical_sold": None, "price": models[0]["price"]}


def _old_item(good: Good, at: float) -> dict[str, Any]:
    """Money is text, what buyers pay stands in a place of its own, ids are text."""
    offers = good.offers(at)
    models = [
        {
            "model_id": offer.id,
            "name": ",".join(offer.options),
            "price": str(_money((offer.price + offer.list_price) // 2, good)),
            "normal_price": str(_money(offer.list_price, good)),
            "price_info": {"final_price": str(_money(offer.price, good))},
            "sold": offer.sold,
            "stock": offer.stock,
            "seller_sku": f"SKU-{offer.id}",
            "tier_indices": [place, 0] if offer.options else [],
        }
        for place, offer in enumerate(offers)
    ]
    return {
        "models": models,
        "stock": stock(offers),
        "historical_sold": good.sold(at),
        "price": models[0]["price"],
        "price_before_discount": "0",
    }


def _money(minor: int, good: Good) -> int:
    return scaled(minor, good.world.currency)


def discount(offers: list[Offer]) -> int:
    """Return what the cheapest variant is reduced by, in percent."""
    cheapest = min(offers, key=lambda offer: offer.price)
    return 100 - cheapest.price * 100 // cheapest.list_price
