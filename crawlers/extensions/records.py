"""The record of each crawl in the table ``crawls``: what `scrapy tables` shows."""

from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from crawlers import logs
from crawlers.errors import StorageError
from crawlers.spider import SourceSpider
from crawlers.storage.crawls import finish_crawl, start_crawl
from crawlers.storage.database import database_for
from crawlers.verdict import COUNTS, verdict


class CrawlRecord:
    """Write a row when the crawl opens, and its counts and verdict when it ends."""

    def __init__(self, crawler: Crawler) -> None:
        """Listen to the crawl."""
        self.crawler = crawler
        self.crawl_id: int | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.item_failed, signals.item_error)
        crawler.signals.connect(self.item_failed, signals.item_dropped)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def item_failed(self, **_: Any) -> None:
        """Count a harvest that could not be stored."""
        self.crawler.stats.inc_value("storage/failed")

    async def spider_opened(self, spider: Spider) -> None:
        """Begin the record of a crawl by one of our spiders; without a database there is none."""
        if not isinstance(spider, SourceSpider):
            return
        arguments = spider.args.model_dump(mode="json", exclude_defaults=True)
        try:
            self.crawl_id = await start_crawl(database_for(self.crawler), spider.name, arguments)
            logs.note(source=spider.name, crawl=self.crawl_id)
        except StorageError as error:
            self.crawler.stats.set_value("stop_reason", str(error))
            raise CloseSpider("storage_failed") from error

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """End it. A database that is away takes the record with it; the exit code still tells."""
        stats = self.crawler.stats.get_stats()
        is_away = str(stats.get("stop_reason")).startswith("database:")
        if self.crawl_id is None or is_away or not isinstance(spider, SourceSpider):
            return
        end = verdict(stats, reason, spider.expects)
        counts = {name: stats.get(key, 0) for name, key in COUNTS.items()}
        await finish_crawl(
            database_for(self.crawler), self.crawl_id, end.status, end.reason, counts
        )

    async def engine_stopped(self) -> None:
        """Leave the database: nothing asks for it after this."""
        await database_for(self.crawler).close()
