"""A site and a place for its crawls."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from crawlers.config import Config
from tests.crawls.run import Crawls
from tests.lichess.brisk import BACKOFF_S
from tests.lichess.site import Lichess
from tests.replica import World, replica_process

NewLichess = Callable[[World], Lichess]


@pytest.fixture
def lichess(tmp_path: Path, database_config: Config) -> Iterator[NewLichess]:
    """Return a function that starts a site with a world, beside an empty migrated database."""
    url = database_config.database_url
    assert url is not None
    with ExitStack() as sites:

        def start(world: World) -> Lichess:
            # A client that waits for exactly the back-off is not early.
            backoff = ("--backoff", str(BACKOFF_S - 0.1))
            site = sites.enter_context(replica_process("lichess", world, *backoff))
            crawls = Crawls(tmp_path, {"DATABASE_URL": url.get_secret_value()})
            return Lichess(crawls, site, world)

        yield start
