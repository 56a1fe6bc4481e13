"""Live progress of a crawl on a terminal. Elsewhere Scrapy's LogStats writes plain lines."""

import logging
import sys
import time
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.log import get_scrapy_root_handler

FIGURES = (
    ("items", "item_scraped_count"),
    ("requests", "downloader/request_count"),
    ("quarantined", "storage/quarantined"),
    ("blocked", "harvest/blocked"),
    ("errors", "log_count/ERROR"),
)


class Progress:
    """One line that moves: items, items/s, requests, errors, time."""

    def __init__(self, crawler: Crawler) -> None:
        """Listen to the crawl, if somebody watches it."""
        if not sys.stderr.isatty() or not crawler.settings.getbool("PROGRESS_ENABLED"):
            raise NotConfigured
        self.crawler = crawler
        self.live: Any = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.stop, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Show the line, and let the log scroll above it."""
        from rich.console import Console  # noqa: PLC0415 - start-up
        from rich.live import Live  # noqa: PLC0415 - start-up

        self.started = time.monotonic()
        self.live = Live(
            console=Console(stderr=True),
            get_renderable=self.line,
            refresh_per_second=4,
            transient=True,
        )
        self.live.start()
        self.handler = get_scrapy_root_handler()
        if isinstance(self.handler, logging.StreamHandler):
            self.handler.setStream(sys.stderr)

    def stop(self) -> None:
        """Take the line away, if it is there; the summary follows."""
        if self.live is None:
            return
        self.live.stop()
        self.live = None
        if isinstance(self.handler, logging.StreamHandler):
            self.handler.setStream(sys.stderr)

    def line(self) -> Any:
        """Return what the line says now."""
        from rich.text import Text  # noqa: PLC0415 - start-up

        stats = self.crawler.stats.get_stats()
        seconds = time.monotonic() - self.started
        parts = [f"{stats.get(key, 0):,} {name}" for name, key in FIGURES if stats.get(key)]
        parts.insert(1, f"{stats.get('item_scraped_count', 0) / max(seconds, 0.001):,.0f} items/s")
        spider = self.crawler.spider.name if self.crawler.spider else ""
        return Text(f"{spider}  {'  '.join(parts)}  {seconds:,.0f} s", style="bold")
