"""A site and a place for its crawls."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.crawls.source import source_at
from tests.lichess.brisk import BACKOFF_S
from tests.lichess.site import Lichess
from tests.replica import World

NewLichess = Callable[[World], Lichess]


@pytest.fixture
def lichess(postgres_server: Server, tmp_path: Path) -> Iterator[NewLichess]:
    """Return a function that starts a site with a world, beside an empty migrated database."""
    with ExitStack() as sites:

        def start(world: World) -> Lichess:
            # A client that waits for exactly the back-off is not early.
            backoff = ("--backoff", str(BACKOFF_S - 0.1))
            place = source_at(Lichess, world, postgres_server, tmp_path, options=backoff)
            return sites.enter_context(place)

        yield start
