"""``scrapy work``: the dispatcher, which starts the jobs that were handed in."""

import argparse
import asyncio
import logging
import os
from collections.abc import Awaitable, Callable

from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.settings import SETTINGS_PRIORITIES, Settings

from crawlers import jsonlog
from crawlers.commands.common import fail
from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError
from crawlers.jobs.sources import Sources
from crawlers.storage.database import Database
from crawlers.verdict import Exit

logger = logging.getLogger(__name__)

HELP = """\
Start the jobs that were handed in, watch their workers, and start them anew where they vanish.
What the plan of `scrapy schedule` has due is handed in, too.

Workers are processes on this machine; with SCRAPYD_URLS they run on those Scrapyds. Any number of
dispatchers may work on one database. Logs of workers here are in CRAWLERS_HOME/logs/<job>.
Settings given with -s are passed on to all workers.

Ctrl-C once lets the workers here finish what is in flight, and gives their jobs back to whoever
works next; twice ends them at once. Workers on Scrapyds go on.

Exit codes: 0 done or stopped, 1 the database cannot be used, 2 wrong use, 3 stopped before
--once was done, or stopped twice.
"""


class Help(ScrapyHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Scrapy's help, with lines as they are written."""


class Command(ScrapyCommand):
    """Start jobs, and see them to their end."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Start the jobs that were handed in, and see them to their end"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--processes`` and ``--once``."""
        super().add_options(parser)
        parser.formatter_class = Help
        parser.add_argument(
            "--processes",
            type=int,
            default=os.cpu_count() or 1,
            metavar="N",
            help="workers at once, on each Scrapyd or here (default: as many as there are cores)",
        )
        parser.add_argument(
            "--once", action="store_true", help="end when no job is due or worked on"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Work until stopped."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        if args or opts.processes < 1:
            reason = "it takes no words, and --processes is at least 1"
            self.exitcode = fail("work", reason, Exit.WRONG_USE)
            return
        try:
            self.exitcode = asyncio.run(self.work(self.settings, opts))
        except ConfigError as error:
            self.exitcode = fail("work", error, Exit.WRONG_USE)
        except CrawlersError as error:
            self.exitcode = fail("work", error, Exit.FAILED)

    async def work(self, settings: Settings, opts: argparse.Namespace) -> Exit:
        """Dispatch, and return the exit code."""
        from crawlers.jobs.dispatching import Rules  # noqa: PLC0415 - start-up of other commands
        from crawlers.jobs.working import work  # noqa: PLC0415 - the same

        chores = [keeper_of_plan(settings)]
        given = {name: str(settings[name]) for name in settings if is_given(settings, name)}
        shared = config().redis_url is not None
        rules = Rules.read(settings, is_shared=shared, given=given, chores=chores)
        say = speaker(settings)
        say(f"dispatching, at most {opts.processes} workers at once{place()}")
        return await work(config(), rules, opts.processes, say, once=opts.once)


def keeper_of_plan(settings: Settings) -> Callable[[Database], Awaitable[object]]:
    """Return what hands in the periodic jobs that are due. Raises ConfigError."""
    try:
        from crawlers.jobs.scheduling import run_due  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise ConfigError("it needs an extra: pip install 'crawlers[server]'") from None
    sources = Sources(settings)
    return lambda database: run_due(database, sources)


def is_given(settings: Settings, name: str) -> bool:
    """Tell whether somebody gave the setting *name* on the command line."""
    return settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]


def place() -> str:
    """Say where workers run."""
    nodes = ", ".join(map(str, config().scrapyds))
    return f" on each of {nodes}" if nodes else " on this machine"


def speaker(settings: Settings) -> Callable[[str], None]:
    """Return what tells of the dispatcher's doings: lines on standard output, or a JSON log."""
    if config().log_format == "json":
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every question
        jsonlog.install(settings)
        return logger.info
    return lambda line: print(line, flush=True)
