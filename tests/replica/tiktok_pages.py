"""What a stand-in for TikTok Shop shows of its goods: embedded JSON in the generations of the site.

The names of keys, and what is a number, a text or JSON in a text, are those of real pages.
"""

import json
from decimal import Decimal
from typing import Any

from crawlers.clean import EXPONENTS
from tests.replica.market import NOUNS, Good, Market, Offer

Json = dict[str, Any]

REVIEWER = "Secret Reviewer"
VISITOR = "secret-web-id"
TIERS = ("Colour", "Size")
ROUTES = {
    "old": "shop/pdp/(product_name_slug$)/(product_id)/page",
    "new": "(region)/pdp/(product_name_slug$)/(product_id)/page",
    "mix": "view/product/(product_id)/page",
}
PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>TITLE</title>
<script>window.words = {"gone": "Product not available in this country or region"}</script>
</head><body><h1>TITLE</h1><p>BODY</p>
ROUTER
<script type="application/json" id="__MODERN_SSR_DATA__">{"loaderData":{}}</script>
</body></html>"""


def html(title: str, data: Json | None = None, body: str = "") -> str:
    """Return a page; *data* is what its router loaded."""
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/json" id="__MODERN_ROUTER_DATA__">{text}</script>'
    page = PAGE.replace("TITLE", title).replace("BODY", body)
    return page.replace("ROUTER\n", script if data is not None else "")


def route(market: Market, address: str, components: list[Json], **more: Any) -> Json:
    """Return what the route of a page loaded."""
    return {
        "basic_info": {"web_id": VISITOR, "is_login": False},
        "route_info": {"request_url": address},
        "region_info": {"path_region": market.world.region.upper(), "real_region": "US"},
        "bot_info": {"is_bot": False},
        "page_config": {
            "global_fe_config": {},
            "components_map": [
                {"component_type": "user_info", "component_data": {"name": VISITOR}},
                {"component_type": "page_header", "component_name": "page_header"},
                *components,
            ],
        },
        **more,
    }


def component(kind: str, name: str, data: Json) -> Json:
    """Return one component of a page."""
    return {"component_type": kind, "component_name": name, "component_data": data}


def feed(name: str, cards: list[Json]) -> Json:
    """Return a list of products."""
    more = {"offset": len(cards), "page_token": "secret-token"}
    data = {"products": cards, "has_more": False, "load_more_params": more}
    return component("feed_list", name, data)


def decimal(minor: int, currency: str) -> str:
    """Return an amount as the site writes numbers."""
    return str(Decimal(minor).scaleb(-EXPONENTS[currency]))


def shown(minor: int) -> str:
    """Return an amount as people read it; nobody else should."""
    return f"{minor:,}".replace(",", ".")


def percent(offer: Offer) -> int:
    """Return the discount as the site rounds it."""
    return 100 - 100 * offer.price // offer.list_price


def promoted(offer: Offer, currency: str) -> Json:
    """Return a price as newer pages and all cards have it."""
    return {
        "sku_id": offer.id,
        "currency_name": currency,
        "sale_price_decimal": decimal(offer.price, currency),
        "origin_price_decimal": decimal(offer.list_price, currency),
        "sale_price_format": shown(offer.price),
        "discount_decimal": str(Decimal(percent(offer)) / 100),
        "discount_format": f"{percent(offer)}%",
    }


def old_price(offer: Offer, currency: str) -> Json:
    """Return the price of a variant as older pages have it."""
    value = decimal(offer.price, currency)
    return {
        "real_price": {"price_str": shown(offer.price), "price_val": value, "currency": currency},
        "original_price": shown(offer.list_price),
        "original_price_value": decimal(offer.list_price, currency),
        "discount": f"-{percent(offer)}%",
    }


def card(market: Market, good: Good) -> Json:
    """Return a product as lists show it."""
    offers = good.offers(market.now)
    cheapest = min(offers, key=lambda offer: offer.price)
    return {
        "product_id": good.id,
        "title": good.name,
        "image": {"url_list": [f"https://images.test/{good.id}-small.webp"]},
        "product_price_info": promoted(cheapest, good.world.currency),
        "rate_info": {"score": rating(good), "review_count": str(good.number)},
        "sold_info": {"sold_count": good.sold(market.now)},
        "seller_info": {"seller_id": good.shop, "shop_name": market.shops[good.shop]},
        "seo_url": {
            "canonical_url": f"https://shop.tiktok.com/{market.world.region}/pdp/x/{good.id}"
        },
    }


def rating(good: Good) -> float:
    """Return the mean of the stars; 0 where nobody has given any."""
    return 3 + good.number % 20 / 10 if good.number else 0


def product(market: Market, good: Good, generation: str) -> Json:
    """Return the data of a product's component."""
    base = {
        "error_code": 0,
        "error_message": "",
        "sale_region": market.world.region.upper(),
        "categories": [
            {"category_id": str(category(good)), "category_name": good.name.split()[0], "level": 2},
            {"category_id": "600001", "category_name": "Everything", "level": 1},
        ],
    }
    if generation == "old":
        return base | {"product_info": old_info(market, good), "shop_performance": []}
    return base | {
        "product_info": new_info(market, good, generation),
        "review_info": {
            "review_ratings": {
                "review_count": str(good.number),
                "overall_score": rating(good),
                "rating_result": dict(zip("12345", (0, 0, 0, 0, str(good.number)), strict=True)),
            },
            "product_reviews": [review()],
        },
        "shop_info": shop_info(market, good.shop),
    }


