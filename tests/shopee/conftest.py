"""The site in a process of its own, and a place for its crawls."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.crawls.run import Crawls
from tests.replica import replica_process
from tests.replica.shopee import ShopeeWorld
from tests.shopee.site import Shopee
from tests.vlr.site import new_database

NewShopee = Callable[..., Shopee]


@pytest.fixture
def shopee(postgres_server: Server, tmp_path: Path) -> Iterator[NewShopee]:
    """Return a function that starts a site with a world, and an empty database for its crawls."""
    with ExitStack() as stack:

        def start(*, site: bool = True, **world: object) -> Shopee:
            made = ShopeeWorld(**world)  # type: ignore[arg-type]
            home = tmp_path / f"home-{len(list(tmp_path.iterdir()))}"
            home.mkdir()
            url = stack.enter_context(new_database(postgres_server))
            served = stack.enter_context(replica_process("shopee", made)) if site else None
            return Shopee(Crawls(home, {"DATABASE_URL": url}), made, served)

        yield start
