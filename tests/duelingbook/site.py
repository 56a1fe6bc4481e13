"""DuelingBook as a test sees it: the replica, crawls, and what they stored."""

from dataclasses import dataclass

from spiders.duelingbook.spider import DuelingBookSpider
from tests.crawls.source import Source
from tests.replica import DuelWorld

CALL = "https://www.duelingbook.com/view-replay?id="


@dataclass
class DuelingBook(Source[DuelWorld]):
    """The site, if there is one, and crawls into one database."""

    Spider = DuelingBookSpider
    World = DuelWorld

    @property
    def stored(self) -> set[str]:
        """The ids of the replays that are stored."""
        return set(self.column("select id from duel_replays"))

    @property
    def sizes(self) -> dict[str, int]:
        """How many rows there are."""
        return {name.removeprefix("duel_"): len(rows) for name, rows in self.tables().items()}

    @property
    def asked(self) -> list[str]:
        """The replays that the site's page asked the site for, in order."""
        return [one.rpartition("=")[2] for one in self.targets if "/view-replay" in one]
