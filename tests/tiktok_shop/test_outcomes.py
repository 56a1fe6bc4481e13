"""What stands in the way of a page is an outcome of its own, never an empty success."""

import pytest

from tests.tiktok_shop.conftest import NewShop

REASONS = {
    "captcha": "a captcha is in the way, 'Security Check'",
    "waf": "a guard keeps the content back",
    "region": "not available in this country or region",
    "missing": "the page says '404 Not Found'",
}


@pytest.mark.parametrize("fetch", ["http", "browser"])
def test_each_obstacle_is_told_apart_and_costs_only_its_own_page(
    new_shop: NewShop, fetch: str
) -> None:
    ways = ("captcha", "waf", "region", "region-with-data", "missing", "other", "blank")
    shop = new_shop(products=8)
    good, *odd = shop.market.goods
    shop.site.control("odd", dict(zip(odd, ways, strict=True)))
    done = shop.crawl(urls=shop.urls(), fetch=fetch)
    assert done.returncode == 3, done.stderr
    assert set(shop.column("select id from products")) == {
        good,
        odd[ways.index("region-with-data")],
    }
    counts = shop.counts
    assert counts.pop("new") > 0
    assert counts == {"blocked": 2, "refused": 2, "quarantined": 2}
    kinds = {"captcha": "blocked", "waf": "blocked", "region": "refused", "missing": "refused"}
    for way, reason in REASONS.items():
        assert f"harvest/{kinds[way]}/{reason}" in done.stderr
    errors = "\n".join(shop.column("select error from quarantine"))
    assert f"product {good} instead of {odd[ways.index('other')]}" in errors
    assert "no product, and no reason why" in errors


@pytest.mark.parametrize(
    ("way", "status"), [("captcha", "blocked"), ("waf", "blocked"), ("region", "partial")]
)
def test_a_crawl_that_met_nothing_else_says_so(new_shop: NewShop, way: str, status: str) -> None:
    shop = new_shop(products=1)
    (product,) = shop.market.goods
    shop.site.control("odd", {product: way})
    done = shop.crawl(urls=shop.urls())
    assert done.returncode == 3, done.stderr
    assert f"tiktok_shop: {status}" in done.stderr
    ((said, reason),) = shop.query("select status, reason from crawls")
    assert said == status
    assert REASONS[way] in reason
    assert [*map(len, shop.tables().values())] == [0, 0, 0, 0]


def test_lists_that_are_kept_back_are_outcomes_too(new_shop: NewShop) -> None:
    shop = new_shop(products=6, odd={"lamp": "captcha", "700000": "waf", "bottle": "missing"})
    done = shop.crawl(keywords="lamp,bottle,nothing of the kind", region="us", categories="700000")
    assert done.returncode == 3, done.stderr
    assert shop.counts == {"blocked": 2, "refused": 2}
    assert "nothing was found" in done.stderr


@pytest.mark.parametrize("fetch", ["http", "browser"])
def test_a_share_link_leads_to_its_product_and_not_to_who_shared_it(
    new_shop: NewShop, fetch: str
) -> None:
    shop = new_shop(products=3)
    shop.stores(urls="https://vt.tiktok.com/ZS2/", fetch=fetch)
    (product,) = shop.column("select id from products")
    assert product == str(shop.world.first_id + 2)
    (url,) = shop.column("select source_url from products")
    assert url.endswith(f"/view/product/{product}?region=US")
    assert b"word-of-somebody" not in shop.everything_kept()
