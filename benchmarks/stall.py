"""A store that stalls for 2 s while 400 small pages are ready: what piles up meanwhile."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from benchmarks.measure import Comparison, Series, say
from benchmarks.processes import ROOT, STOCK, crawl, shop, stat
from benchmarks.store import store

PAGES = 400
LIMIT = 20
STALL_S = 2.0
OPTIONS = [
    "-s",
    f"CLOSESPIDER_ITEMCOUNT={LIMIT}",
    "-s",
    f"ITEM_PIPELINES={json.dumps({'benchmarks.stall.StallPipeline': 50})}",
]


class StallPipeline:
    """Hold everything back until `STALL_S` after the first item; count what waits."""

    def __init__(self, crawler: Crawler) -> None:
        """Listen to what arrives and what is done."""
        self.stats = crawler.stats
        self.unfinished = 0
        self.stalled: asyncio.Task[None] | None = None
        crawler.signals.connect(self.arrived, signals.response_received)
        crawler.signals.connect(self.done, signals.item_scraped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StallPipeline":
        """Build it."""
        return cls(crawler)

    def arrived(self, response: Response, request: Request) -> None:
        """Count one more that waits."""
        del request
        if not response.url.endswith("/robots.txt"):
            self.unfinished += 1
            self.stats.max_value("stall/unfinished", self.unfinished)

    def done(self) -> None:
        """Count one less."""
        self.unfinished -= 1

    async def process_item(self, item: Any) -> Any:
        """Wait for the end of the stall."""
        if self.stalled is None:
            self.stalled = asyncio.create_task(asyncio.sleep(STALL_S))
        await asyncio.shield(self.stalled)
        return item


def measure() -> Iterator[Comparison]:
    """Yield the counts."""
    asked = ["-a", f"pages={PAGES}", *OPTIONS]
    ends = "closespider_itemcount"
    with store() as data, shop(PAGES, 1) as (origin, _):
        asked += ["-a", f"origin={origin}"]
        home = {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1"}
        source = ["ours", "-s", "SPIDER_MODULES=benchmarks"]
        ours = crawl(ROOT, [*source, *asked], home, ends)
        stock = crawl(STOCK, ["shop", *asked], {"PYTHONPATH": str(ROOT)}, ends)
    say(f"  ours: {ours}\n  stock: {stock}")
    peaks = [(stat(one.log, "stall/unfinished"),) for one in (ours, stock)]
    over = [(float(one.items - LIMIT),) for one in (ours, stock)]
    yield Comparison(
        "stalled store, most responses waiting",
        Series("ours", "responses", peaks[0]),
        Series("stock", "responses", peaks[1]),
    )
    yield Comparison(
        f"stalled store, items beyond a limit of {LIMIT}",
        Series("ours", "items", over[0]),
        Series("stock", "items", over[1]),
    )
