"""What the stored prices say of a product and of a keyword."""

from collections.abc import Mapping
from typing import Any

from crawlers.storage.database import Database
from crawlers.storage.things import Row, rows

READ_OF_PRODUCT = """
select at as changed_at from price_snapshots
where platform = %(platform)s and product_id = %(product)s
"""

READ_OF_KEYWORD = """
select k.changed_at from product_keywords as k
where k.platform = %(platform)s and k.region = %(region)s and k.keyword = %(keyword)s
union all
select s.at from product_keywords as k
join price_snapshots as s on s.platform = k.platform and s.product_id = k.product_id
    and s.variant_id is null
where k.platform = %(platform)s and k.region = %(region)s and k.keyword = %(keyword)s
"""

OF_PRODUCT = """
select variant_id, currency, points, first_at, last_at, first_minor, price_minor,
       lowest_minor, lowest_at, highest_minor, highest_at, median_minor,
       since_yesterday_minor, since_yesterday_percent::float8 as since_yesterday_percent,
       since_first_minor, since_first_percent::float8 as since_first_percent,
       out_of_stock_spells, out_of_stock_s
from product_price_statistics
where platform = %(platform)s and product_id = %(product)s
order by variant_id nulls first, last_at desc, currency
"""

OF_KEYWORD = """
select currency, products, priced, lowest_minor, highest_minor, median_minor,
       since_yesterday_percent::float8 as since_yesterday_percent,
       since_first_percent::float8 as since_first_percent, out_of_stock, out_of_stock_spells
from keyword_price_statistics
where platform = %(platform)s and region = %(region)s and keyword = %(keyword)s
order by products desc, currency
"""


async def of_product(database: Database, product: Mapping[str, Any]) -> list[Row]:
    """Return the statistics of a product and of its variants, for each currency."""
    return await rows(database, OF_PRODUCT, product)


async def of_keyword(database: Database, keyword: Mapping[str, Any]) -> list[Row]:
    """Return the statistics of what a keyword has found, for each currency."""
    return await rows(database, OF_KEYWORD, keyword)
