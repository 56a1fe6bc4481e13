"""``scrapy migrate``: bring the database's schema to this version. A crawl does so by itself."""

import argparse

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import on_database
from crawlers.storage.database import Database


class Command(ScrapyCommand):
    """Create or update the tables."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Create or update the tables of the database"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Open the database, which migrates it, and say where it stands."""
        self.exitcode = on_database(migrate)


async def migrate(database: Database) -> None:
    """Open *database* and print its revision."""
    print(f"The database is at revision {await database.revision()}.")
