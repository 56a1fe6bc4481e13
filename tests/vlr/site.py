"""VLR.gg as a test sees it: the replica in a process of its own, crawls, and what they stored."""

from dataclasses import dataclass, field

from spiders.vlr.spider import VlrSpider
from tests.crawls.source import Source
from tests.replica.vlr import VlrWorld
from tests.replica.vlr.events import Match
from tests.replica.vlr.library import Library

SMALL = VlrWorld(teams=7, events=4, matches=8, articles=4, per_page=6)


@dataclass
class Vlr(Source[VlrWorld]):
    """The site, and crawls of it into one database."""

    Spider = VlrSpider
    World = VlrWorld
    brisk = {"SHARED_DELAY_S": 0, "DOWNLOAD_DELAY": 0}  # noqa: RUF012 - declared above
    dropped = {"esports_stats": ("maps",)}  # noqa: RUF012 - the older markup does not show it

    library: Library = field(init=False)
    first: int = 0
    """How many pages the first crawl of everything asked for."""

    def __post_init__(self) -> None:
        """Know the same world as the replica: it follows from the seed."""
        self.library = Library(self.world)

    def table(self, name: str, *without: str) -> list[str]:
        """Leave out also at which address the site was."""
        rows = super().table(name, *without)
        return [row.replace(self.site.origin, "") for row in rows]

    def asked_since(self, count: int) -> list[str]:
        """Return the pages after the first *count*."""
        return self.targets[count:]

    def with_status(self, *statuses: str) -> list[Match]:
        """Return the world's matches with one of *statuses*, as they were in the beginning."""
        return self.library.with_status(*statuses)

    def ids(self, *statuses: str) -> set[str]:
        """Return the ids of those matches."""
        return {str(match.id) for match in self.with_status(*statuses)}

    @property
    def stored(self) -> set[str]:
        """The ids of the matches that are stored."""
        return set(self.column("select id from esports_matches"))
