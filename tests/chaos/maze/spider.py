"""Walk the maze from its roots."""

import time
from collections.abc import AsyncIterator, Iterator

from pydantic import Field
from scrapy import Request
from scrapy.settings import BaseSettings

from crawlers.limits import limit_key
from crawlers.page import Found
from crawlers.spider import CommaSeparated, SourceArguments, SourceSpider, reads
from tests.chaos.graph import HOSTS, ROOTS, Maze
from tests.chaos.maze.pages import MazePage, MazeRow

LATE_MS = 500


class MazeArguments(SourceArguments):
    """Where it is, and how large."""

    origins: CommaSeparated = Field(description="the address of each host")
    pages: int = Field(ge=ROOTS, strict=False, description="how many pages it has")


class MazeSpider(SourceSpider):
    """Store every page."""

    name = "maze"
    Arguments = MazeArguments
    items = (MazeRow,)
    args: MazeArguments

    def limit(self, settings: BaseSettings) -> None:
        """Give each host its own limits."""
        super().limit(settings)
        keys = [limit_key(origin) for origin in self.args.origins]
        slots = {
            key: {"concurrency": host.concurrency, "delay": host.delay_s, "jitter": 0}
            for key, host in zip(keys, HOSTS, strict=True)
        }
        settings.set("DOWNLOAD_SLOTS", slots, "spider")
        settings.set("ALLOWED_PRIVATE_ORIGINS", keys, "spider")

    async def start(self) -> AsyncIterator[Request]:
        """Begin with the roots."""
        maze = Maze(self.args.pages)
        for page in range(ROOTS):
            yield Request(f"{self.args.origins[maze.host(page)]}/{page}", self.parse_page)

    @reads(MazePage)
    def parse_page(self, page: MazePage) -> Iterator[Found | Request]:
        """Store the page, and go on."""
        yield from page.items()
        for link in page.links():
            request = Request(link, self.parse_page)
            if Maze(self.args.pages).is_late(int(link.rpartition("/")[2])):
                request.meta["not_before"] = int(time.time() * 1000) + LATE_MS
            yield request
