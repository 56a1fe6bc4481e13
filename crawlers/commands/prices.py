"""``scrapy prices``: what a product costs, what it did cost, and what that comes to."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import fail, on_database, readable
from crawlers.commands.prices_words import Words
from crawlers.storage.database import Database
from crawlers.verdict import Exit


class Command(ScrapyCommand):
    """Exit codes: 0 shown, 1 the product is not stored or the database fails, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[options] PRODUCT"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show what a product costs and did cost"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "PRODUCT is an address, PLATFORM:ID or an ID. Shows the price and how it changed, a "
            "chart, the lowest, highest and median price, spells out of stock and the last "
            f"snapshots. Times are UTC. {self.__doc__}"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what narrows the history, and ``--json``."""
        super().add_options(parser)
        days = "only the last N days (of UTC) up to that when it was last seen"
        parser.add_argument("--days", type=int, metavar="N", help=days)
        parser.add_argument("--variant", metavar="ID", help="one of its variants")
        parser.add_argument("--json", action="store_true", help="all of it, for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show the product; what is wrong is one line on standard error."""
        try:
            words = Words.read(args, opts)
        except UsageError as error:
            self.exitcode = fail("prices", error, Exit.WRONG_USE)
            return

        async def work(database: Database) -> Exit:
            from crawlers.terminal.prices import show  # noqa: PLC0415 - rich takes time

            return await show(database, words)

        with readable():
            self.exitcode = on_database(work)
