"""One API for the tests of a file."""

from collections.abc import Iterator

import pytest

from tests.accounts.team import Person
from tests.api.serving import Api, running_api
from tests.conftest import Server

SETTINGS = {"SPIDER_MODULES": "tests.jobs", "SIGN_IN_PER_ADDRESS": "100000 per minute"}


@pytest.fixture(scope="module")
def api(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Run an API whose address may try passwords as often as it likes."""
    with running_api(postgres_server, tmp_path_factory, settings=SETTINGS) as one:
        yield one


@pytest.fixture
def ada(api: Api) -> Person:
    """Give a member of the team."""
    return Person.of(api, "member")
