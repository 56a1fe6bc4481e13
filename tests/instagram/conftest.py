"""The API in a process of its own, and a place for its crawls."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.crawls.source import sources
from tests.instagram.site import Apify

NewApify = Callable[..., Apify]


@pytest.fixture
def apify(postgres_server: Server, tmp_path: Path) -> Iterator[NewApify]:
    """Return a function that starts an API with the fields of a world."""
    with sources(Apify, postgres_server, tmp_path) as start:
        yield start
