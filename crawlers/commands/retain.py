"""``scrapy retain``: remove what is older than somebody wants to keep it."""

import argparse
from datetime import UTC, datetime, timedelta

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import Help, fail, on_database
from crawlers.config import DAYS_MAX, Config, config
from crawlers.errors import ConfigError
from crawlers.storage.crawls import crawls
from crawlers.storage.database import Database
from crawlers.storage.retention import KINDS, NAMES, expire
from crawlers.storage.sweeping import LEAST_GRACE, Sweep, Where
from crawlers.verdict import Exit

DONE = ("set aside", "put back", "removed")
"""What is done with an object that no row names, or that one names again."""
GRACE_H = 24
LEAST_H = LEAST_GRACE // timedelta(hours=1)
MOST_H = 10_000
HELP = """\
Remove raw pages, quarantine, results of jobs and the history of alerts that are older than so
many days; without a number of a kind, nothing of it. What has become rows of sources stays:
products, games, profiles.

A raw page that the quarantine names stays as long as it does. Results go with all others of
their job, that many days after its end; the job and its counts stay. Of alerts, what is still
to be sent stays.

Then the store of raw pages is swept: an object that no row names any more, and that is older
than --grace-hours, is set aside. It goes with the sweep that finds it there for that long; if a
row has come to name it meanwhile, it is put back. So let this run again and again, once a day.
A store belongs to one database: what another one names is without a row here.

--dry-run counts the rows that would go; objects it counts by the rows that are there now.

It works in small steps: cut it off whenever you like, the next run does the rest.

Exit codes: 0 done, 1 the database or the store fails, 2 wrong use.
"""


class Command(ScrapyCommand):
    """Remove what is older than it is to be kept."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Remove raw pages, quarantine, results and alerts that are too old"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add how many days of each kind are kept."""
        super().add_options(parser)
        parser.formatter_class = Help
        for name in NAMES:
            words = f"days to keep {name} (default: RETAIN_{name.upper()}_DAYS, or for ever)"
            parser.add_argument(f"--{name}-days", type=int, metavar="N", help=words)
        words = f"how long an object without rows is waited for (default {GRACE_H})"
        parser.add_argument("--grace-hours", type=int, default=GRACE_H, metavar="N", help=words)
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove it, and say how much it was."""
        try:
            days = _days(opts, config())
        except ConfigError as error:
            self.exitcode = fail("retain", error, Exit.WRONG_USE)
            return
        is_wrong = any(not 1 <= number <= DAYS_MAX for number in days.values())
        if args or is_wrong or not LEAST_H <= opts.grace_hours <= MOST_H:
            reason = (
                f"it takes no words, days from 1 to {DAYS_MAX:,} and --grace-hours from {LEAST_H} "
                f"to {MOST_H:,}"
            )
            self.exitcode = fail("retain", reason, Exit.WRONG_USE)
            return

        async def work(database: Database) -> None:
            await _retain(database, days, opts)

        try:
            self.exitcode = on_database(work)
        except KeyboardInterrupt:
            self.exitcode = fail("retain", "stopped: the next run does the rest", Exit.FAILED)


def _days(opts: argparse.Namespace, settings: Config) -> dict[str, int]:
    """Return the days of each kind that has a limit."""
    found = {}
    for name in NAMES:
        given = getattr(opts, f"{name}_days")
        number = getattr(settings, f"retain_{name}_days") if given is None else given
        if number is not None:
            found[name] = number
    return found


async def _retain(database: Database, days: dict[str, int], opts: argparse.Namespace) -> None:
    from crawlers.storage.raw import raw_url  # noqa: PLC0415 - start-up

    await database.open()  # where objects are young, nothing else would ask it
    verb = "would be" if opts.dry_run else "were"
    for kind in KINDS:
        if kind.name in days:
            count = 0
            async for some in expire(database, kind, days, dry_run=opts.dry_run):
                count += some
            print(f"{kind.table}: {count:,} rows {verb} removed, older than {days[kind.name]} days")
    if not await crawls(database, 1):
        # The rows that name its objects may be in another database.
        print(
            "raw store: left alone, no crawl was ever made with this database; is it the right one?"
        )
        return
    end = datetime.now(UTC) - timedelta(hours=opts.grace_hours)
    where = Where(raw_url(config()), config().aws_endpoint_url)
    sweep = Sweep(database, where, end, dry_run=opts.dry_run)
    await sweep.run()
    told = ", ".join(f"{sweep.counts[one]:,} {verb} {one}" for one in DONE)
    print(f"raw store: {sweep.counts['looked at']:,} objects looked at; without a row: {told}")
