"""Jobs as their user has them: commands and crawls on one database."""

from pathlib import Path

import pytest

from crawlers.config import Config
from tests.jobs.errands import Errands


@pytest.fixture
def errands(tmp_path: Path, database_config: Config) -> Errands:
    """Return where this test's crawls and commands keep their data."""
    assert database_config.database_url is not None
    return Errands.at(tmp_path, database_config.database_url.get_secret_value())
