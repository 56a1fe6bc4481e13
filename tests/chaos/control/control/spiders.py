"""Walk the maze, as a tutorial would."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response


class MazeSpider(Spider):
    """Store every page."""

    name = "maze"

    def __init__(self, roots: str, **kwargs: Any) -> None:
        """Begin with *roots*, addresses by comma."""
        super().__init__(**kwargs)
        self.roots = roots.split(",")

    async def start(self) -> AsyncIterator[Request]:
        """Begin with the roots."""
        for root in self.roots:
            yield Request(root)

    def parse(self, response: Response, **_: Any) -> Iterator[Any]:
        """Store the page, and go on."""
        first, *links = response.text.split("\n")
        words = first.split()
        yield {"page": int(words[1]), "token": int(words[3])}
        for link in links:
            yield Request(link)
