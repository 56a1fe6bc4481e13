"""``scrapy work``: the dispatcher, which starts the jobs that were handed in."""

import argparse
import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.settings import SETTINGS_PRIORITIES, Settings

from crawlers import logs, sentry
from crawlers.commands.common import Help, fail, readable
from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError
from crawlers.extras import extra
from crawlers.jobs.sources import Sources
from crawlers.storage.database import Database
from crawlers.verdict import Exit

logger = logging.getLogger(__name__)

HELP = """\
Start the jobs that were handed in, watch their workers, and start them anew where they vanish.
What the plan of `scrapy schedule` has due is handed in, too; alerts are sent (`scrapy alert`);
engine analyses that were asked for over HTTP are done, by one process beside the workers that
lets them go first. With BACKUP_DAILY_AT one of all dispatchers makes a backup each day
(`scrapy backup`).

Workers are processes on this machine; with SCRAPYD_URLS they run on those Scrapyds. Any number of
dispatchers may work on one database. Logs of workers here are in CRAWLERS_HOME/logs/<job>.
Settings given with -s are passed on to all workers.

Ctrl-C once lets the workers here finish what is in flight, and gives their jobs back to whoever
works next; twice ends them at once. Workers on Scrapyds go on.

Exit codes: 0 done or stopped, 1 the database cannot be used, 2 wrong use, 3 stopped before
--once was done, or stopped twice.
"""


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
            sentry.start(config(), "work")
            self.exitcode = asyncio.run(self.work(self.settings, opts))
        except ConfigError as error:
            self.exitcode = fail("work", error, Exit.WRONG_USE)
        except CrawlersError as error:
            self.exitcode = fail("work", error, Exit.FAILED)

    async def work(self, settings: Settings, opts: argparse.Namespace) -> Exit:
        """Dispatch, and return the exit code."""
        from crawlers.jobs.analyst import Analyst  # noqa: PLC0415 - start-up of other commands
        from crawlers.jobs.daily import DailyBackup  # noqa: PLC0415 - the same
        from crawlers.jobs.dispatching import Rules  # noqa: PLC0415 - the same
        from crawlers.jobs.working import work  # noqa: PLC0415 - the same

        say = speaker(settings)
        async with AsyncExitStack() as ending:
            analyst = Analyst(config().home / "logs" / "analysis.log", say)
            ending.push_async_callback(analyst.close)
            chores: list[Callable[[Database], Awaitable[object]]] = [
                keeper_of_plan(settings),
                analyst.look,
            ]
            if (at := config().backup_daily_at) and not opts.once:
                daily = DailyBackup(at, say)
                ending.push_async_callback(daily.close)
                chores.append(daily)
            given = {name: str(settings[name]) for name in settings if is_given(settings, name)}
            rules = Rules.read(
                settings,
                is_shared=config().redis_url is not None,
                given=given,
                chores=chores,
                companions=[sender_of_alerts(settings, say)],
            )
            say(f"dispatching, at most {opts.processes} workers at once{place()}")
            code = await work(config(), rules, opts.processes, say, once=opts.once)
            if opts.once and code is Exit.COMPLETED:
                await send_alerts(settings, say)  # of the jobs that have just ended
                await analyst.finish()
        return code


def keeper_of_plan(settings: Settings) -> Callable[[Database], Awaitable[object]]:
    """Return what hands in the periodic jobs that are due. Raises ConfigError."""
    with extra("server", "it needs"):
        from crawlers.jobs.scheduling import run_due  # noqa: PLC0415 - an extra
    sources = Sources(settings)
    return lambda database: run_due(database, sources)


def sender_of_alerts(
    settings: Settings, say: Callable[[str], None]
) -> Callable[[Database, asyncio.Event], Coroutine[Any, Any, None]]:
    """Return what sends alerts until it is told to stop. Raises ConfigError."""
    with extra("server", "it needs"):
        from crawlers.alerts.delivery import Rules, deliverer  # noqa: PLC0415 - an extra
    Rules.read(settings)
    return lambda database, stopping: deliverer(database, config(), settings, say).run(stopping)


async def send_alerts(settings: Settings, say: Callable[[str], None]) -> None:
    """Send the alerts that are due now."""
    from crawlers.alerts.delivery import deliverer  # noqa: PLC0415 - an extra

    database = Database(config())
    try:
        await deliverer(database, config(), settings, say).deliver()
    finally:
        await database.close()


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
        logs.install(settings)
        return logger.info
    return tell


def tell(line: str) -> None:
    """Print *line*; work goes on where nobody reads any more."""
    with readable():
        print(line)
