"""A database with the tables of `tests.storage.things`, a writer on it, servers for raw pages."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from crawlers.config import Config
from crawlers.storage.database import Database
from crawlers.storage.embedded import EmbeddedPostgres, drop
from crawlers.storage.postgres import Writer
from tests.storage import stores
from tests.storage.embedding import User
from tests.storage.stores import Server
from tests.storage.things import Look


@pytest.fixture
def look(database_config: Config) -> Look:
    """Look at the database of this test."""
    return Look(database_config)


@pytest.fixture
async def database(database_config: Config) -> AsyncIterator[Database]:
    """Open the database of this test when it is needed."""
    database = Database(database_config, retry_s=30)
    yield database
    await database.close()


@pytest.fixture
async def writer(database: Database, look: Look) -> AsyncIterator[Writer]:  # noqa: ARG001 - the tables
    """Write to the database of this test."""
    async with Writer(database) as writer:
        yield writer


@pytest.fixture(scope="module")
def moto() -> Iterator[Server]:
    with stores.moto() as server:
        yield server


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with stores.rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Server], None]:
    """Point the AWS variables at a server."""

    def point(server: Server) -> None:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)

    return point


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a folder for one cluster, below a private one; leave nothing of it, and no user."""
    private = Path(tempfile.mkdtemp())
    yield private / "home"
    for user in User.started:
        user.kill()
    User.started.clear()
    drop(private / "home")
    shutil.rmtree(private)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    """Give a user of that cluster."""
    user = EmbeddedPostgres(home)
    yield user
    user.close()
