"""Prices over time: crawls by the site's own clock add the right rows, and no others."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.replica.market import DAY_S, Good
from tests.tiktok_shop.conftest import NewShop
from tests.tiktok_shop.site import TikTokShop

QUARTER_S = DAY_S // 4
TIMES = [quarter * QUARTER_S for quarter in (0, 1, 2, 5, 6, 9, 16)]


def seen(good: Good, at: int) -> Iterator[tuple[str | None, tuple[int, int]]]:
    """Yield price and stock at that time: of the product (None), then of each variant."""
    offers = good.offers(at)
    yield None, (min(offer.price for offer in offers), sum(offer.stock for offer in offers))
    yield from ((offer.id, (offer.price, offer.stock)) for offer in offers)


def expected(shop: TikTokShop, times: list[int]) -> set[tuple[Any, ...]]:
    """Return the rows: one for what changed, and one for the first time on a day."""
    found = set()
    for good in shop.market.goods.values():
        last: dict[str | None, tuple[int, tuple[int, int]]] = {}
        for at in times:
            for variant, worth in seen(good, shop.world.begin + at):
                day = at // DAY_S
                if last.get(variant, (-1, ()))[0] < day or last[variant][1] != worth:
                    found.add((good.id, variant, at, *worth))
                last[variant] = (day, worth)
    return found


@pytest.mark.parametrize(
    ("fetch", "times"),
    [("http", TIMES), pytest.param("browser", TIMES[2:5], marks=pytest.mark.slow)],
)
def test_a_snapshot_is_added_once_a_day_and_for_each_change(
    new_shop: NewShop, fetch: str, times: list[int]
) -> None:
    shop = new_shop(products=5, changes_per_day=0.8)
    for at in times:
        shop.at(shop.world.begin + at)
        shop.stores(urls=shop.urls(), fetch=fetch)
    rows = expected(shop, times)
    assert len(rows) > len(times)
    assert len(rows) < len(times) * sum(1 + good.variants for good in shop.market.goods.values())
    assert sorted(shop.snapshots, key=str) == sorted(rows, key=str)


def test_cards_of_lists_add_to_the_history_of_products(new_shop: NewShop) -> None:
    shop = new_shop(products=3, changes_per_day=1)
    for day in range(3):
        shop.at(shop.world.begin + day * DAY_S)
        shop.stores(keywords="no", region="us")
    worth = [
        (good.id, None, day * DAY_S, min(offer.price for offer in good.offers(at)), None)
        for good in shop.market.goods.values()
        for day in range(3)
        for at in [shop.world.begin + day * DAY_S]
    ]
    assert shop.snapshots == worth
