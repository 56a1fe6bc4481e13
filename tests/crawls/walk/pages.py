"""Pages of the test site: one number a line."""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from crawlers.errors import BlockedError, MissingError, PageError
from crawlers.items.base import Reject, Unknown
from crawlers.items.chess import RatingPoint
from crawlers.page import Found, Page

DAY = date(2026, 1, 1)


def point(number: int) -> RatingPoint:
    """Return the row that *number* stands for. It uses a real table, so that it can be stored."""
    return RatingPoint(player=f"number-{number}", perf="blitz", day=DAY, rating=number)


class NumbersPage(Page):
    """A list: each line stands for itself."""

    is_list: ClassVar[bool] = True

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Remove what is secret."""
        return body.replace(b"secret", b"")

    def read_items(self) -> Iterator[Found]:
        """Yield a point for each number; some words make trouble."""
        for place, line in enumerate(self.body.decode().split(), 1):
            match line:
                case "bad":
                    yield Reject(f"line {place}", "no number", line.encode())
                case "odd":
                    yield Unknown("word", line)
                case "broken":
                    raise PageError(self.url, "broken")
                case "captcha":
                    raise BlockedError(self.url, "captcha")
                case "gone":
                    raise MissingError(self.url, "gone")
                case _:
                    yield point(int(line))


class WholePage(NumbersPage):
    """The same, but one thing."""

    is_list: ClassVar[bool] = False
