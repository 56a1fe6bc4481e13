"""``scrapy crawl``: Scrapy's command, with arguments checked first and honest exit codes."""

import argparse
import logging
import sys
from asyncio import Future
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from crawlers import logs, sentry
from crawlers.commands.common import JOB, known_job
from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError, JobError
from crawlers.extensions.progress import Progress
from crawlers.extras import extra
from crawlers.spider import FROM_SCRAPYD, SourceSpider
from crawlers.storage.jobs import check as check_job
from crawlers.verdict import COUNTS, REFUSED, Exit, Verdict, verdict

logger = logging.getLogger(__name__)
SUMMARY = ("new", "changed", "unchanged", "quarantined", "blocked", "refused")


class Command(crawl.Command):
    """Exit codes: 0 completed, 1 failed, 2 wrong use, 3 partial, blocked or interrupted."""

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return f"{self.short_desc()}. {self.__doc__} Arguments of each spider: docs/sources.md."

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read Scrapy's options; on a terminal the live line replaces the chatter."""
        super().process_options(args, opts)
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        chosen = self.settings.getpriority("LOG_LEVEL") == SETTINGS_PRIORITIES["cmdline"]
        if sys.stderr.isatty() and not chosen:
            self.settings.set("LOG_LEVEL", "WARNING", priority="cmdline")
        self.narrow(args)
        with suppress(ConfigError):  # `run` says it in one line
            logs.install(self.settings)

    def narrow(self, args: list[str]) -> None:
        """Load only the source that is asked for: others' parsers cost time and memory."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        name = args[0] if args and args[0].isidentifier() else ""
        for package in self.settings.getlist("SPIDER_MODULES") if name else []:
            with suppress(ModuleNotFoundError):  # somebody's own spider: Scrapy finds it
                module = f"{package}.{name}.spider"
                if find_spec(module):
                    self.settings.set("SPIDER_MODULES", [module], "cmdline")
                    return

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check everything that can be wrong, then crawl, then say how it went."""
        try:
            spider_class = self.checked(args, opts.spargs)
        except (ConfigError, JobError, LookupError, ValueError) as error:
            self.give_up(error, Exit.WRONG_USE)
            return
        except CrawlersError as error:  # a database that cannot be used
            self.give_up(error, Exit.FAILED)
            return
        crawler = self._create_crawler(spider_class)
        self.crawl(crawler, opts.spargs)

    def enter(self, spider_class: type[SourceSpider], arguments: dict[str, Any]) -> None:
        """Take the arguments of a job that is known, or check that they are the same.

        Its units are those that are left; of a job that only has to be ended, all. Raises JobError
        for a job that may not go on, or is another one.
        """
        if not (found := known_job(arguments["job"])):
            return
        job, units = found
        if arguments.keys() - FROM_SCRAPYD == {"job"}:
            check_job(job, spider_class.name, job.arguments)
            left = [name for name, is_open in units.items() if is_open] or units
            arguments |= job.arguments | spider_class.Arguments.by_field(left)
            return
        args = spider_class.read_arguments(arguments)
        check_job(job, spider_class.name, args.without_units())
        if set(args.unit_names()) != set(units):
            raise JobError(f"job {job.id!r} has other units: give the same, or only job=")

    def give_up(self, error: BaseException, code: Exit) -> None:
        """Say why in one line, also in a log file such as Scrapyd's; of a bug show where."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        is_bug = code is Exit.FAILED and not isinstance(error, CrawlersError)
        if is_bug or self.settings.get("LOG_FILE"):
            words = f"{REFUSED if code is Exit.WRONG_USE else ''}{error}"
            logger.error("%s", words, exc_info=error if is_bug else None)
        print(f"scrapy crawl: {error}", file=sys.stderr)
        self.exitcode = code

    def checked(self, args: list[str], arguments: dict[str, Any]) -> type[Spider]:
        """Return the spider's class; raise with one clear line if anything is wrong."""
        if len(args) != 1:
            raise ValueError("give the name of one spider (see: scrapy list)")
        sentry.start(config(), "crawl")
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        if self.settings.get("JOBDIR"):
            raise ValueError("JOBDIR is not needed: a crawl goes on from what is stored")
        assert self.crawler_process is not None  # noqa: S101 - set by Scrapy before
        loader = self.crawler_process.spider_loader
        if args[0] not in loader.list():
            raise LookupError(f"unknown spider {args[0]!r} (known: {', '.join(loader.list())})")
        spider_class = loader.load(args[0])
        if issubclass(spider_class, SourceSpider) and JOB.fullmatch(arguments.get("job", "")):
            self.enter(spider_class, arguments)
        self.check(spider_class, arguments)
        if arguments.get("job") and config().redis_url is not None:
            check_frontier(self.settings)
        check_feeds(self.settings.getdict("FEEDS"))
        return spider_class

    def check(self, spider_class: type[Spider], arguments: dict[str, Any]) -> None:
        """Raise ValueError with one clear line when *arguments* are wrong for the spider."""
        if issubclass(spider_class, SourceSpider) and (
            problem := spider_class.problem_with(arguments) or spider_class.lacks()
        ):
            raise ValueError(problem)

    def crawl(self, crawler: Crawler, arguments: dict[str, Any]) -> None:
        """Run *crawler* to its end, and set the exit code."""
        assert self.crawler_process is not None  # noqa: S101 - set by Scrapy before
        task = self.crawler_process.crawl(crawler, **arguments)
        self.crawler_process.start()
        if self.crawler_process.bootstrap_failed:
            # Whoever asks for a task's error has it: asyncio then prints no traceback of its own.
            error = task.exception() if isinstance(task, Future) and task.done() else None
            self.give_up(error or RuntimeError("the crawl did not start"), Exit.FAILED)
            return
        if progress := crawler.get_extension(Progress):
            progress.stop()  # a second Ctrl-C ends Scrapy without its signals
        stats = crawler.stats.get_stats()
        expects = getattr(crawler.spider, "expects", 0)
        end = verdict(stats, stats.get("finish_reason"), expects)
        self.exitcode = end.exit_code
        words = summary(crawler.spidercls.name, end, stats)
        if config().log_format == "json":
            logger.warning("%s", words.replace("\n ", ";"))
        else:
            print(words, file=sys.stderr)


def summary(name: str, end: Verdict, stats: dict[str, Any]) -> str:
    """Return the last words of a crawl: two lines."""
    began = stats.get("start_time")
    seconds = (datetime.now(UTC) - began).total_seconds() if began else 0.0
    seconds = stats.get("elapsed_time_seconds", seconds)
    counts = [f"{word} {stats.get(COUNTS[word], 0):,}" for word in SUMMARY]
    reason = f": {end.reason}" if end.reason else ""
    return f"{name}: {end.status} in {seconds:,.1f} s{reason}\n  {', '.join(counts)}"


def check_feeds(feeds: dict[str, Any]) -> None:
    """Raise ValueError for a file that cannot be written; Scrapy would say so for every page."""
    for uri in feeds:
        if "://" in str(uri) or "%(" in str(uri) or str(uri).startswith("stdout:"):
            continue
        path = Path(str(uri))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("ab").close()
        except OSError as error:
            raise ValueError(f"cannot write the feed {path}: {error.strerror}") from None


def check_frontier(settings: BaseSettings) -> None:
    """Raise ConfigError with one clear line when *settings* are wrong for a job's worker."""
    with extra("redis", "jobs need"):
        from crawlers.frontier import options  # noqa: PLC0415 - a plain crawl needs no Redis
    options.check(settings)
