"""What a crawl counts, added to the sums of all crawls every few seconds: it may be gone soon."""

import asyncio
import logging
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

import psycopg
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawlers.errors import StorageError
from crawlers.spider import SourceSpider
from crawlers.storage.database import database_for
from crawlers.storage.metrics import SECONDS, Total, add

logger = logging.getLogger(__name__)

STATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("requests", re.compile(r"downloader/request_count()")),
    # 599 is no answer of a site: it stands for a download that was given up.
    ("responses", re.compile(r"downloader/response_status_count/([1-5])\d\d(?<!599)")),
    ("rows", re.compile(r"storage/(new|changed|unchanged|removed)")),
    ("quarantined", re.compile(r"storage/quarantined()")),
    ("pages", re.compile(r"harvest/(stored|quarantined|blocked|refused)")),
    ("errors", re.compile(r"log_count/ERROR()")),
    ("retries", re.compile(r"retry/count()")),
    ("given_up", re.compile(r"retry/max_reached()")),
    ("batches", re.compile(r"storage/batches()")),
    ("batch_rows", re.compile(r"storage/batch_rows()")),
    ("browser", re.compile(r"browser/(pages|lost)")),
    ("proxy_failures", re.compile(r"proxy/failures/([a-z]{1,20})")),
    ("proxy_waits", re.compile(r"proxy/waits()")),
    ("breaker", re.compile(r"breaker/([a-z]{1,20})")),
    ("leases", re.compile(r"frontier/(released|late|lost|stale|refused)")),
    ("robots_forbidden", re.compile(r"robotstxt/forbidden()")),
)
"""What is added up, and the stats of Scrapy that it is read from. The group is its label."""


class CrawlMetrics:
    """Adds what has come since the last time."""

    def __init__(self, crawler: Crawler) -> None:
        """Listen to the crawl."""
        self.crawler = crawler
        self._told: Counter[tuple[str, str]] = Counter()
        self._downloads: Counter[tuple[str, str]] = Counter()
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.response_received, signals.response_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def spider_opened(self, spider: Spider) -> None:
        """Begin."""
        if isinstance(spider, SourceSpider):
            self._task = asyncio.create_task(self._live(spider.name), name="metrics")

    def response_received(self, response: Response, request: Request, spider: Spider) -> None:  # noqa: ARG002 - Scrapy's signature
        """Note how long the download took."""
        seconds = request.meta.get("download_latency")
        if isinstance(seconds, float):
            place = bisect_left(SECONDS, seconds)
            self._downloads["download", str((*SECONDS, "inf")[place])] += 1
            self._downloads["download_ms", ""] += round(seconds * 1000)

    async def spider_closed(self, spider: Spider) -> None:
        """Add the rest. A database that is away takes it with it."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if not str(self.crawler.stats.get_value("stop_reason")).startswith("database:"):
            await self._tell(spider.name)

    async def _live(self, source: str) -> None:
        while True:
            await asyncio.sleep(self.crawler.settings.getfloat("METRICS_FLUSH_S"))
            await self._tell(source)

    async def _tell(self, source: str) -> None:
        now = counted(self.crawler.stats.get_stats()) + self._downloads
        new = now - self._told
        try:
            totals = [Total(name, label, n) for (name, label), n in new.items()]
            await add(database_for(self.crawler), source, totals)
        except (StorageError, psycopg.Error) as error:
            logger.warning("Metrics wait: %s", error)
        else:
            self._told = now


def counted(stats: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """Return what of *stats* is added up, by name and label."""
    sums: Counter[tuple[str, str]] = Counter()
    for key, value in stats.items():
        for name, pattern in STATS:
            if isinstance(value, int) and (found := pattern.fullmatch(str(key))):
                sums[name, found[1]] += value
    return sums
