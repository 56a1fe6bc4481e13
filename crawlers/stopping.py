"""Stop a crawl that cannot go on, once, and say why."""

import asyncio
import logging

from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)
_closing: set[asyncio.Task[None]] = set()


def stop(crawler: Crawler, reason: str, finish_reason: str) -> None:
    """Close the crawl for *reason*, which the verdict repeats; what is in flight still ends.

    *finish_reason* is Scrapy's word for it. Whoever comes first is heard.
    """
    if crawler.stats.get_value("stop_reason") is not None:
        return
    logger.error("Stopping: %s", reason)
    crawler.stats.set_value("stop_reason", reason)
    close(crawler, finish_reason)


def close(crawler: Crawler, finish_reason: str) -> None:
    """Close the crawl in the background."""
    task = asyncio.create_task(crawler.engine.close_spider_async(reason=finish_reason))
    _closing.add(task)
    task.add_done_callback(_closing.discard)
