"""The stand-in for TikTok Shop answers as the site is described."""

import asyncio
import json
import re
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.replica import replica_process
from tests.replica.market import DAY_S, Market
from tests.replica.tiktok_shop import TikTokShopReplica, TikTokShopWorld

SHOWN = re.compile(r'id="__MODERN_ROUTER_DATA__">(.*?)</script>', re.DOTALL)


@pytest.fixture
async def site() -> AsyncIterator[TikTokShopReplica]:
    async with TikTokShopReplica(TikTokShopWorld(products=60)) as running:
        yield running


async def ask(site: TikTokShopReplica, path: str, post: bytes | None = None) -> tuple[str, str]:
    """Return the body, and the time of the answer by the site's own clock."""

    def send() -> tuple[str, str]:
        request = urllib.request.Request(f"{site.origin}{path}", post)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            return answer.read().decode(), answer.headers["Date"]

    return await asyncio.to_thread(send)


async def components(site: TikTokShopReplica, path: str) -> list[dict[str, Any]]:
    """Return the components of a page."""
    body, _ = await ask(site, path)
    (text,) = SHOWN.findall(body)
    (loaded,) = [one for one in json.loads(text)["loaderData"].values() if one]
    found: list[dict[str, Any]] = loaded["page_config"]["components_map"]
    return found


@pytest.mark.parametrize(
    "text", ['{"colour": 1}', '{"odd": {"1": "angry"}}', '{"generation": "x"}']
)
def test_a_world_that_nobody_plays_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a world has no"):
        TikTokShopWorld.from_json(text)


async def test_lists_are_as_long_as_the_sites(site: TikTokShopReplica) -> None:
    async def cards(path: str) -> int:
        return len((await components(site, path))[-1]["component_data"]["products"])

    assert await cards("/us/k/no") == 55
    assert await cards("/us/s?q=no") == 55
    assert await cards("/us/c/bottles/700000") == 8
    assert await cards(f"/us/store/a/{next(iter(site.market.shops))}") == 20
    more, _ = await ask(site, "/api/shop/brandy_desktop/s/product_list?page_token=secret-token")
    assert len(json.loads(more)["data"]["products"]) == 30
    expired, _ = await ask(site, "/api/shop/brandy_desktop/s/product_list")
    assert json.loads(expired) == {"code": 100000}


async def test_what_is_in_the_way_comes_with_status_200(site: TikTokShopReplica) -> None:
    names = list(site.market.goods)
    ways = {"captcha": "Security Check", "region": "TikTok Shop", "missing": "404 Not Found"}
    await site._control_odd(dict(zip(names, ways, strict=False)))
    for name, title in zip(names, ways.values(), strict=False):
        body, _ = await ask(site, f"/view/product/{name}")
        assert f"<title>{title}</title>" in body
    body, _ = await ask(site, "/view/product/123")
    assert "<title>404 Not Found</title>" in body
    with pytest.raises(urllib.error.HTTPError, match="404"):
        await ask(site, "/nowhere")


def test_the_clock_is_in_every_answer_and_prices_follow_it() -> None:
    world = TikTokShopWorld(products=1, changes_per_day=1)
    (good,) = Market(world).goods.values()
    with replica_process("tiktok_shop", world) as site:
        assert site.control("clock") == world.begin
        address = f"{site.origin}/view/product/{good.id}"
        for day in range(4):
            now = world.begin + day * DAY_S
            site.control("clock", now)
            with urllib.request.urlopen(address) as answer:  # noqa: S310 - loopback
                told, body = answer.headers["Date"], answer.read().decode()
            assert parsedate_to_datetime(told).timestamp() == now
            prices = set(re.findall(r'"sale_price_decimal": "([0-9.]+)"', body))
            assert prices == {f"{offer.price / 100:.2f}" for offer in good.offers(now)}
        assert good.level(now) > 1
