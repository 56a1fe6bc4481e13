"""The raw page first: an object exists before any row points at it."""

from typing import Self

from scrapy.crawler import Crawler

from crawlers.config import config
from crawlers.errors import RawStoreError
from crawlers.harvest import Harvest
from crawlers.stopping import stop
from crawlers.storage.raw import raw_store_for


class RawStorePipeline:
    """Put the redacted body of a harvest into the raw store."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler, to stop it when nothing can be stored."""
        self.crawler = crawler
        self.store = raw_store_for(config())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_item(self, item: Harvest) -> Harvest:
        """Store the body and note its digest. A store that fails ends the crawl."""
        if item.body is not None and item.sha256 is None:
            try:
                item.sha256 = await self.store.put(item.body)
            except RawStoreError as error:
                stop(self.crawler, f"raw store: {error}", "storage_failed")
                raise
        return item
