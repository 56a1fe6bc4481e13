"""``scrapy schedule``: crawls that are handed in again and again."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import Help, fail, on_database, readable
from crawlers.commands.schedule_words import Words
from crawlers.errors import ConfigError
from crawlers.extras import extra
from crawlers.verdict import Exit

HELP = """\
Keep a plan of crawls. Whoever runs `scrapy work` hands them in as jobs when they are due;
any number of processes may.

  (no word), list       list the entries
                          scrapy schedule
  add "CRON" SOURCE     add one: minute hour day month weekday, then a source and its
                        arguments. Files that they name are read anew at each run
                          scrapy schedule add "*/5 * * * *" lichess -a players_file=p.txt
                          scrapy schedule add "30 6 * * MON-FRI" vlr -a section=results
                            --name news --zone Europe/Berlin --jitter 60
  remove NAME           forget an entry; its jobs stay
  pause NAME            let no run begin by the plan
  resume NAME           go on with what comes next; nothing is made up for
  run NAME              hand in a job now, once, besides the plan

A job is named after its entry and its instant (news-20261128T053000Z): one instant gives one
job at most, whatever is restarted. While nobody ran `scrapy work`, runs are missed: of these
the last one is made up for if it is at most 24 hours late, the others are left out. A run
whose predecessor goes on is left out, unless the entry was added with --overlap; `run` is
refused then. The list says what was left out, and why.

An hour that summer time skips or repeats: an entry with an hour and a minute of its own runs
once that day, right after the gap if its time is in it. Where the field of minutes or of hours
begins with *, it runs as the clock shows: not in a skipped hour, twice in a repeated one.

Exit codes: 0 done, 1 the database fails or a job goes on, 2 wrong use.
"""


class Command(ScrapyCommand):
    """Look at the plan, and change it."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return '[list|add|remove|pause|resume|run] ["CRON" SOURCE | NAME]'

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show and change the plan of periodic crawls"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what an entry is made of."""
        super().add_options(parser)
        parser.formatter_class = Help
        add = parser.add_argument
        add("-a", action="append", dest="given", metavar="NAME=VALUE", help="add: an argument")
        add("--name", metavar="NAME", help="add: its name; the source's, if nothing is said")
        add("--zone", metavar="ZONE", help="add: the time zone of CRON; UTC if nothing is said")
        add("--jitter", type=int, metavar="SECONDS", help="add: begin up to so much later")
        add("--overlap", action="store_true", help="add: begin though the last job goes on")
        add("--units", metavar="FILE", help="add: units, one a line")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        settings = self.settings
        try:
            words = Words.read(args, opts)
            with extra("server", "schedules need"):
                from crawlers.terminal.schedules import act  # noqa: PLC0415 - rich takes time
        except (ConfigError, UsageError) as error:
            self.exitcode = fail("schedule", error, Exit.WRONG_USE)
            return

        with readable():
            self.exitcode = on_database(lambda database: act(database, words, settings))
