"""A server for each test that asks for one."""

from collections.abc import Iterator

import pytest

from crawlers.config import Config
from tests.api.serving import Api, serving


@pytest.fixture
def server(database_config: Config) -> Iterator[Api]:
    """Give an API that answers, with an empty database of its own."""
    with serving(database_config) as api:
        yield api
