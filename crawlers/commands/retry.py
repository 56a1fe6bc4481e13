"""``scrapy retry``: do again what failed in a job."""

import argparse

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import fail, on_database
from crawlers.errors import JobError
from crawlers.jobs import orders
from crawlers.storage.database import Database
from crawlers.verdict import Exit


class Command(ScrapyCommand):
    """Exit codes: 0 handed in again, 1 database or Redis fail, 2 no such job, or nothing to do."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "JOB"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Do again what failed, was blocked or cancelled in a job"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Open the units again, and ask for workers."""
        if len(args) != 1:
            self.exitcode = fail("retry", "give one job (see: scrapy jobs)", Exit.WRONG_USE)
            return
        settings = self.settings
        assert settings is not None  # noqa: S101 - set by Scrapy before

        async def work(database: Database) -> None:
            try:
                units = await orders.retry(database, args[0], settings)
            except JobError as error:
                self.exitcode = fail("retry", error, Exit.WRONG_USE)
                return
            print(f"job {args[0]}: {units:,} units are to be done again")

        self.exitcode = on_database(work) or self.exitcode
