"""A page of links, one a line."""

from collections.abc import Iterator
from datetime import date

from crawlers.items.chess import RatingPoint
from crawlers.page import Found, Page


class LinksPage(Page):
    """Whatever lines it has, they are links."""

    def read_items(self) -> Iterator[Found]:
        """Yield one row, so that the page counts as stored."""
        yield RatingPoint(player="links", perf="blitz", day=date(2026, 1, 1), rating=1)

    def read_links(self) -> Iterator[str]:
        """Yield each line."""
        yield from self.body.decode().split()
