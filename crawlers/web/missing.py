"""What other rows name, and no crawl has brought."""

from collections.abc import Sequence

from crawlers.api.problems import Problem
from crawlers.api.reads.refreshing import describe
from crawlers.items.base import Item
from crawlers.jobs.sources import Sources
from crawlers.web.rendering import query


class NotStored(Problem):
    """A row of *item* that is not there. *crawl* is the form of what would bring it, if any."""

    def __init__(self, sources: Sources, item: type[Item], key: Sequence[str]) -> None:
        """Say so of the row with *key*."""
        super().__init__(404, f"not stored: {' '.join(key)} of {item.table.replace('_', ' ')}")
        known = dict(zip(item.identity, key, strict=True))
        refresh = describe(sources, item.table, known)
        self.crawl = refresh and query(f"/submit/{refresh.source}", refresh.words)
