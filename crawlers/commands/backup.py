"""``scrapy backup``: the database, dumped, kept, compared and restored."""

import argparse
import asyncio
import signal
from collections.abc import Awaitable, Callable

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import Help, fail
from crawlers.config import Config, config
from crawlers.errors import ConfigError, CrawlersError
from crawlers.storage.backups.shelf import KEPT
from crawlers.verdict import Exit

HELP = f"""\
Back up the database, and take a backup back. Raw pages are not part of it.

  run                 make a backup now, and remove those that are older than {KEPT.days} days,
                      but never the last good one
  list                show what backups there are, also those that are not good
  verify [ID]         restore a backup into a database of its own, compare the rows of every
                      table with those that were backed up, and remove that database again.
                      It is made beside the database, or where that is not allowed on a server
                      that is started for it
  restore [ID]        restore a backup, compare it likewise, and only then let it take the
                      place of the database. One that has rows is replaced only with
                      --overwrite, and only while nobody else uses it

Without an ID the newest good backup is meant. Backups are kept at BACKUP_STORE_URL, by default in
CRAWLERS_HOME/backups. With BACKUP_DAILY_AT=03:30 `scrapy work` makes one a day by itself.

A backup that was cut off is never good: its manifest is written last.

Exit codes: 0 done, 1 it failed or a backup is not as it should be, 2 wrong use.
"""

Work = Callable[[Config, argparse.Namespace, str | None], Awaitable[Exit]]


class Command(ScrapyCommand):
    """Back up the database, and take a backup back."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "run | list | verify [ID] | restore [ID] [--overwrite]"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Back up the database, verify and restore backups"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--overwrite``."""
        super().add_options(parser)
        parser.formatter_class = Help
        words = "restore: replace a database that has rows"
        parser.add_argument("--overwrite", action="store_true", help=words)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        match args:
            case ["run" | "list" as word]:
                identity = None
            case ["verify" | "restore" as word, *rest] if len(rest) <= 1:
                identity = rest[0] if rest else None
            case _:
                reason = "expected run, list, verify [ID] or restore [ID]"
                self.exitcode = fail("backup", reason, Exit.WRONG_USE)
                return
        if opts.overwrite and word != "restore":
            self.exitcode = fail("backup", "only restore takes --overwrite", Exit.WRONG_USE)
            return
        self.exitcode = _run(word, identity, overwrite=opts.overwrite)


def _run(word: str, identity: str | None, *, overwrite: bool) -> Exit:
    from crawlers.terminal.backups import act  # noqa: PLC0415 - rich takes time

    async def work() -> Exit:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is one
        # What systemd sends; Ctrl-C does the same by itself.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await act(config(), word, identity, overwrite=overwrite)

    try:
        return asyncio.run(work())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return fail("backup", "stopped: nothing of it counts", Exit.FAILED)
    except ConfigError as error:
        return fail("backup", error, Exit.WRONG_USE)
    except CrawlersError as error:
        return fail("backup", error, Exit.FAILED)
