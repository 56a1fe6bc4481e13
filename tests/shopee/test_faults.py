"""A site that turns visitors away, a crawl that is killed, a site that misbehaves."""

import pytest

from tests.replica.shopee_refusals import HOW
from tests.shopee.conftest import NewShopee

BLOCKS = sorted(HOW - {"placeholder"})


@pytest.mark.parametrize("fetch", ["http", pytest.param("browser", marks=pytest.mark.slow)])
def test_every_way_to_be_turned_away_is_blocked_and_a_placeholder_is_not(
    shopee: NewShopee, fetch: str
) -> None:
    one = shopee(products=len(HOW) + 1)
    good, *others = one.market.goods
    one.site.control("odd", dict(zip(others, [*BLOCKS, "placeholder"], strict=True)))
    done = one.crawl_hastily(urls=one.urls(), fetch=fetch)
    assert done.returncode == 3, done.stderr
    assert one.stored == {good}
    counts = one.counts
    assert (counts.pop("blocked"), counts.pop("refused")) == (len(BLOCKS), 1)
    assert set(counts) == {"new"}, "nothing else, least of all an empty success"
    assert "a placeholder and no product" in done.stderr
    assert "Traceback" not in done.stderr
    one.site.control("odd", None)
    one.stores(urls=one.urls(*list(one.market.goods.values())[:3]), fetch="http")
    assert one.stored == {good, *others[:2]}


def test_where_robots_txt_forbids_to_look_a_visitor_who_is_led_away_is_blocked_too(
    shopee: NewShopee,
) -> None:
    one = shopee(products=3)
    good, *others = one.market.goods
    one.site.control("odd", dict(zip(others, ["captcha", "login"], strict=True)))
    rules = "User-agent: *\nDisallow: /buyer/\nDisallow: /verify/"
    one.site.add_fault("answer", "robots.txt", status=200, text=rules)
    done = one.crawl(urls=one.urls(), fetch="http")
    assert done.returncode == 3, done.stderr
    assert one.stored == {good}
    counts = one.counts
    del counts["new"]
    assert counts == {"blocked": 2}
    for path in ("/verify/captcha", "/buyer/login"):
        assert f"harvest/blocked/led to {path}" in done.stderr
    paths = {transfer["target"].partition("?")[0] for transfer in one.site.log}
    assert not paths & {"/verify/captcha", "/buyer/login"}


@pytest.mark.parametrize("how", ["envelope", "envelope-403", "keys", "login"])
def test_a_list_or_a_shop_that_is_blocked_is_no_empty_one(shopee: NewShopee, how: str) -> None:
    one = shopee(products=3, odd={"search": how, "shop": how})
    done = one.crawl(keywords="lamp", shops="shop_0,shop_1", categories="11000001", fetch="http")
    assert done.returncode == 3, done.stderr
    assert "shopee: blocked" in done.stderr
    assert one.counts == {"blocked": 4}
    assert sum(map(len, one.tables().values())) == 0
    ((status, reason),) = one.query("select status, reason from crawls")
    assert (status, reason.startswith("4 blocked (")) == ("blocked", True)


def test_a_browser_that_is_led_away_from_lists_is_blocked(shopee: NewShopee) -> None:
    one = shopee(products=3, odd={"search": "captcha", "shop": "envelope"})
    done = one.crawl_hastily(keywords="lamp", shops="shop_0")
    assert done.returncode == 3, done.stderr
    assert one.counts == {"blocked": 2}


def test_what_is_not_there_is_refused_and_never_an_empty_success(shopee: NewShopee) -> None:
    one = shopee(products=3)
    done = one.crawl(
        keywords="nothing of the kind", shops="nobody", fetch="http", urls="shopee.sg/product/7/8"
    )
    assert done.returncode == 1, done.stderr
    assert one.counts == {"quarantined": 1, "refused": 2}
    (error,) = one.column("select error from quarantine")
    assert "an error that is not known: 4 shop not found" in error


def test_errors_pass_and_answers_that_cannot_be_read_are_quarantined(shopee: NewShopee) -> None:
    one = shopee(products=9)
    one.site.add_fault("answer", "get_pc", skip=1, times=1, status=500)
    one.site.add_fault("cut", "get_pc", skip=2, times=1, after=900)
    one.site.add_fault("truncate", "get_pc", skip=4, times=1)
    done = one.crawl(urls=one.urls(), fetch="http")
    assert done.returncode == 3, done.stderr
    assert len(one.stored) == 8
    assert one.counts["quarantined"] == 1
    assert "empty, cut or not JSON" in one.column("select error from quarantine")[0]
    one.stores(urls=one.urls(), fetch="http")
    assert len(one.stored) == 9
