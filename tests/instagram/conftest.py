"""The API in a process of its own, and a place for its crawls."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.instagram.site import Apify
from tests.replica import replica_process
from tests.replica.apify import ApifyWorld

NewApify = Callable[..., Apify]


@contextmanager
def api_at(server: Server, home: Path, world: ApifyWorld) -> Iterator[Apify]:
    """Start an API with *world*, beside an empty migrated database on *server*."""
    name = f"test_{uuid4().hex}"
    server.execute("create database {} template migrated", name)
    environment = {"DATABASE_URL": server.of(name), "APIFY_TOKEN": world.token}
    try:
        with replica_process("apify", world) as site:
            yield Apify(Crawls(home, environment), site, world)
    finally:
        server.execute("drop database {} with (force)", name)


@pytest.fixture
def apify(postgres_server: Server, tmp_path: Path) -> Iterator[NewApify]:
    """Return a function that starts an API with the fields of a world."""
    with ExitStack() as apis:

        def start(**world: object) -> Apify:
            made = ApifyWorld(**world)  # type: ignore[arg-type]
            return apis.enter_context(api_at(postgres_server, tmp_path, made))

        yield start
