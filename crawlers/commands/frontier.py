"""``scrapy frontier``: the jobs that workers share, as an operator sees and steers them."""

import argparse
import asyncio
import sys
from io import TextIOWrapper

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import Help, fail, readable
from crawlers.commands.frontier_words import Words
from crawlers.errors import ConfigError, CrawlersError, JobError
from crawlers.extras import extra
from crawlers.verdict import Exit

HELP = """\
Show and steer the jobs that workers share.

  (no word)           list the jobs that Redis knows
                        scrapy frontier
  show JOB            how a job stands, until Ctrl-C or its end; without a terminal, or
                      with --once, how it stands now. The word may be left out
                        scrapy frontier show may
  dead JOB            list the requests that were given up, the oldest first; with --full
                      whole ids, and all that was queued
                        scrapy frontier dead may
  retry JOB [ID ...]  put dead requests back to work: all, or those whose ids begin so.
                      May be repeated
                        scrapy frontier retry may 3f9a0c51e2b7
  pause JOB           give out no more requests; workers stay
                        scrapy frontier pause may
  resume JOB          let a paused or drained job go on
                        scrapy frontier resume may
  drain JOB           let workers finish what is in flight and leave; the job stays
                        scrapy frontier drain may

Exit codes: 0 done, 1 Redis or the database cannot be used, 2 wrong use, 3 not all of the
dead requests could be put back.
"""


class Command(ScrapyCommand):
    """Look at jobs in Redis, and steer them."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[show|dead|retry|pause|resume|drain] [JOB] [ID ...]"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show and steer the jobs that workers share"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--once`` and ``--full``."""
        super().add_options(parser)
        parser.formatter_class = Help
        parser.add_argument("--once", action="store_true", help="show: print once and leave")
        parser.add_argument("--full", action="store_true", help="dead: all that was queued")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        if isinstance(sys.stdout, TextIOWrapper):  # what it cannot show is no error
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            words = Words.read(args, once=opts.once, full=opts.full)
            with extra("redis", "jobs need"):
                from crawlers.terminal.frontier import act  # noqa: PLC0415 - redis and rich take time
            with readable():
                self.exitcode = asyncio.run(act(words, self.settings))
        except (ConfigError, JobError, UsageError) as error:
            self.exitcode = fail("frontier", error, Exit.WRONG_USE)
        except CrawlersError as error:
            self.exitcode = fail("frontier", error, Exit.FAILED)
        except KeyboardInterrupt:
            self.exitcode = fail("frontier", "stopped", Exit.FAILED)
