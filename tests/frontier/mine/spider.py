"""A spider whose callbacks do harm, and one that measures how late the event loop is."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field
from scrapy import Request
from scrapy.http import Response

from crawlers.errors import PageError, StorageError
from crawlers.harvest import Harvest
from crawlers.items.chess import RatingPoint
from crawlers.limits import limit_key
from crawlers.page import Found
from crawlers.spider import CommaSeparated, SourceArguments, SourceSpider, reads
from tests.crawls.walk.pages import NumbersPage


def is_safe() -> bool:
    """Tell whether the test has made its file."""
    return Path(os.environ["SAFE"]).exists()


class MineArguments(SourceArguments):
    """Where to go."""

    paths: CommaSeparated = Field(("/1",), description="paths to begin with")
    more: CommaSeparated = Field((), description="other sites to visit")
    children: int = Field(0, description="children of each seed")
    slow_s: float = Field(0, description="start() waits so long between two of them")
    lingers: bool = Field(default=False, description="start() ends once the file SAFE is there")
    fails: bool = Field(default=False, description="start() ends in an error")


class MineSpider(SourceSpider):
    """Store numbers; ``mine/die`` ends the process for as long as the file SAFE is not there."""

    name = "mine"
    Arguments = MineArguments
    items = (RatingPoint,)
    args: MineArguments

    def limit(self, settings: Any) -> None:
        """Allow the other sites."""
        super().limit(settings)
        keys = [limit_key(origin) for origin in (self.origin, *self.args.more)]
        settings.set("ALLOWED_PRIVATE_ORIGINS", keys, "spider")

    async def start(self) -> AsyncIterator[Request]:
        """Begin with each path, here and elsewhere."""
        for origin in (self.origin, *self.args.more):
            for path in self.args.paths:
                yield Request(f"{origin}{path}", self.parse_page)
                await asyncio.sleep(self.args.slow_s)
        while self.args.lingers and not is_safe():  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.05)
        if self.args.fails:
            raise RuntimeError("a bug of start()")

    @reads(NumbersPage)
    def parse_page(self, page: NumbersPage) -> Iterator[Found | Request]:
        """Store the numbers; go on to children; or do harm."""
        if "die" in page.url and not is_safe():
            os.kill(os.getpid(), signal.SIGKILL)
        if "odd" in page.url:
            yield Request(f"{page.url}/child", self.parse_page, meta={"odd": {1, 2}})
        if "soon" in page.url:
            yield Request(f"{page.url}/child", self.parse_page, meta={"not_before": "soon"})
        if "priority" in page.url:
            yield Request(f"{page.url}/child", self.parse_page, priority=2**70)
        if "surrogate" in page.url:
            raise PageError(page.url, "a lone \ud800 surrogate")
        if "other" in page.url:
            yield Request(f"{page.url}/child", self.closed_in)
        yield from page.items()
        for number in range(self.args.children):
            yield Request(f"{self.origin}/{number + 1}/child", self.parse_child)

    def closed_in(self, response: Response) -> None:
        """Be no callback by name."""

    @reads(NumbersPage)
    def parse_child(self, page: NumbersPage) -> Iterator[Found]:
        """Store the numbers."""
        return page.items()


class FailingPipeline:
    """Cannot store what has a 13 in it, for as long as the file SAFE is not there."""

    async def process_item(self, item: Harvest) -> Harvest:
        """Fail or pass on."""
        if "/13" in item.url and not is_safe():
            raise StorageError("no thirteen")
        return item


class LatenessExtension:
    """Counts, in the stats, the greatest delay of the event loop in ms."""

    def __init__(self, crawler: Any) -> None:
        """Measure from now on."""
        self.stats = crawler.stats
        self._task = asyncio.create_task(self._measure())

    @classmethod
    def from_crawler(cls, crawler: Any) -> "LatenessExtension":
        """Build it."""
        return cls(crawler)

    async def _measure(self) -> None:
        while True:
            asked = time.monotonic()
            await asyncio.sleep(0.01)
            late_ms = round((time.monotonic() - asked - 0.01) * 1000)
            if self.stats.get_value("downloader/request_count", 0) > 1:  # start-up is over
                self.stats.max_value("lateness_ms", late_ms)
