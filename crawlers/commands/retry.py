"""``scrapy retry``: do again what failed in a job."""

from scrapy.commands import ScrapyCommand
from scrapy.settings import BaseSettings

from crawlers.commands.ordering import Orders
from crawlers.jobs import orders
from crawlers.storage.database import Database


class Command(Orders, ScrapyCommand):
    """Exit codes: 0 handed in again, 1 database or Redis fail, 2 no such job, or nothing to do."""

    name = "retry"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Do again what failed, was blocked or cancelled in a job"

    async def order(self, database: Database, job: str, settings: BaseSettings) -> str:
        """Open the units again, and ask for workers."""
        units = await orders.retry(database, job, settings)
        return f"job {job}: {units:,} units are to be done again"
