"""A place for crawls of the walking spider, and what they stored."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from crawlers.config import Config
from tests.crawls.run import Crawls

WALK = {"SPIDER_MODULES": "tests.crawls"}


class Walks:
    """Crawls of `tests.crawls.walk` into one database."""

    def __init__(self, crawls: Crawls) -> None:
        """Run them in *crawls*."""
        self.crawls = crawls

    async def walk(self, origin: str, *paths: str, **settings: object) -> tuple[int, str]:
        """Crawl *paths*; return exit code and standard error."""
        done = await self.crawls.run_async(
            "crawl", "walk", settings=WALK | settings, origin=origin, paths=",".join(paths)
        )
        return done.returncode, done.stderr

    @property
    def stats(self) -> dict[str, Any]:
        """What the last crawl counted."""
        return self.crawls.stats

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what *statement* finds."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            return connection.execute(statement.encode()).fetchall()

    @property
    def stored(self) -> list[int]:
        """The numbers that are stored."""
        rows = self.query("select rating from chess_rating_points order by rating")
        return [row[0] for row in rows]


@pytest.fixture
def walks(tmp_path: Path, database_config: Config) -> Walks:
    """Return where this test's crawls keep their data."""
    url = database_config.database_url
    assert url is not None
    return Walks(Crawls(tmp_path, {"DATABASE_URL": url.get_secret_value()}))
