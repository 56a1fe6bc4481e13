"""What ``scrapy cancel`` and ``scrapy retry`` share: one job, and one thing that is done to it."""

import argparse
from abc import abstractmethod

from scrapy.settings import BaseSettings, Settings

from crawlers.commands.common import fail, on_database
from crawlers.errors import JobError
from crawlers.storage.database import Database
from crawlers.verdict import Exit


class Orders:
    """A command about one job. Stands before Scrapy's own among the bases."""

    requires_project = True
    requires_crawler_process = False
    settings: Settings | None
    exitcode: int
    name: str

    def syntax(self) -> str:
        """Return the usage."""
        return "JOB"

    @abstractmethod
    async def order(self, database: Database, job: str, settings: BaseSettings) -> str:
        """Do it, and return one line about what was done. Raises JobError."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Do it to the job; what is wrong is one line on standard error."""
        if len(args) != 1:
            self.exitcode = fail(self.name, "give one job (see: scrapy jobs)", Exit.WRONG_USE)
            return
        settings = self.settings
        assert settings is not None  # noqa: S101 - set by Scrapy before

        async def work(database: Database) -> Exit:
            try:
                print(await self.order(database, args[0], settings))
            except JobError as error:
                return fail(self.name, error, Exit.WRONG_USE)
            return Exit.COMPLETED

        self.exitcode = on_database(work)
