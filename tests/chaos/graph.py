"""The maze: which pages there are, where they are, and where they lead."""

from collections.abc import Iterator
from dataclasses import dataclass

ROOTS = 10
"""Pages that a crawl begins with: its units."""
BRANCHES = 4


@dataclass(frozen=True, slots=True)
class Host:
    """One of the hosts of the maze, and its limits."""

    concurrency: int
    delay_s: float


HOSTS = (Host(6, 0), Host(2, 0), Host(1, 0.2))
"""A wide one, a narrow one, and one that wants pauses."""


@dataclass(frozen=True, slots=True)
class Maze:
    """So many *pages*, numbered from 0. Every one is reached, most of them by several ways."""

    pages: int

    def host(self, page: int) -> int:
        """Return the place in `HOSTS` where *page* is; one in a hundred is on the slow one."""
        return 2 if page % 100 == ROOTS else int(page % 3 == 0)

    def is_moved(self, page: int) -> bool:
        """Tell whether the link of its parent leads to *page* through a redirect."""
        return page >= ROOTS and page % 23 == 0

    def is_late(self, page: int) -> bool:
        """Tell whether *page* is to be asked for a little later."""
        return page >= ROOTS and page % 31 == 0

    def children(self, page: int) -> range:
        """Return the pages that only *page* is sure to lead to."""
        first = ROOTS + BRANCHES * page
        return range(min(first, self.pages), min(first + BRANCHES, self.pages))

    def paths(self, page: int) -> Iterator[tuple[int, str]]:
        """Yield what *page* links to, as host and path: its children, and two pages elsewhere."""
        for child in self.children(page):
            yield self.host(child), f"/moved/{child}" if self.is_moved(child) else f"/{child}"
        for other in ((page * 7919 + 13) % self.pages, (page * 104_729 + 7) % self.pages):
            yield self.host(other), f"/{other}"

    @property
    def redirects(self) -> int:
        """How many pages are reached through a redirect."""
        return sum(map(self.is_moved, range(self.pages)))
