"""A page of the maze: what it is, and where it leads."""

from collections.abc import Iterator
from typing import ClassVar

from crawlers.errors import PageError
from crawlers.items.base import Item
from crawlers.page import Found, Page


class MazeRow(Item):
    """A page, as it was served: each time with another token."""

    table: ClassVar[str] = "maze_pages"
    identity: ClassVar[tuple[str, ...]] = ("page",)

    page: int
    token: int


class MazePage(Page):
    """``page N token T``, then a link on each line."""

    def read_items(self) -> Iterator[Found]:
        """Yield the page's row."""
        words = self.lines[0].split()
        if words[::2] != ["page", "token"]:
            raise PageError(self.url, f"not a page of the maze: {self.lines[0]!r}")
        yield MazeRow(page=int(words[1]), token=int(words[3]))

    def read_links(self) -> Iterator[str]:
        """Yield the links."""
        yield from self.lines[1:]

    @property
    def lines(self) -> list[str]:
        """The lines of the page."""
        return self.body.decode().split("\n")
