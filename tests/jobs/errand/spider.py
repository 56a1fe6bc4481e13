"""A spider that is sent to paths: each is a unit, and what is stored is not asked for again."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field
from scrapy import Request

from crawlers.items.base import Known
from crawlers.items.chess import RatingPoint
from crawlers.page import Found
from crawlers.spider import CommaSeparated, SourceSpider, reads
from tests.crawls.walk.pages import NumbersPage, point
from tests.crawls.walk.spider import WalkArguments, WalkSpider


def checked(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no path, and return each once."""
    for path in paths:
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is no path")
    return tuple(dict.fromkeys(paths))


class ErrandArguments(WalkArguments):
    """Where to go."""

    units = ("paths", "groups")

    paths: Annotated[CommaSeparated, AfterValidator(checked)] = Field((), description="paths")
    groups: CommaSeparated = Field((), description="numbers that one request asks for, by +")


class ErrandSpider(SourceSpider):
    """Store numbers."""

    name = "errand"
    Arguments = ErrandArguments
    items = (RatingPoint,)
    args: ErrandArguments
    closed = WalkSpider.closed

    async def start(self) -> AsyncIterator[Known | Request]:
        """Begin with each path whose number is not stored."""
        numbers = {path: point(int(path[1:])).key for path in self.args.paths if path[1:].isdigit()}
        known = await self.memory.known(RatingPoint, numbers.values())
        for path in self.args.paths:
            if numbers.get(path) in known:
                yield Known(RatingPoint, numbers[path], path)
            else:
                yield self.unit(self.page(path), "paths", path)
        if self.args.groups:
            path = f"/words/{'+'.join(self.args.groups)}"
            yield self.unit(self.page(path), "groups", *self.args.groups)

    def page(self, path: str) -> Request:
        """Ask for *path*."""
        return Request(f"{self.origin}{path}", self.parse_numbers)

    @reads(NumbersPage)
    def parse_numbers(self, page: NumbersPage) -> Iterator[Found | Request]:
        """Store the numbers, and go to children."""
        yield from page.items()
        for number in range(self.args.children):
            yield Request(f"{self.origin}/{number + 1}/child", self.parse_child)

    @reads(NumbersPage)
    def parse_child(self, page: NumbersPage) -> Iterator[Found]:
        """Store the numbers."""
        return page.items()
