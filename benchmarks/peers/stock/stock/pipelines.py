"""The pipeline that most projects have: one statement and one commit for each item."""

from typing import Any

import psycopg
from scrapy.crawler import Crawler

UPSERT = """
insert into stock_products (sku, name, price, rating, votes)
values (%(sku)s, %(name)s, %(price)s, %(rating)s, %(votes)s)
on conflict (sku) do update set name = excluded.name, price = excluded.price,
    rating = excluded.rating, votes = excluded.votes
"""


class PostgresPipeline:
    """Insert or update each item."""

    def __init__(self, address: str) -> None:
        """Remember where to store."""
        self.address = address

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PostgresPipeline":
        """Read the setting STOCK_DATABASE."""
        return cls(crawler.settings["STOCK_DATABASE"])

    def open_spider(self) -> None:
        """Connect, and make the table."""
        self.connection = psycopg.connect(self.address)
        columns = "sku text primary key, name text, price text, rating text, votes text"
        self.connection.execute(f"create table if not exists stock_products ({columns})")
        self.connection.commit()

    def close_spider(self) -> None:
        """Disconnect."""
        self.connection.close()

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Store *item*."""
        self.connection.execute(UPSERT, item)
        self.connection.commit()
        return item
