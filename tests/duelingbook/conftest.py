"""The site in a process of its own, and a place for its crawls."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.crawls.source import sources
from tests.duelingbook.site import DuelingBook

NewDuelingBook = Callable[..., DuelingBook]


@pytest.fixture
def duelingbook(postgres_server: Server, tmp_path: Path) -> Iterator[NewDuelingBook]:
    """Return a function that starts a site with a world, beside an empty migrated database."""
    with sources(DuelingBook, postgres_server, tmp_path) as start:
        yield start


@pytest.fixture
def book(duelingbook: NewDuelingBook) -> DuelingBook:
    """Return crawls that read saved files only: there is no site."""
    return duelingbook(has_site=False)
