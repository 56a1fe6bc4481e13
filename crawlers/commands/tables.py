"""``scrapy tables``: what is stored, and what the last crawls did to it."""

import argparse

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import on_database
from crawlers.storage.crawls import crawls
from crawlers.storage.database import Database
from crawlers.storage.queries import table_sizes
from crawlers.verdict import COUNTS

LAST = 10
"""Crawls that are shown."""


class Command(ScrapyCommand):
    """Rows of each table, and the last crawls with what was new, changed, blocked."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show the stored tables and the last crawls"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Print both tables."""
        self.exitcode = on_database(show)


async def show(database: Database) -> None:
    """Print the tables of *database* and its last crawls."""
    from rich.console import Console  # noqa: PLC0415 - start-up
    from rich.table import Table  # noqa: PLC0415 - start-up

    console = Console()
    counts = Table("table", "rows", title="Stored")
    counts.columns[1].justify = "right"
    for name, rows in (await table_sizes(database)).items():
        counts.add_row(name, f"{rows:,}")
    console.print(counts)
    recent = Table("crawl", "source", "started (UTC)", "status", "what it did", title="Last crawls")
    for crawl in await crawls(database, LAST):
        counts_of = {name: getattr(crawl, name) for name in COUNTS}
        recent.add_row(
            str(crawl.id),
            crawl.source,
            f"{crawl.started_at:%Y-%m-%d %H:%M}",
            crawl.status or "running or killed",
            ", ".join(f"{name} {count:,}" for name, count in counts_of.items() if count),
        )
    console.print(recent)
