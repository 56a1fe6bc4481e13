"""What the commands share: a database for the length of one coroutine, and clear errors."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from scrapy.settings import BaseSettings

from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError
from crawlers.storage.database import Database
from crawlers.verdict import Exit

STORES_NOTHING: dict[str, dict[str, int]] = {
    "ITEM_PIPELINES": {},
    "EXTENSIONS": {},
    "SPIDER_MIDDLEWARES": {},
}
"""Settings of commands that only look: Scrapy would push what they see into the pipelines."""


def on_database(work: Callable[[Database], Awaitable[None]]) -> Exit:
    """Run *work* on an open database; return the exit code, the reason on standard error."""

    async def run() -> None:
        database = Database(config())
        try:
            await work(database)
        finally:
            await database.close()

    try:
        asyncio.run(run())
    except CrawlersError as error:
        print(f"scrapy: {error}", file=sys.stderr)
        return Exit.WRONG_USE if isinstance(error, ConfigError) else Exit.FAILED
    return Exit.COMPLETED


def only_look(settings: BaseSettings | None) -> None:
    """Switch off everything that stores."""
    assert settings is not None  # noqa: S101 - Scrapy sets it before it reads options
    for name, value in STORES_NOTHING.items():
        settings.set(name, value, priority="cmdline")
