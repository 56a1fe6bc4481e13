"""``scrapy cancel``: ask for the end of a job."""

import argparse

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import fail, on_database
from crawlers.errors import JobError
from crawlers.jobs import orders
from crawlers.storage.database import Database
from crawlers.verdict import Exit


class Command(ScrapyCommand):
    """Exit codes: 0 it has ended or ends, 1 database or Redis fail, 2 no such job."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "JOB"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Cancel a job: its workers finish what is in flight, and leave"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Cancel the job."""
        if len(args) != 1:
            self.exitcode = fail("cancel", "give one job (see: scrapy jobs)", Exit.WRONG_USE)
            return
        settings = self.settings
        assert settings is not None  # noqa: S101 - set by Scrapy before

        async def work(database: Database) -> None:
            try:
                ended = await orders.cancel(database, args[0], settings)
            except JobError as error:
                self.exitcode = fail("cancel", error, Exit.WRONG_USE)
                return
            print(f"job {args[0]} {'has ended' if ended else 'ends when its workers have left'}")

        self.exitcode = on_database(work) or self.exitcode
