"""Prices over time, and their statistics: of products, of variants, of what keywords find."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Response

from crawlers.api.openapi import errors
from crawlers.api.problems import Problem
from crawlers.api.reads.definitions import KEY, Filter, Listing, way
from crawlers.api.reads.filters import span, text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.models import Answer, Count, Int64, Text
from crawlers.api.reads.summed import Summed, TheDerived
from crawlers.api.state import PublicDatabase
from crawlers.items.products import (
    Platform,
    Region,
)
from crawlers.storage import price_answers
from crawlers.storage.versions import version

router = reading("/v1", "products")


class PricePoint(Answer):
    """What a product or a variant cost from an instant on."""

    at: datetime
    price_minor: Int64 | None
    list_price_minor: Int64 | None
    discount_percent: float | None
    currency: str | None
    stock: Int64 | None
    sold: Int64 | None
    rating: float | None
    availability: str | None


HISTORY = Listing(
    name="price_snapshots",
    row=PricePoint,
    source="price_snapshots as t",
    key={"t.at": datetime},
    ways=(way("platform", "product", "variant", by="-at", tests="since until"),),
    filters={
        "platform": Filter(Platform, "the platform", ("t.platform",)),
        "product": text("the id of the product", "t.product_id"),
        "variant": Filter(
            Text, "the id of a variant; without it, the product itself", ("t.variant_id",),
            is_null_if_absent=True,
        ),
        **span("t.at"),
    },
    sorts={"at": KEY},
)  # fmt: skip

add_list(router, "/products/{platform}/{product}/history", HISTORY, "Prices over time")


class Series(Answer):
    """The prices of a product (no variant) or a variant in one currency."""

    variant_id: str | None
    currency: str | None
    points: Count
    first_at: datetime
    last_at: datetime
    first_minor: Int64
    price_minor: Int64
    lowest_minor: Int64
    lowest_at: datetime
    highest_minor: Int64
    highest_at: datetime
    median_minor: Int64
    since_yesterday_minor: Int64 | None
    since_yesterday_percent: float | None
    since_first_minor: Int64
    since_first_percent: float | None
    out_of_stock_spells: Count
    out_of_stock_s: Count


class ProductStatistics(Summed):
    """What the stored prices say of a product and its variants."""

    platform: Platform
    product: str
    rows: list[Series]


class KeywordPrices(Answer):
    """Prices of what a keyword has ever found, in one currency."""

    currency: str | None
    products: Count
    priced: Count
    lowest_minor: Int64 | None
    highest_minor: Int64 | None
    median_minor: Int64 | None
    since_yesterday_percent: float | None
    since_first_percent: float | None
    out_of_stock: Count
    out_of_stock_spells: Count


class KeywordStatistics(Summed):
    """What the stored prices say of a keyword."""

    platform: Platform
    region: str
    keyword: str
    rows: list[KeywordPrices]


@router.get("/products/{platform}/{product}/statistics", response_model=ProductStatistics)
async def read_product_statistics(
    database: PublicDatabase,
    derived: TheDerived,
    platform: Annotated[Platform, Path()],
    product: Annotated[Text, Path()],
) -> Response:
    """Return lowest, highest, median and current prices of a product and of its variants."""
    what = {"platform": platform, "product": product}
    seen = await version(database, price_answers.READ_OF_PRODUCT, what)
    if not seen.rows:
        raise Problem(404, "no prices of this product are stored")

    async def make() -> dict[str, Any]:
        return {**what, "rows": await price_answers.of_product(database, what)}

    return await derived.get(("prices", platform, product), seen, make)


@router.get("/keyword-statistics", response_model=KeywordStatistics, responses=errors(404))
async def read_keyword_statistics(
    database: PublicDatabase,
    derived: TheDerived,
    platform: Annotated[Platform, Query()],
    region: Annotated[Region, Query()],
    keyword: Annotated[Text, Query()],
) -> Response:
    """Return lowest, highest and median prices of what a keyword has found."""
    what = {"platform": platform, "region": region, "keyword": keyword}
    seen = await version(database, price_answers.READ_OF_KEYWORD, what)
    if not seen.rows:
        raise Problem(404, "nothing that this keyword found is stored")

    async def make() -> dict[str, Any]:
        return {**what, "rows": await price_answers.of_keyword(database, what)}

    return await derived.get(("keyword", platform, region, keyword), seen, make)
