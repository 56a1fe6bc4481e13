"""``scrapy alert``: rules about prices, stock and jobs, and the messages that follow."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.alert_words import Words
from crawlers.commands.common import Help, fail, on_database, readable
from crawlers.errors import ConfigError
from crawlers.extras import extra
from crawlers.verdict import Exit

HELP = """\
Tell somebody when a price, the stock or a job changes. Crawls find out, in the transaction
that stores a price; `scrapy work` sends, or `scrapy alert deliver`.

  connect NAME        add a channel; its address, as of apprise, is read from standard input:
                        echo 'mailto://user:password@example.org?to=me@example.org' |
                            scrapy alert connect me
  channels            list the channels; addresses are secrets, and never shown again
  disconnect NAME     forget a channel
  test NAME           send a test message now, and say whether it was taken
  add KIND            add a rule:
                        scrapy alert add below --product shopee:1 --price 19.90 --currency SGD
                            --to me
                        scrapy alert add fall-percent --collection lamps --percent 10 --to me
                        scrapy alert add back-in-stock --keyword "usb cable" --each-variant
                        scrapy alert add job-failed --to me --quiet 22:00-07:00
                            --zone Europe/Berlin
  (no word), list     list the rules
  pause, resume NAME  let a rule rest, or go on
  remove NAME         forget a rule; its history stays
  history             what happened: what was sent when, or why not
  deliver             send what is due until Ctrl-C; --once: and end when nothing is

KIND is one of
  below, above        a price at the limit or beyond it; again after it has recovered, by
                      --hysteresis per cent
  fall-percent        fallen by so much since the highest price after the last alert
  new-lowest          lower than all prices before, of which there are at least three
  any-change          up or down, by --percent at least
  out-of-stock, back-in-stock
  job-failed, job-ended   failed and partial jobs; all jobs

Prices of other currencies, pages that were blocked and products without a price say nothing.
docs/alerts.md says more.

Exit codes: 0 done, 1 the database fails or a test message was not taken, 2 wrong use.
"""


class Command(ScrapyCommand):
    """Set rules, look at what they found, send it."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[list|channels|history|deliver | add KIND | remove|pause|resume NAME | ...]"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Be told when a price, the stock or a job changes"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what a rule is made of."""
        super().add_options(parser)
        parser.formatter_class = Help
        add = parser.add_argument
        add("--name", help="add: of the rule; default: made of what it says")
        add("--product", help="add: an address or PLATFORM:ID")
        add("--variant", metavar="ID", help="add: only this variant of the product")
        add("--each-variant", action="store_true", help="add: watch all variants, one by one")
        add("--collection", metavar="NAME", help="add: see scrapy collection")
        add("--keyword", help="add: what this keyword has found")
        add("--region", help="add: of the keyword, two letters")
        add("--source", help="add: of jobs; default: all")
        add("--price", help="add: the limit, such as 19.90")
        add("--currency", help="add: of the limit, such as SGD")
        add("--percent", help="add: the least change")
        add("--hysteresis", metavar="PERCENT", help="add: how far a price must recover")
        add("--cooldown", metavar="TIME", help="add: 30m, 12h or 7d without another alert")
        add("--per-day", type=int, metavar="N", help="add, connect: messages at most in a day")
        add("--quiet", metavar="FROM-TO", help="add: messages wait, such as 22:00-07:00")
        add("--zone", help="add: of --quiet and --digest, such as Europe/Berlin; default: UTC")
        add("--digest", help="add: hourly, daily or daily@18:00: one message for many alerts")
        add("--to", action="append", metavar="CHANNEL", help="add: a channel; may be repeated")
        add("--limit", type=int, metavar="N", help="history: so many alerts; default: 20")
        add("--once", action="store_true", help="deliver: end when nothing is due")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        settings = self.settings
        try:
            words = Words.read(args, opts)
            with extra("server", "alerts need"):
                from crawlers.terminal.alerts import act  # noqa: PLC0415 - they take time
        except (ConfigError, UsageError) as error:
            self.exitcode = fail("alert", error, Exit.WRONG_USE)
            return

        with readable():
            self.exitcode = on_database(lambda database: act(database, words, settings))
