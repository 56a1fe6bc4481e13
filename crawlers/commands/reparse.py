"""``scrapy reparse``: read stored pages again, without fetching, with today's page classes."""

import argparse
from datetime import UTC, datetime
from typing import Any

from scrapy import Spider
from scrapy.exceptions import UsageError

from crawlers.commands import crawl
from crawlers.spider import SourceSpider

MIDDLEWARES = {
    "DOWNLOADER_MIDDLEWARES": {"middlewares.stored.StoredMiddleware": 40},  # before robots.txt
    "SPIDER_MIDDLEWARES": {"middlewares.stored.StoredStartMiddleware": 900},
}


class Command(crawl.Command):
    """Exit codes are those of ``scrapy crawl``. Nothing stored to read again is no failure."""

    def syntax(self) -> str:
        """Return the usage."""
        return "[options] <source>"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Read stored pages again where their parser has changed"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--since``."""
        super().add_options(parser)
        parser.add_argument("--since", metavar="DATE", help="only pages fetched since this date")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Put the stored pages in the place of the site."""
        super().process_options(args, opts)
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        for name, more in MIDDLEWARES.items():
            self.settings.set(name, dict(self.settings[name]) | more, priority="cmdline")
        try:
            since = datetime.fromisoformat(opts.since) if opts.since else None
        except ValueError:
            raise UsageError(f"--since {opts.since!r} is no date", print_help=False) from None
        if since is not None and since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        self.settings.set("REPARSE_SINCE", since.isoformat() if since else None, "cmdline")
        opts.spargs["reparse"] = True

    def check(self, spider_class: type[Spider], arguments: dict[str, Any]) -> None:
        """Take a source of ours, and no arguments."""
        if not issubclass(spider_class, SourceSpider):
            raise ValueError(f"{spider_class.name} stores no pages")  # noqa: TRY004 - wrong use
        if unknown := arguments.keys() - {"reparse"}:
            raise ValueError(f"unknown argument {min(unknown)!r}: reparse takes none")
