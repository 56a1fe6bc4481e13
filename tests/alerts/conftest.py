"""A database for each test, one for the examples of a file, and those whom alerts reach."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from crawlers.config import Config
from tests.alerts.desk import Desk
from tests.alerts.receivers import Mailbox, Webhook
from tests.conftest import Server
from tests.crawls.run import Crawls


@pytest.fixture
def desk(database_config: Config) -> Iterator[Desk]:
    """Set rules in the database of this test, and look what they have left."""
    with Desk(database_config.model_copy(update={"crawlers_test": True})) as one:
        yield one


@pytest.fixture(scope="module")
def examples(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Give one database for all examples of a file."""
    name = f"test_{uuid4().hex}"
    postgres_server.execute("create database {} template migrated", name)
    url = SecretStr(postgres_server.of(name))
    with Desk(Config(database_url=url, crawlers_home=tmp_path_factory.mktemp("examples"))) as one:
        yield one
    postgres_server.execute("drop database {} with (force)", name)


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    """Run a receiver of webhooks for the tests of a file."""
    with Webhook() as one:
        yield one


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """Run a mail server for the tests of a file."""
    with Mailbox() as one:
        yield one


@pytest.fixture
def user(tmp_path: Path, database_config: Config) -> Crawls:
    """Return where this test's processes keep their data."""
    assert database_config.database_url is not None
    return Crawls(tmp_path, {"DATABASE_URL": database_config.database_url.get_secret_value()})
