"""Crawls of saved answers: JSON, HTML and HAR, the same way as a download."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.crawls.captured import har, save
from tests.replica.market import DAY_S, facts
from tests.replica.shopee_answers import product, shop
from tests.replica.shopee_cards import card, changing
from tests.shopee.conftest import NewShopee
from tests.shopee.site import SITE, Shopee

PAGE = """<!doctype html><html><head><meta property="og:url"
content="https://shopee.vn/Ao-i.983530276.16195543153"></head><body>
<script type="application/ld+json">{"@type": "Product", "productID": "16195543153",
"offers": {"price": "149000.00", "priceCurrency": "VND"}}</script>
<div class="navbar__username">word-of-somebody</div>
<section class="product-briefing"><h1>Áo</h1><span>1 Secret Street</span></section></body></html>"""
BLOCKED = {"error": 90309999, "is_login": False, "action_type": 2}
HISTORY = (
    "select product_id, variant_id, at, price_minor, stock, availability from price_snapshots"
    " order by product_id, variant_id nulls first, at"
)
CALL = f"{SITE}/api/v4/pdp/get_pc?detail_level=0"


def answers(one: Shopee, generation: str = "new") -> list[dict[str, Any]]:
    """Return the answers about all products."""
    at = one.world.begin
    return [
        product(good, at, shop(good.shop, one.market.shops[good.shop], 3), generation)
        for good in one.market.goods.values()
    ]


def cards(one: Shopee) -> dict[str, Any]:
    """Return a list of all products."""
    goods = one.market.goods.values()
    at = one.world.begin
    items = [
        json.loads(card(good, one.market.shops[good.shop], "new") % changing(good, at))
        for good in goods
    ]
    return {"error": None, "total_count": len(items), "nomore": True, "items": items}


def test_saved_answers_are_stored_once_however_often_they_are_read(
    shopee: NewShopee, tmp_path: Path
) -> None:
    one = shopee(has_site=False, products=6)
    goods, folder = list(one.market.goods.values()), tmp_path / "saved"
    new, old = answers(one), answers(one, "old")
    save(folder, "a.json", new[0])
    save(folder, "b.json", old[1])
    save(folder, "page.html", PAGE)
    search = f"{SITE}/api/v4/search/search_items?keyword=No.&newest=60&by=relevancy&limit=60"
    about = {"error": 0, "data": shop(goods[0].shop, "Shop 0", 2)}
    save(
        folder,
        "browser.har",
        har(
            *((f"{CALL}&item_id={g.id}&shop_id={g.shop}", new[g.number]) for g in goods[2:4]),
            (f"{SITE}/api/v4/account/basic_account_info", "word-of-somebody"),
            (search, cards(one)),
            (f"{SITE}/api/v4/shop/get_shop_base?shopid={goods[0].shop}&version=1", about),
        ),
    )
    one.stores(files=folder)
    at = one.world.begin
    wanted = {good.id: facts(good, at)["price_minor"] for good in goods} | {"16195543153": 149000}
    assert dict(one.query("select id, price_minor from products")) == wanted
    places: dict[str, int] = dict(one.query("select product_id, position from product_keywords"))
    assert places == {good.id: 61 + good.number for good in goods}
    assert one.column("select followers from shops where id = %s", goods[0].shop) == [1200]
    fetched = one.column("select fetched_at::text from products where id = %s", goods[4].id)
    assert fetched[0].startswith("2026-01-02 03:04:05")
    kept = one.everything_kept()
    for private in (b"word-of-somebody", b"Secret Street", b"sign-of-somebody", b"SECRET10"):
        assert private not in kept
    tables = one.tables()
    one.stores(files=f"{folder}/*.json,{folder}/page.html,{folder / 'browser.har'}")
    assert one.tables() == tables
    assert set(one.counts) == {"unchanged"}


def test_the_oldest_answer_is_read_first_whatever_its_file_is_called(
    shopee: NewShopee, tmp_path: Path
) -> None:
    one = shopee(has_site=False, products=1, changes_per_day=1)
    (good,) = one.market.goods.values()
    about = shop(good.shop, one.market.shops[good.shop], 3)
    folder, days = tmp_path / "saved", range(40)
    for day in days:
        at = one.world.begin + day * DAY_S
        path = save(folder, f"{99 - day}.json", product(good, at, about, "old"))
        os.utime(path, (at, at))
    one.stores(files=folder)
    prices = "select price_minor from price_snapshots where variant_id is null order by at"
    wanted = [facts(good, one.world.begin + day * DAY_S)["price_minor"] for day in days]
    assert one.column(prices) == wanted


SLOW = (
    """
    create function slow() returns trigger language plpgsql as
    'begin perform pg_sleep(0.05); return new; end'
    """,
    "create trigger slow before insert on raw_pages for each row execute function slow()",
)
"""Let pages be stored so slowly that none of them is the last one before the kill."""


def test_a_crawl_of_saved_answers_that_is_killed_ends_the_second_time_with_the_same_history(
    shopee: NewShopee, tmp_path: Path
) -> None:
    whole, one = (shopee(has_site=False, products=3, changes_per_day=0.7) for _ in "12")
    folder, days = tmp_path / "saved", range(15)
    for good in whole.market.goods.values():
        about = shop(good.shop, whole.market.shops[good.shop], 3)
        for day in days:
            at = whole.world.begin + day * DAY_S
            answer = product(good, at, about, ("old", "new")[day % 2])
            path = save(folder, f"{good.number}-{99 - day}.json", answer)
            os.utime(path, (at, at))
    whole.stores(files=folder)
    for statement in SLOW:
        one.query(statement)
    with one.start(files=folder, settings={"UNFINISHED_MAX": 4}) as process:
        while one.column("select count(*) from raw_pages")[0] < 10:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    one.query("drop trigger slow on raw_pages")
    assert 0 < len(one.query(HISTORY)) < len(whole.query(HISTORY))
    one.stores(files=folder)
    assert (one.query(HISTORY), one.tables()) == (whole.query(HISTORY), whole.tables())


def test_an_answer_of_a_widget_is_never_taken_for_another_product(
    shopee: NewShopee, tmp_path: Path
) -> None:
    one = shopee(has_site=False, products=2)
    first, second = one.market.goods.values()
    url = f"{CALL}&item_id={first.id}&shop_id={first.shop}"
    done = one.crawl(files=save(tmp_path, "a.har", har((url, answers(one)[1]))))
    assert done.returncode == 1, done.stderr
    assert one.stored == set()
    (error,) = one.column("select error from quarantine")
    assert f"product {second.id} of shop {second.shop} instead of {first.id}" in error


def test_a_list_without_a_country_needs_the_argument(shopee: NewShopee, tmp_path: Path) -> None:
    one = shopee(has_site=False, products=4)
    path = save(tmp_path, "list.json", cards(one))
    done = one.crawl(files=path)
    assert done.returncode == 1, done.stderr
    assert one.counts == {"quarantined": 4}
    assert "say region=" in one.column("select error from quarantine")[0]
    one.stores(files=path, region="sg")
    assert one.stored == set(one.market.goods)


def test_of_a_har_with_a_block_before_the_answer_the_answer_counts(
    shopee: NewShopee, tmp_path: Path
) -> None:
    one = shopee(has_site=False, products=2)
    first, second = one.market.goods.values()
    url, other = (f"{CALL}&item_id={g.id}&shop_id={g.shop}" for g in (first, second))
    good, _ = answers(one)
    one.stores(files=save(tmp_path, "a.har", har((url, BLOCKED), (url, good))))
    assert one.stored == {first.id}
    done = one.crawl(files=save(tmp_path, "b.har", har((other, BLOCKED), (other, BLOCKED))))
    assert done.returncode == 3, done.stderr
    assert one.counts == {"blocked": 1}


def test_what_is_no_answer_is_an_outcome_and_costs_only_itself(
    shopee: NewShopee, tmp_path: Path
) -> None:
    one = shopee(has_site=False, products=1)
    (good,) = one.market.goods.values()
    folder, url = tmp_path / "saved", f"{CALL}&item_id=7&shop_id=8"
    save(folder, "good.json", answers(one)[0])
    form = '<div class="shopee-authen-form">word-of-somebody</div>'
    blocked = (
        BLOCKED,
        {"3": 90309999},
        form,
        har((url, BLOCKED)),
        har((url, "word-of-somebody"), status=403),
        har((url, ""), status=418),
    )
    refused = (
        {"error": 266900504, "data": None},
        har((f"{SITE}/api/v4/account/basic", "word-of-somebody")),
        har((url, "word-of-somebody"), status=404),
    )
    quarantined = ("\0\1\2", '{"item": {"word-of-somebody', {"some": "object"}, "[]", "<p>hello")
    for number, content in enumerate((*blocked, *refused, *quarantined)):
        save(folder, f"{number}.json", content)
    done = one.crawl(files=folder)
    assert done.returncode == 3, done.stderr
    assert one.stored == {good.id}
    counts = one.counts
    del counts["new"]
    assert counts == {"blocked": 6, "refused": 3, "quarantined": 5}
    assert "Traceback" not in done.stderr
    assert b"word-of-somebody" not in one.everything_kept() + done.stderr.encode()


def test_only_blocks_make_a_blocked_crawl(shopee: NewShopee, tmp_path: Path) -> None:
    one = shopee(has_site=False, products=1)
    done = one.crawl(files=save(tmp_path, "a.json", json.dumps(BLOCKED)))
    assert done.returncode == 3
    assert "shopee: blocked" in done.stderr
    assert one.query("select status, blocked from crawls") == [("blocked", 1)]


def test_bad_input_is_one_clear_line_and_code_2(shopee: NewShopee, tmp_path: Path) -> None:
    one = shopee(has_site=False, products=1)
    empty = save(tmp_path, "a.har", har((f"{SITE}/api/v4/account/basic", "{}")))
    for arguments, said in (
        ({"keywords": "a", "region": "us"}, "argument 'region': unknown region 'us' (known: sg,"),
        ({"urls": "https://shopee.sg/nothing"}, "argument 'urls': 'https://shopee.sg/nothing' is"),
        ({"files": empty}, "argument 'files': a.har: a HAR without an answer of the wanted kind"),
    ):
        done = one.crawl(**arguments)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith(f"scrapy crawl: {said}")
        assert "Traceback" not in done.stderr
    assert one.query("select * from crawls") == []
