"""A place for crawls: a home of its own, and an empty migrated database."""

from pathlib import Path

import pytest

from crawlers.config import Config
from tests.crawls.run import Crawls


@pytest.fixture
def crawls(tmp_path: Path, database_config: Config) -> Crawls:
    """Return where this test's crawls keep their data."""
    url = database_config.database_url
    assert url is not None
    return Crawls(tmp_path, {"DATABASE_URL": url.get_secret_value()})
