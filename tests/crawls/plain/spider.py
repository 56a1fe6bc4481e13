"""A spider that knows nothing of this project."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scrapy import Spider
from scrapy.http import Response


@dataclass
class Note:
    """An item as a dataclass."""

    text: str


class PlainSpider(Spider):
    """Yield a dict and a dataclass."""

    name = "plain"

    def __init__(self, url: str, **arguments: Any) -> None:
        """Begin at *url*."""
        super().__init__(**arguments)
        self.start_urls = [url]

    def parse(self, response: Response) -> Iterator[Any]:
        """Yield both."""
        yield {"text": "a dict"}
        yield Note(response.text)
