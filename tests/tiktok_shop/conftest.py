"""Sites, each in a process of its own, and places for their crawls."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.crawls.source import sources
from tests.tiktok_shop.site import TikTokShop

NewShop = Callable[..., TikTokShop]


@pytest.fixture
def new_shop(postgres_server: Server, tmp_path: Path) -> Iterator[NewShop]:
    """Return a function that starts a site with a world, beside an empty database of its own."""
    with sources(TikTokShop, postgres_server, tmp_path) as start:
        yield start


@pytest.fixture
def no_shop(new_shop: NewShop) -> TikTokShop:
    """Return crawls that read saved files only: there is no site."""
    return new_shop(has_site=False)
