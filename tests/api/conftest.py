"""A server for each test that asks for one."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pydantic import SecretStr

from crawlers.config import Config
from tests.api.serving import TRIAL, Api, serving
from tests.conftest import Server


@pytest.fixture
def server(database_config: Config) -> Iterator[Api]:
    """Give an API that answers, with an empty database of its own."""
    with serving(database_config) as api:
        yield api


@pytest.fixture(scope="module")
def trial(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give an API that has the routes of `tests.api.routes`, too: one for the tests of a file."""
    name = f"test_{uuid4().hex}"
    postgres_server.execute("create database {} template migrated", name)
    url, home = SecretStr(postgres_server.of(name)), tmp_path_factory.mktemp("trial")
    with serving(Config(database_url=url, crawlers_home=home), settings=TRIAL) as api:
        yield api
    postgres_server.execute("drop database {} with (force)", name)
