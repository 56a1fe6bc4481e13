"""The site in a process of its own, and a place for its crawls."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from crawlers.config import Config
from tests.crawls.run import Crawls
from tests.duelingbook.site import DuelingBook
from tests.replica import DuelWorld, replica_process

NewDuelingBook = Callable[..., DuelingBook]


@pytest.fixture
def place(tmp_path: Path, database_config: Config) -> Crawls:
    """Return where this test's crawls keep their data."""
    url = database_config.database_url
    assert url is not None
    home = tmp_path / "home"
    home.mkdir()
    return Crawls(home, {"DATABASE_URL": url.get_secret_value()})


@pytest.fixture
def book(place: Crawls) -> DuelingBook:
    """Return crawls that read saved files only: there is no site."""
    return DuelingBook(place, DuelWorld(), None)


@pytest.fixture
def duelingbook(place: Crawls) -> Iterator[NewDuelingBook]:
    """Return a function that starts a site with a world, beside an empty migrated database."""
    with ExitStack() as sites:

        def start(**world: object) -> DuelingBook:
            made = DuelWorld(**world)  # type: ignore[arg-type]
            site = sites.enter_context(replica_process("duelingbook", made))
            return DuelingBook(place, made, site)

        yield start
