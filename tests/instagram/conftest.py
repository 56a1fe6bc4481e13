"""The API in a process of its own, and a place for its crawls."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import Server
from tests.crawls.run import ROOT, Crawls
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


@pytest.fixture(scope="session")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the data of first names, made once for all tests."""
    home = tmp_path_factory.mktemp("names")
    make = "from crawlers.gender import prepare; prepare()"
    environment = os.environ | {"CRAWLERS_HOME": str(home)}
    subprocess.run([sys.executable, "-c", make], check=True, env=environment, cwd=ROOT)
    return home / "cache"


@pytest.fixture
def apify(postgres_server: Server, names: Path, tmp_path: Path) -> Iterator[NewApify]:
    """Return a function that starts an API with the fields of a world."""
    (tmp_path / "cache").symlink_to(names)
    with ExitStack() as apis:

        def start(**world: object) -> Apify:
            made = ApifyWorld(**world)  # type: ignore[arg-type]
            return apis.enter_context(api_at(postgres_server, tmp_path, made))

        yield start
