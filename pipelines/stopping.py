"""Stop a crawl that cannot store: going on would only lose pages."""

import asyncio
import logging

from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)
_closing: set[asyncio.Task[None]] = set()


def stop(crawler: Crawler, reason: str) -> None:
    """Close the crawl for *reason*, once; what is in flight still ends."""
    if crawler.stats.get_value("stop_reason") is not None:
        return
    logger.error("Stopping: %s", reason)
    crawler.stats.set_value("stop_reason", reason)
    task = asyncio.create_task(crawler.engine.close_spider_async(reason="storage_failed"))
    _closing.add(task)
    task.add_done_callback(_closing.discard)
