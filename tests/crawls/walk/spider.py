"""A spider that does what its arguments say."""

import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field
from scrapy import Request
from scrapy.exceptions import CloseSpider

from crawlers.items.base import Mark
from crawlers.items.chess import RatingPoint
from crawlers.page import Found
from crawlers.spider import CommaSeparated, SourceArguments, SourceSpider, reads
from tests.crawls.walk.pages import NumbersPage, WholePage


class WalkArguments(SourceArguments):
    """Where to go and what to do there."""

    paths: CommaSeparated = Field(("/1",), description="paths to begin with")
    children: int = Field(0, description="children of each page")
    wait_ms: int = Field(0, description="not_before of the children, from now")
    after: str = Field("", description="what to do at the end of each page")
    whole: bool = Field(default=False, description="read the page as one thing")


class WalkSpider(SourceSpider):
    """Store numbers, and leave the stats of the crawl in a file."""

    name = "walk"
    Arguments = WalkArguments
    items = (RatingPoint,)
    args: WalkArguments

    async def start(self) -> AsyncIterator[Request]:
        """Begin with each path."""
        callback = self.parse_whole if self.args.whole else self.parse_numbers
        for path in self.args.paths:
            yield Request(f"{self.origin}{path}", callback)

    @reads(NumbersPage)
    async def parse_numbers(self, page: NumbersPage) -> AsyncIterator[Found | Mark | Request]:
        """Store the numbers, then children, then a mark."""
        for found in page.items():
            yield found
        async for child_or_mark in self.more():
            yield child_or_mark

    @reads(WholePage)
    def parse_whole(self, page: WholePage) -> Iterator[Found]:
        """Store the numbers, all or none."""
        return page.items()

    async def more(self) -> AsyncIterator[Mark | Request]:
        """Yield children, a mark, an error: as asked."""
        for number in range(self.args.children):
            meta = {"not_before": int(time.time() * 1000) + self.args.wait_ms}
            yield Request(
                f"{self.origin}/{number + 1}/child",
                self.parse_child,
                meta=meta if self.args.wait_ms else {},
            )
        seen = await self.memory.get("seen")
        yield Mark("seen", (seen or 0) + 1)
        if self.args.after == "bug":
            raise RuntimeError("a bug of the spider")
        if self.args.after == "close":
            raise CloseSpider("enough")

    @reads(NumbersPage)
    def parse_child(self, page: NumbersPage) -> Iterator[Found]:
        """Store the numbers."""
        return page.items()

    def closed(self, reason: str) -> None:
        """Leave the stats where the test finds them."""
        stats: dict[str, Any] = self.crawler.stats.get_stats()
        Path(os.environ["STATS_FILE"]).write_text(
            json.dumps(stats | {"reason": reason}, default=str)
        )
