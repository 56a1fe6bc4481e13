"""``scrapy jobs``: what was handed in, and how it stands."""

import argparse

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import fail, on_database
from crawlers.storage.database import Database
from crawlers.verdict import Exit

STATES = ("queued", "running", "completed", "partial", "failed", "cancelled")


class Command(ScrapyCommand):
    """Exit codes: 0 shown, 1 the database fails, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "List jobs, the newest first"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what narrows the list."""
        super().add_options(parser)
        parser.add_argument("--state", choices=STATES, help="only these")
        parser.add_argument("--source", help="only jobs of one source")
        parser.add_argument("--last", type=int, default=20, metavar="N", help="how many (20)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print one line a job."""
        if args or opts.last < 1:
            self.exitcode = fail("jobs", "takes only options (see --help)", Exit.WRONG_USE)
            return

        async def work(database: Database) -> None:
            from crawlers.terminal.jobs import show_list  # noqa: PLC0415 - rich takes time

            await show_list(database, opts.source, opts.state, opts.last)

        self.exitcode = on_database(work)
