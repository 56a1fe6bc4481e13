"""Products with variants, prices over time and their statistics; shops; keywords."""

from typing import Annotated

from pydantic import Field

from crawlers.api.reads.definitions import KEY, Filter, Sort, each, listing_of, way
from crawlers.api.reads.filters import at, beginning, between, named, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.things import Thing, add_thing
from crawlers.items.products import (
    Availability,
    Platform,
    Product,
    ProductKeyword,
    ProductVariant,
    Region,
    Shop,
)

router = reading("/v1", "products")

PLATFORM = Filter(Platform, "the platform", ("t.platform",))
REGION = Filter(Region, "the country of the site, two letters", ("t.region",))
PRICES = "min_price max_price currency"
FOUND_BY = each(
    "product_keywords as k", "products as p where p.platform = k.platform and p.id = k.product_id"
)
PRODUCTS = listing_of(
    Product,
    way(by="id"),
    way("platform", by="id"),
    way("platform", "region", by="id price -sold", tests=PRICES),
    way("platform", "region", "availability", by="id", tests=PRICES),
    way("platform", "shop", by="id", tests=f"{PRICES} availability region"),
    *(
        way(
            *filters,
            by="position",
            tests=f"{PRICES} availability",
            source=FOUND_BY,
            key={"k.product_id": str},
            columns={"platform": "k.platform", "region": "k.region"},
        )
        for filters in (("platform", "keyword"), ("platform", "region", "keyword"))
    ),
    filters={
        "platform": PLATFORM,
        "region": REGION,
        "shop": text("the id of the shop", "t.shop_id"),
        "keyword": text("found by this keyword", "k.keyword"),
        "availability": Filter(Availability, "whether it is in stock"),
        "currency": Filter(
            Annotated[str, Field(pattern="^[A-Z]{3}$")], "ISO 4217", ("t.currency",)
        ),
        **between("price", "t.price_minor"),
    },
    sorts={
        "id": KEY,
        "price": at("t.price_minor", int, may_be_null=True),
        "sold": at("t.sold", int, may_be_null=True),
        "position": Sort({"k.region": str, "k.position": int}),
    },
    without=("description", "attributes", "images"),
)
KEYWORDS = listing_of(
    ProductKeyword,
    way(by="keyword"),
    way("platform", "region", by="keyword"),
    way("platform", "keyword", by="position"),
    way("platform", "region", "keyword", by="position"),
    way("platform", "product", by="keyword"),
    filters={
        "platform": PLATFORM,
        "region": REGION,
        "keyword": text("the keyword"),
        "product": text("the id of the product", "t.product_id"),
    },
    sorts={"keyword": KEY, "position": Sort({"t.region": str, "t.position": int})},
)
NAME, BY_NAME = named("t.name")
SHOPS = listing_of(
    Shop,
    way(by="id"),
    way("platform", by="id"),
    way("platform", "region", by="-followers"),
    way("platform", "name", by="name"),
    filters={
        "platform": PLATFORM,
        "region": REGION,
        "name": beginning("the beginning of the name, in any case", NAME),
    },
    sorts={"id": KEY, "followers": at("t.followers", int, may_be_null=True), "name": BY_NAME},
)

add_list(router, "/products", PRODUCTS, "Products")
VARIANTS = {"variants": ProductVariant}
add_thing(router, "/products/{platform}/{product}", Thing(Product, VARIANTS), "A product")
add_list(router, "/keywords", KEYWORDS, "Where keywords found products")
add_list(router, "/shops", SHOPS, "Shops")
add_thing(router, "/shops/{platform}/{shop}", Thing(Shop), "A shop")
