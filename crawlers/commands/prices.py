"""``scrapy prices``: what a product costs, what it did cost, and what that comes to."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import on_database
from crawlers.items.products import Platform
from crawlers.storage.database import Database
from crawlers.verdict import Exit

PLATFORMS: tuple[str, ...] = get_args(Platform)
NAMED = re.compile(rf"(?:({'|'.join(PLATFORMS)}):)?([1-9][0-9]{{0,19}})")
ADDRESSES = {
    "shopee": re.compile(r"[-/]i\.\d+\.([1-9]\d{0,19})/?$|/product/\d+/([1-9]\d{0,19})/?$"),
    "tiktok_shop": re.compile(r"/(?:view/product|pdp(?:/[^/]+)?)/([1-9]\d{0,19})/?$"),
}
"""Where the id of a product is in the path of its address."""
DAYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed: the product's id, where it may be, and what to show of it."""

    id: str
    platforms: Sequence[str] = PLATFORMS
    variant: str | None = None
    days: int | None = None
    json: bool = False

    @classmethod
    def read(cls, args: Sequence[str], opts: argparse.Namespace) -> "Words":
        """Read the command line. Raises UsageError."""
        if len(args) != 1:
            raise UsageError("say which product: scrapy prices PRODUCT")
        if opts.days is not None and not 1 <= opts.days <= DAYS_MAX:
            raise UsageError(f"--days takes a number from 1 to {DAYS_MAX:,}")
        more = {"variant": opts.variant, "days": opts.days, "json": opts.json}
        if named := NAMED.fullmatch(args[0]):
            platforms = (named[1],) if named[1] else PLATFORMS
            return cls(named[2], platforms, **more)
        path = re.split(r"[?#]", args[0], maxsplit=1)[0]
        for platform, pattern in ADDRESSES.items():
            if found := pattern.search(path):
                return cls(next(filter(None, found.groups())), (platform,), **more)
        raise UsageError(f"neither the address of a product nor an id: {args[0]!r}")


class Command(ScrapyCommand):
    """Exit codes: 0 shown, 1 the product is not stored or the database fails, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[options] PRODUCT"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show what a product costs and did cost"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "PRODUCT is an address, PLATFORM:ID or an ID. Shows the price and how it changed, a "
            "chart, the lowest, highest and median price, spells out of stock and the last "
            f"snapshots. Times are UTC. {self.__doc__}"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what narrows the history, and ``--json``."""
        super().add_options(parser)
        days = "only the last N days (of UTC) up to that when it was last seen"
        parser.add_argument("--days", type=int, metavar="N", help=days)
        parser.add_argument("--variant", metavar="ID", help="one of its variants")
        parser.add_argument("--json", action="store_true", help="all of it, for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show the product; what is wrong is one line on standard error."""
        try:
            words = Words.read(args, opts)
        except UsageError as error:
            self.exitcode = fail(error, Exit.WRONG_USE)
            return

        async def work(database: Database) -> None:
            from crawlers.terminal.prices import show  # noqa: PLC0415 - rich takes time

            self.exitcode = await show(database, words)

        try:
            self.exitcode = on_database(work) or self.exitcode
            sys.stdout.flush()
        except BrokenPipeError:  # the reader has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(reason: object, code: Exit) -> Exit:
    """Say *reason* on standard error, in one line, and return *code*."""
    print(f"scrapy prices: {reason}", file=sys.stderr)
    return code
