"""``scrapy job``: how one job stands, live with ``--watch``."""

import argparse

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import fail, on_database
from crawlers.storage.database import Database
from crawlers.verdict import Exit


class Command(ScrapyCommand):
    """Exit codes: 0 shown (watched: completed), 1 failed, 2 no such job, 3 partial or cancelled."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[options] JOB"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show how a job stands"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return f"Shows the state, the counts, the units that failed, the workers. {self.__doc__}"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--watch`` and what else may be shown."""
        super().add_options(parser)
        parser.add_argument("--watch", action="store_true", help="until it has ended, or Ctrl-C")
        parser.add_argument("--units", action="store_true", help="all units, one a line")
        parser.add_argument("--json", action="store_true", help="all of it, for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show the job."""
        if len(args) != 1:
            self.exitcode = fail("job", "give one job (see: scrapy jobs)", Exit.WRONG_USE)
            return

        async def work(database: Database) -> Exit:
            from crawlers.terminal.jobs import show  # noqa: PLC0415 - rich takes time

            return await show(
                database, args[0], watch=opts.watch, units=opts.units, as_json=opts.json
            )

        try:
            self.exitcode = on_database(work)
        except KeyboardInterrupt:
            self.exitcode = fail("job", "left; the job goes on", Exit.PARTIAL)
