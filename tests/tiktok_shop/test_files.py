"""Crawls of saved pages and answers, JSON, HTML and HAR: they go the same way as a download."""

import json
import os
import urllib.request
from pathlib import Path

import pytest

from tests.crawls.captured import har
from tests.replica.market import DAY_S, facts
from tests.replica.tiktok_pages import REVIEWER, VISITOR
from tests.tiktok_shop.conftest import NewShop
from tests.tiktok_shop.site import TikTokShop, address

CALL = "/api/shop/brandy_desktop/s/product_list?page_token="
SIGNED = "&msToken=word-of-somebody&X-Bogus=word-of-somebody"


def answer(shop: TikTokShop, target: str, post: bytes | None = None) -> str:
    """Return what the site answers, as a browser would save it."""
    request = urllib.request.Request(shop.site.origin + target, post)  # noqa: S310 - loopback
    with urllib.request.urlopen(request) as response:  # noqa: S310 - the same
        text: str = response.read().decode()
    return text


def save(folder: Path, name: str, text: str) -> Path:
    """Write *text* to a file."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("generation", ["old", "new", "mix"])
def test_saved_pages_give_the_same_rows_as_the_site(
    new_shop: NewShop, tmp_path: Path, generation: str
) -> None:
    live, shop = (new_shop(products=8, generation=generation) for _ in "12")
    live.stores(urls=live.urls(), keywords="no", region="us")
    ids = list(shop.market.goods)
    pages = {one: answer(shop, f"/us/pdp/a-name/{one}") for one in ids}
    direct = answer(shop, f"/us/pdp/x/{ids[1]}?__loader=x&__ssrDirect=true")
    folder = tmp_path / "saved"
    save(folder, "page.html", pages[ids[0]])
    save(folder, "direct.json", direct)
    save(folder, "router.json", json.dumps({"loaderData": {"any": json.loads(direct)}}))
    components = json.loads(direct)["page_config"]["components_map"]
    save(folder, "component.json", json.dumps(components[-1]))
    save(folder, "components.json", json.dumps(components))
    answers = [(f"https://shop.tiktok.com/us/pdp/x/{one}?a=b{SIGNED}", pages[one]) for one in ids]
    answers.append(("https://shop.tiktok.com/us/s?q=no&enter_from=x", answer(shop, "/us/s?q=no")))
    answers.append(("https://www.tiktok.com/api/user/detail", "word-of-somebody"))
    save(folder, "browser.har", har(*answers))
    shop.site.control("odd", dict.fromkeys([*ids, "no"], "captcha"))
    shop.stores(files=folder, origin="https://shop.tiktok.com", settings={})
    assert shop.tables() == live.tables()
    kept = shop.everything_kept()
    for secret in (b"word-of-somebody", REVIEWER.encode(), VISITOR.encode()):
        assert secret not in kept
    snapshots = shop.snapshots
    assert {row[2] for row in snapshots} >= {24 * 3600 + 3 * 3600 + 4 * 60 + 5}
    shop.stores(files=folder, origin="https://shop.tiktok.com", settings={})
    assert (shop.tables(), shop.snapshots) == (live.tables(), snapshots)


def test_the_calls_for_more_of_a_list_are_read(new_shop: NewShop, tmp_path: Path) -> None:
    shop = new_shop(products=40)
    more = answer(shop, f"{CALL}secret-token", b"{}")
    path = save(
        tmp_path, "a.har", har((f"https://shop.tiktok.com{CALL}secret-token{SIGNED}", more))
    )
    shop.stores(files=f"{path},{save(tmp_path, 'more.json', more)}", origin="https://x.test")
    assert shop.column("select id from products order by id") == list(shop.market.goods)[:30]
    assert set(shop.column("select region from products")) == {"us"}
    assert shop.table("product_keywords") == []
    for secret in (b"word-of-somebody", b"page_token=secret"):
        assert secret not in shop.everything_kept()


def test_the_oldest_page_is_read_first_whatever_its_file_is_called(
    new_shop: NewShop, tmp_path: Path
) -> None:
    shop = new_shop(products=1, changes_per_day=1)
    (good,) = shop.market.goods.values()
    folder, days = tmp_path / "saved", range(40)
    for day in days:
        at = shop.world.begin + day * DAY_S
        shop.at(at)
        path = save(folder, f"{99 - day}.html", answer(shop, f"/us/pdp/a-name/{good.id}"))
        os.utime(path, (at, at))
    shop.stores(files=folder, origin="https://shop.tiktok.com", settings={})
    prices = "select price_minor from price_snapshots where variant_id is null order by at"
    wanted = [facts(good, shop.world.begin + day * DAY_S)["price_minor"] for day in days]
    assert shop.column(prices) == wanted


def test_an_expired_token_is_no_empty_success(new_shop: NewShop, tmp_path: Path) -> None:
    shop = new_shop(products=1)
    expired = answer(shop, f"{CALL}old", b"{}")
    assert json.loads(expired) == {"code": 100000}
    for path in (
        save(tmp_path, "a.json", expired),
        save(tmp_path, "a.har", har((f"https://shop.tiktok.com{CALL}old", expired))),
    ):
        done = shop.crawl(files=path)
        assert done.returncode == 3, done.stderr
        assert shop.counts == {"refused": 1}
        assert "the token of this call has expired (code 100000)" in done.stderr


def test_of_a_har_with_a_captcha_before_the_page_the_page_counts(
    new_shop: NewShop, tmp_path: Path
) -> None:
    shop = new_shop(products=2)
    one, two = shop.market.goods
    captcha = "<title>Security Check</title>"
    good = answer(shop, f"/view/product/{one}")
    path = save(tmp_path, "a.har", har((address(one), captcha), (address(one), good)))
    shop.stores(files=path)
    assert shop.column("select id from products") == [one]
    path = save(tmp_path, "b.har", har((address(two), captcha), (address(two), captcha)))
    done = shop.crawl(files=path)
    assert done.returncode == 3, done.stderr
    assert shop.counts == {"blocked": 1}


def test_what_is_no_page_is_an_outcome_and_costs_only_itself(
    new_shop: NewShop, tmp_path: Path
) -> None:
    shop = new_shop(products=1)
    (product,) = shop.market.goods
    folder = tmp_path / "saved"
    save(folder, "good.html", answer(shop, f"/view/product/{product}"))
    blocked = ("<title>Security Check</title>",)
    quarantined = ('{"loaderData": [', "\0\1\2", "[1]", "{}", "<html>hello", "null")
    refused = (
        "",
        '{"log": {"entries": [{"cookies": "word-of-somebody"',
        har(("https://www.tiktok.com/api/user/detail", "word-of-somebody")),
        "<title>404 Not Found</title>",
        "<html><p>Product not available in this\n country or region",
    )
    for number, text in enumerate((*blocked, *quarantined, *refused)):
        save(folder, f"{number}.json", text)
    done = shop.crawl(files=folder)
    assert done.returncode == 3, done.stderr
    assert shop.column("select id from products") == [product]
    counts = shop.counts
    assert counts.pop("new") > 0
    assert counts == {"blocked": 1, "quarantined": 6, "refused": 5}
    assert "Traceback" not in done.stderr
    assert b"word-of-somebody" not in shop.everything_kept() + done.stderr.encode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "a HAR without bodies: save it with content"),
        (har(("https://site.test/", "x")), "a HAR without an answer of the wanted kind"),
        ('{"log": {"entries": [{', "no whole HAR"),
    ],
)
def test_a_har_without_payloads_is_wrong_use_in_one_line(
    no_shop: TikTokShop, tmp_path: Path, text: str | None, why: str
) -> None:
    bare = json.loads(har((address("1729000000000000001"), "")))
    del bare["log"]["entries"][0]["response"]["content"]["text"]
    path = save(tmp_path, "a.har", text or json.dumps(bare))
    done = no_shop.crawl(files=path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"scrapy crawl: argument 'files': a.har: {why}"
    assert no_shop.query("select * from crawls") == []
