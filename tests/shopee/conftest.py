"""The site in a process of its own, and a place for its crawls."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.crawls.source import sources
from tests.shopee.site import Shopee

NewShopee = Callable[..., Shopee]


@pytest.fixture
def shopee(postgres_server: Server, tmp_path: Path) -> Iterator[NewShopee]:
    """Return a function that starts a site with a world, and an empty database for its crawls."""
    with sources(Shopee, postgres_server, tmp_path) as start:
        yield start
