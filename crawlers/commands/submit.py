"""``scrapy submit``: hand in a job, for a dispatcher to start."""

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.arguments import listed
from crawlers.commands.common import JOB, fail, given, on_database
from crawlers.config import config
from crawlers.errors import ConfigError, JobError
from crawlers.jobs.sources import Sources
from crawlers.jobs.submitting import SubmissionError, Wanted, prepare, with_identity
from crawlers.storage.database import Database
from crawlers.storage.job_views import standing
from crawlers.storage.submissions import Submission, submit
from crawlers.verdict import Exit

WORKERS_MAX = 100
PRIORITY_MAX = 1000


class Command(ScrapyCommand):
    """Exit codes: 0 handed in, 1 the database fails, 2 wrong use: nothing is written."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[options] SOURCE"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Hand in a crawl as a job, for `scrapy work` to start"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "Each line of --units is one unit of the job: an account, an address, a player; or "
            "name=value for another argument that lists things. They are checked one by one. "
            f"Prints the job's name. {self.__doc__} Arguments of each source: docs/sources.md."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments, the units, and who shares the job."""
        super().add_options(parser)
        parser.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE", help="argument"
        )
        parser.add_argument("--units", metavar="FILE", help="units, one a line")
        parser.add_argument("--skip-wrong", action="store_true", help="leave wrong units out")
        parser.add_argument("--name", help="name of the job (default: a random one)")
        workers = "processes that share it; more than one need REDIS_URL"
        parser.add_argument("--workers", type=int, default=1, metavar="N", help=workers)
        parser.add_argument("--priority", type=int, default=0, help="higher ones start first")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check all of it, then write it."""
        try:
            submission = self.read(args, opts)
        except (ConfigError, SubmissionError, UsageError, ValueError) as error:
            self.exitcode = fail("submit", error, Exit.WRONG_USE)
            return

        async def work(database: Database) -> Exit:
            try:
                done = await submit(database, submission)
            except JobError as error:
                return fail("submit", error, Exit.WRONG_USE)
            print(done.id)
            told = handed_in(submission) if done.is_new else await before(database, done.id)
            print(f"{told}: scrapy job {done.id} --watch", file=sys.stderr)
            return Exit.COMPLETED

        self.exitcode = on_database(work)

    def read(self, args: list[str], opts: argparse.Namespace) -> Submission:
        """Return what to hand in. Raises with one clear line for what is wrong."""
        if len(args) != 1:
            raise UsageError("give the name of one source (see: scrapy list)")
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        check(opts)
        units = tuple(listed("--units", opts.units)) if opts.units else ()
        wanted = Wanted(args[0], given(opts.spargs), units, skips_wrong=opts.skip_wrong)
        submission, left_out = prepare(Sources(self.settings), wanted)
        for problem in left_out:
            print(f"left out {problem.where}: {problem.message}", file=sys.stderr)
        return with_identity(submission, id=opts.name, workers=opts.workers, priority=opts.priority)


def handed_in(submission: Submission) -> str:
    """Say what was handed in."""
    count = f"{len(submission.units):,} units" if submission.units else "no units yet"
    return f"{submission.source}, {count}"


async def before(database: Database, job: str) -> str:
    """Say that *job* was there already: who wants the crawl again would wait for nothing."""
    found = await standing(database, job)
    if found is None or found.job.status is None:
        return "handed in before"
    return f"handed in before, and {found.job.status}; to crawl again give another --name"


def check(opts: argparse.Namespace) -> None:
    """Raise UsageError for options that no job can have."""
    if opts.name is not None and not JOB.fullmatch(opts.name):
        raise UsageError(f"{opts.name[:80]!r} is no name: up to 64 letters, digits, - and _")
    if not 1 <= opts.workers <= WORKERS_MAX:
        raise UsageError(f"--workers is 1 to {WORKERS_MAX}")
    if opts.workers > 1 and config().redis_url is None:
        raise UsageError("--workers of more than 1 need REDIS_URL")
    if abs(opts.priority) > PRIORITY_MAX:
        raise UsageError(f"--priority is -{PRIORITY_MAX:,} to {PRIORITY_MAX:,}")
