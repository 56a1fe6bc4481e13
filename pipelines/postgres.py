"""A harvest into PostgreSQL: rows, raw page, marks and rejects, in one transaction."""

import logging
from dataclasses import replace
from typing import Self

from scrapy.crawler import Crawler

from crawlers.errors import StorageError
from crawlers.harvest import Harvest, Outcome
from crawlers.items.base import Item
from crawlers.stopping import stop
from crawlers.storage.database import database_for
from crawlers.storage.postgres import Writer

logger = logging.getLogger(__name__)


class PostgresPipeline:
    """Hand each harvest to the writer, and return when it has been committed."""

    def __init__(self, crawler: Crawler) -> None:
        """Build the writer on the crawl's database; it opens with the first harvest."""
        self.crawler = crawler
        self.writer = Writer(database_for(crawler), committed=self._count_batch)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def _count_batch(self, rows: int) -> None:
        self.crawler.stats.inc_value("storage/batches")
        self.crawler.stats.inc_value("storage/batch_rows", rows)

    async def open_spider(self) -> None:
        """Start the writer; the database opens with the first harvest."""
        await self.writer.open()

    async def close_spider(self) -> None:
        """Stop the writer; every harvest has been committed or failed by now."""
        await self.writer.close()

    async def process_item(self, item: Harvest) -> Harvest:
        """Store *item* and count what that did. A database that stays away ends the crawl."""
        try:
            stored = await self.writer.store(self._storable(item))
        except StorageError as error:
            stop(self.crawler, f"database: {error}", "storage_failed")
            raise
        stats = self.crawler.stats
        for name in ("new", "changed", "unchanged", "removed", "quarantined", "cleaned"):
            if count := getattr(stored, name):
                stats.inc_value(f"storage/{name}", count)
        stats.inc_value(f"harvest/{item.outcome}")
        if item.outcome in {Outcome.REFUSED, Outcome.BLOCKED}:
            reason = str(item.reason).partition(":")[0][:60]
            stats.inc_value(f"harvest/{item.outcome}/{reason}")
        for value, count in item.unknown.items():
            stats.inc_value(f"unknown/{value}", count)
        return item

    def _storable(self, harvest: Harvest) -> Harvest:
        """Leave out what has no table; feeds still get it."""
        ours = [item for item in harvest.items if isinstance(item, Item)]
        if len(ours) == len(harvest.items):
            return harvest
        if not self.crawler.stats.get_value("storage/no_item"):
            logger.warning("Only items of crawlers.items are stored; others go to feeds only")
        self.crawler.stats.inc_value("storage/no_item", len(harvest.items) - len(ours))
        return replace(harvest, items=ours)
