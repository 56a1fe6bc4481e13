"""``scrapy cancel``: ask for the end of a job."""

from scrapy.commands import ScrapyCommand
from scrapy.settings import BaseSettings

from crawlers.commands.ordering import Orders
from crawlers.jobs import orders
from crawlers.storage.database import Database


class Command(Orders, ScrapyCommand):
    """Exit codes: 0 it has ended or ends, 1 database or Redis fail, 2 no such job."""

    name = "cancel"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Cancel a job: its workers finish what is in flight, and leave"

    async def order(self, database: Database, job: str, settings: BaseSettings) -> str:
        """Cancel the job."""
        has_ended = await orders.cancel(database, job, settings)
        return f"job {job} {'has ended' if has_ended else 'ends when its workers have left'}"
