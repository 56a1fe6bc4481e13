"""The other tabs of a match: `/{id}/?game=all&tab=performance` and `...&tab=economy`.

Whatever game the address names, the document holds all of them. The tabs name players and teams,
and link none. Older and minor matches have the tabs and no tables in them.
"""

from collections.abc import Iterator
from typing import ClassVar

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.page import Found
from spiders.vlr.answers import opened, without_comments
from spiders.vlr.cells import classes, required_id
from spiders.vlr.economy import read_economy
from spiders.vlr.performance import read_performance
from spiders.vlr.rounds import by_game


class PerformancePage(HtmlPage):
    """Multiple kills, clutches and duels of every player on every map."""

    is_list: ClassVar[bool] = True

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Drop the comments of readers."""
        return without_comments(body)

    def read_items(self) -> Iterator[Found]:
        """Yield the players of every game and of the whole match."""
        match_id = required_id(self.url)
        for game, tables in _tables(self, "mod-adv-stats", "mod-matrix"):
            yield from read_performance(self, match_id, game, tables)


class EconomyPage(HtmlPage):
    """What both teams spent and won with it, on every map and in every round."""

    is_list: ClassVar[bool] = True

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Drop the comments of readers."""
        return without_comments(body)

    def read_items(self) -> Iterator[Found]:
        """Yield both teams of every game, and the rounds."""
        match_id = required_id(self.url)
        for game, tables in _tables(self, "mod-econ"):
            yield from read_economy(self, match_id, game, tables)


def _tables(page: HtmlPage, *known: str) -> Iterator[tuple[str, list[Node]]]:
    """Yield the tables of each game; one of another kind is a page that we do not understand."""
    opened(page, ".match-header")
    games = by_game(page, page.all(".vm-stats-game"))
    if not games:
        raise PageError(page.url, "no part of the page is about a game")
    for game, node in games.items():
        tables = page.all("table", node)
        for table in tables:
            if not set(known).intersection(marks := classes(table)):
                raise PageError(page.url, f"a table of another kind: {' '.join(marks)}"[:200])
        yield game, tables
