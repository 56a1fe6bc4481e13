"""The page of a number, as its own call answered it."""

from collections.abc import Iterator
from datetime import date

from crawlers.errors import PageError
from crawlers.items.chess import RatingPoint
from crawlers.page import Found, Page

DAY = date(2026, 1, 1)


class NumberPage(Page):
    """One number. It uses a real table, so that it can be stored."""

    def read_items(self) -> Iterator[Found]:
        """Yield a point for the number."""
        text = self.body.decode()
        if not text.isdecimal():
            raise PageError(self.url, f"no number: {text[:40]!r}")
        yield RatingPoint(player=f"number-{text}", perf="blitz", day=DAY, rating=int(text))
