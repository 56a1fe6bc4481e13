"""A place for crawls: a home of its own, and an empty migrated database."""

from pathlib import Path

import pytest

from tests.crawls.run import Crawls


@pytest.fixture
def crawls(tmp_path: Path, database_url: str) -> Crawls:
    """Return where this test's crawls keep their data."""
    return Crawls(tmp_path, {"DATABASE_URL": database_url})
