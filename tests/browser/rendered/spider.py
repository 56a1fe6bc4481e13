"""A spider whose pages only a browser can read."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pydantic import Field
from scrapy import Request

from crawlers.browser.recipe import Recipe
from crawlers.items.chess import RatingPoint
from crawlers.page import Found
from crawlers.spider import CommaSeparated, SourceArguments, SourceSpider, reads
from tests.browser.rendered.pages import NumberPage


class RenderedArguments(SourceArguments):
    """Where to go, and how."""

    paths: CommaSeparated = Field(("/1",), description="paths to begin with")
    pages: int = Field(0, description="numbers to ask for besides")
    recipe: str = Field("number", description="how to render them; empty: not at all")


class RenderedSpider(SourceSpider):
    """Store numbers, and leave the stats of the crawl in a file."""

    name = "rendered"
    Arguments = RenderedArguments
    items = (RatingPoint,)
    args: RenderedArguments
    recipes = {  # noqa: RUF012 - as the base has it
        "number": Recipe(answer=r"/number/\d+$", challenges=("#captcha",), time_limit_s=20),
    }

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each path."""
        meta = {"render": self.args.recipe} if self.args.recipe else {}
        for path in (*self.args.paths, *(f"/{n + 1}" for n in range(self.args.pages))):
            yield Request(f"{self.origin}{path}", self.parse_number, meta=dict(meta))

    @reads(NumberPage)
    def parse_number(self, page: NumberPage) -> Iterator[Found]:
        """Store the number."""
        return page.items()

    def closed(self, reason: str) -> None:
        """Leave the stats, and what was imported, where the test finds them."""
        stats = self.crawler.stats.get_stats()
        heavy = [name for name in ("playwright", "scrapy_playwright") if name in sys.modules]
        said = {**stats, "reason": reason, "heavy": heavy}
        Path(os.environ["STATS_FILE"]).write_text(json.dumps(said, default=str))
