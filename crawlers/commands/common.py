"""What the commands share: a database for the length of one coroutine, and clear errors."""

import argparse
import asyncio
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from psycopg import DataError
from scrapy.commands import ScrapyHelpFormatter
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.conf import arglist_to_dict

from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError, StorageError
from crawlers.limits import limit_key
from crawlers.storage.database import Database
from crawlers.storage.jobs import Job, Jobs
from crawlers.verdict import Exit

STORES_NOTHING: dict[str, dict[str, int]] = {
    "ITEM_PIPELINES": {},
    "EXTENSIONS": {},
    "SPIDER_MIDDLEWARES": {},
}
"""Settings of commands that only look: Scrapy would push what they see into the pipelines."""
JOB = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The name of a job."""
PATIENCE_S = 15.0
AGAIN_S = 0.3


class Help(ScrapyHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Scrapy's help, with lines as they are written."""


@contextmanager
def readable() -> Iterator[None]:
    """Let what is printed inside end quietly once its reader has seen enough."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def on_database(work: Callable[[Database], Awaitable[int | None]]) -> int:
    """Run *work* on an open database; return its exit code, of None 0.

    What keeps it from working is another code, the reason on standard error.
    """

    async def run() -> int | None:
        database = Database(config())
        try:
            return await work(database)
        finally:
            await database.close()

    try:
        return asyncio.run(run()) or Exit.COMPLETED
    except CrawlersError as error:
        print(f"scrapy: {error}", file=sys.stderr)
        return Exit.WRONG_USE if isinstance(error, ConfigError) else Exit.FAILED
    except (DataError, UnicodeEncodeError):
        print("scrapy: a word or number is none that the database can hold", file=sys.stderr)
        return Exit.WRONG_USE


def known_job(name: str) -> tuple[Job, dict[str, bool]] | None:
    """Return the job *name* and its units, as `Jobs.given`, if the database has it. Blocks.

    Workers come and go while servers restart: one that begins waits a little for the database.
    """
    found: list[tuple[Job, dict[str, bool]] | None] = []

    async def find() -> None:
        database, ends = Database(config()), time.monotonic() + PATIENCE_S
        try:
            while not found:
                try:
                    jobs = Jobs(database)
                    job = await jobs.find(name)
                    found.append((job, await jobs.given(name)) if job else None)
                except StorageError:
                    if time.monotonic() > ends:
                        raise
                    await asyncio.sleep(AGAIN_S)
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as thread:  # the event loop of this one belongs to Scrapy
        thread.submit(asyncio.run, find()).result()
    return found[0]


def given(pairs: Sequence[str]) -> dict[str, str]:
    """Return what ``-a`` gave. Raises UsageError."""
    try:
        return arglist_to_dict(list(pairs))
    except ValueError:
        raise UsageError("-a takes NAME=VALUE") from None


def fail(command: str, reason: object, code: Exit) -> Exit:
    """Say on standard error, in one line, why ``scrapy <command>`` ends with *code*; return it."""
    line = "".join(one if one.isprintable() else " " for one in str(reason))
    print(f"scrapy {command}: {line}", file=sys.stderr)
    return code


class OnlyLooks:
    """A command of Scrapy's that shows pages: it must store nothing, and keep the limits."""

    settings: Settings | None

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read Scrapy's options, switch off all that stores. UsageError for a wrong variable."""
        try:
            config()
        except ConfigError as error:
            raise UsageError(str(error), print_help=False) from error
        super().process_options(args, opts)  # type: ignore[misc]  # Scrapy's command comes next
        assert self.settings is not None  # noqa: S101 - Scrapy sets it before it reads options
        for name, value in STORES_NOTHING.items():
            self.settings.set(name, value, priority="cmdline")
        loader = SpiderLoader.from_settings(self.settings)
        cards = [getattr(loader.load(name), "card", None) for name in loader.list()]
        serial = [limit_key(card.site) for card in cards if card and card.serial]
        self.settings.set("SERIAL_LIMIT_KEYS", serial, priority="command")
        shared = [limit_key(card.site) for card in cards if card and card.shared]
        self.settings.set("SHARED_LIMIT_KEYS", shared, priority="command")
