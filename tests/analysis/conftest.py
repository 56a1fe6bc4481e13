"""A database, an engine and a user for each test."""

from pathlib import Path

import pytest

from crawlers.config import Config
from tests.analysis.stand_in import engine
from tests.analysis.stored import url_of
from tests.crawls.run import Crawls


@pytest.fixture
def user(tmp_path: Path, database_config: Config) -> Crawls:
    """Return where this test's processes keep their data; their engine is the stand-in."""
    path = engine(tmp_path / "engine")
    return Crawls(
        tmp_path,
        {"DATABASE_URL": url_of(database_config), "STOCKFISH_EXECUTABLE": str(path)},
    )
