"""A server for each test that asks for one."""

from collections.abc import Iterator

import pytest

from crawlers.config import Config
from tests.api.serving import TRIAL, Api, running_api, serving
from tests.conftest import Server


@pytest.fixture
def server(database_config: Config) -> Iterator[Api]:
    """Give an API that answers, with an empty database of its own."""
    with serving(database_config) as api:
        yield api


@pytest.fixture(scope="module")
def trial(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give an API that has the routes of `tests.api.routes`, too: one for the tests of a file."""
    with running_api(postgres_server, tmp_path_factory, settings=TRIAL) as api:
        yield api


@pytest.fixture(scope="module")
def running(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Run an API of the source `errand` for the tests of this file."""
    with running_api(
        postgres_server, tmp_path_factory, settings={"SPIDER_MODULES": "tests.jobs"}
    ) as one:
        yield one


@pytest.fixture
def api(running: Api) -> Api:
    """Give the API, without any job or row."""
    running.execute("truncate jobs, job_units, job_results, chess_rating_points cascade")
    return running
