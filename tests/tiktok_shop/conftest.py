"""Sites, each in a process of its own, and places for their crawls."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.replica import replica_process
from tests.replica.tiktok_shop import TikTokShopWorld
from tests.tiktok_shop.site import TikTokShop, shop_at

NewShop = Callable[..., TikTokShop]


@pytest.fixture
def new_shop(postgres_server: Server, tmp_path: Path) -> Iterator[NewShop]:
    """Return a function that starts a site with a world, beside an empty database of its own."""
    with ExitStack() as stack:
        numbers = iter(range(100))

        def start(**world: object) -> TikTokShop:
            made = TikTokShopWorld(**world)  # type: ignore[arg-type]
            site = stack.enter_context(replica_process("tiktok_shop", made))
            home = tmp_path / f"home-{next(numbers)}"
            return stack.enter_context(shop_at(site, made, postgres_server, home))

        yield start


@pytest.fixture
def no_shop(postgres_server: Server, tmp_path: Path) -> Iterator[TikTokShop]:
    """Return crawls that read saved files only: there is no site."""
    with shop_at(None, TikTokShopWorld(), postgres_server, tmp_path / "home") as found:
        yield found