def category(good: Good) -> int:
    """Return the id of a product's narrowest category."""
    return 700000 + good.number % len(NOUNS)


def shop_info(market: Market, shop: str) -> Json:
    """Return what newer pages tell of a shop."""
    return {
        "seller_id": shop,
        "shop_name": market.shops[shop],
        "sold_count": sum(good.sold(market.now) for good in market.of_shop(shop)),
        "shop_rating": "4.1",
        "followers_count": "31",
        "on_sell_product_count": len(market.of_shop(shop)),
        "shop_link": f"https://shop.tiktok.com/{market.world.region}/store/x/{shop}",
    }


def review() -> Json:
    """Return a review; its author must be kept nowhere."""
    return {"review": {"display_text": "nice"}, "review_user": {"name": REVIEWER, "avatar": {}}}


def description(good: Good) -> str:
    """Return a description, as JSON in a text."""
    parts = [
        {"type": "text", "text": f"About {good.name}"},
        {"type": "ul", "content": ["light", "strong"]},
        {"type": "image", "image": {"url_list": ["https://images.test/about.webp"]}},
    ]
    return json.dumps(parts)


def old_info(market: Market, good: Good) -> Json:
    """Return a product as pages of 2025 have it."""
    offers, currency = good.offers(market.now), good.world.currency
    prices = sorted(offer.price for offer in offers)
    return {
        "product_id": good.id,
        "status": 1,
        "seller": {
            "seller_id": good.shop,
            "name": market.shops[good.shop],
            "product_count": len(market.of_shop(good.shop)),
            "seller_location": "Somewhere",
        },
        "product_base": {
            "title": good.name,
            "desc_detail": description(good),
            "images": [{"url_list": [f"https://images.test/{good.id}.webp"]}],
            "specifications": [{"name": "Material", "value": "Steel"}],
            "sold_count": good.sold(market.now),
            "price": {
                "real_price": f"{shown(prices[0])} - {shown(prices[-1])}",
                "min_sku_price": decimal(prices[0], currency),
                "max_sku_price": decimal(prices[-1], currency),
                "currency": currency,
                "discount": "",
            },
        },
        "skus": [old_sku(offer, currency) for offer in offers],
        "product_detail_review": {
            "product_rating": rating(good),
            "review_count": good.number,
            "review_items": [review()],
        },
        "seller_id": good.shop,
    }


def old_sku(offer: Offer, currency: str) -> Json:
    """Return a variant as pages of 2025 have it."""
    return {
        "sku_id": offer.id,
        "sku_sale_props": [
            {"prop_name": tier, "prop_value": option}
            for tier, option in zip(TIERS, offer.options, strict=False)
        ],
        "stock": offer.stock,
        "price": old_price(offer, currency),
        "status": 0 if offer.stock else 2,
    }


def new_info(market: Market, good: Good, generation: str) -> Json:
    """Return a product as pages of 2026 have it; the mix has its prices elsewhere."""
    offers, currency = good.offers(market.now), good.world.currency
    cheapest = min(offers, key=lambda offer: offer.price)
    model = {
        "product_id": good.id,
        "seller_id": good.shop,
        "name": good.name,
        "sold_count": str(good.sold(market.now)),
        "description": description(good),
        "images": [{"url_list": [f"https://images.test/{good.id}.webp"]}],
        "product_properties": [
            {
                "property_name": "Material",
                "property_values": [{"property_value_name": "Steel"}],
            }
        ],
        "skus": [new_sku(offer) for offer in offers],
    }
    prices = {offer.id: promoted(offer, currency) for offer in offers}
    if generation == "mix":
        skus = [{"sku_id": offer.id, "price": old_price(offer, currency)} for offer in offers]
        return {"product_model": model, "price": promoted(cheapest, currency), "skus": skus}
    price = {"min_price": promoted(cheapest, currency), "skus_price": prices}
    return {"product_model": model, "promotion_model": {"promotion_product_price": price}}


def new_sku(offer: Offer) -> Json:
    """Return a variant as pages of 2026 have it."""
    return {
        "sku_id": offer.id,
        "sku_name": f"SKU-{offer.id[-3:]}",
        "property_pairs": [
            {"sku_property_name": tier, "sku_property_value_name": option}
            for tier, option in zip(TIERS, offer.options, strict=False)
        ],
        "sku_quantity": {"available_quantity": offer.stock},
        "sku_stock_status": 1 if offer.stock else 2,
    }
