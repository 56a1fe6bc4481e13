"""Products, keywords, shops and categories are named in the forms in which people have them."""

import subprocess
from pathlib import Path

import pytest

from spiders.tiktok_shop.addresses import keyword_in, product_id_in, region_in, seller_id_in
from spiders.tiktok_shop.arguments import TikTokShopArguments
from spiders.tiktok_shop.spider import TikTokShopSpider
from tests.tiktok_shop.site import TikTokShop

ID = "1729447605324124806"
SELLER = "7495278230053096070"
KNOWN = "known: us, gb, vn, th, my, id, ph, sg, mx, br, jp, de, fr, es, it, ie"


def read(**arguments: str) -> TikTokShopArguments:
    return TikTokShopArguments.model_validate(arguments)


def list_pages(found: TikTokShopArguments) -> tuple[str, ...]:
    return tuple(found.list_page(*one) for one in found.lists)


@pytest.mark.parametrize(
    ("url", "region"),
    [
        (f"https://shop.tiktok.com/view/product/{ID}?region=US&locale=en", "us"),
        (f"https://www.tiktok.com/view/product/{ID}", None),
        (f"https://www.tiktok.com/shop/pdp/square-neck/{ID}", None),
        (f"https://www.tiktok.com/shop/my/pdp/{ID}", "my"),
        (f"https://www.tiktok.com/shop/my/pdp/b%C3%ACnh/{ID}/", "my"),
        (f"https://shop.tiktok.com/vn/pdp/binh/{ID}", "vn"),
        (f"https://shop-id.tokopedia.com/pdp/botol/{ID}", "id"),
    ],
)
def test_every_form_of_a_products_address_is_read(url: str, region: str | None) -> None:
    (found,) = read(urls=f"{url}, {url}").urls
    assert found == url
    assert (product_id_in(found), region_in(found)) == (ID, region)


def test_what_tracks_and_signs_is_dropped_from_addresses() -> None:
    url = f"http://shop.tiktok.com/us/pdp/x/{ID}?source=mall&msToken=secret&region=us#top"
    assert read(urls=url).urls == (f"https://shop.tiktok.com/us/pdp/x/{ID}?region=us",)
    assert read(urls=f"tiktok.com/view/product/{ID}").urls == (
        f"https://tiktok.com/view/product/{ID}",
    )
    share = "https://vt.tiktok.com/ZSabc12/"
    assert read(urls=share).urls == (share,)


def test_addresses_in_a_file_join_those_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "urls").write_text(f"# mine\n\n https://www.tiktok.com/view/product/{ID} \n")
    one = "https://www.tiktok.com/view/product/1730196006903450541"
    found = read(urls=one, urls_file=str(tmp_path / "urls")).urls
    assert found == (one, f"https://www.tiktok.com/view/product/{ID}")


@pytest.mark.parametrize(
    ("keyword", "region", "url", "words"),
    [
        ("Bình giữ nhiệt", "vn", "vn/k/binh-giu-nhiet", "binh giu nhiet"),
        ("ĐÈN  (led) 5%", "VN", "vn/k/den-led-5", "den led 5"),
        (
            "กระเป๋า",
            "th",
            "th/k/%E0%B8%81%E0%B8%A3%E0%B8%B0%E0%B9%80%E0%B8%9B%E0%B9%8B%E0%B8%B2",
            "กระเป๋า",
        ),
        ("T-shirt men's", "us", "us/s?q=T-shirt+men%27s", "T-shirt men's"),
    ],
)
def test_a_keyword_has_a_page_of_its_own_and_in_the_us_a_search(
    keyword: str, region: str, url: str, words: str
) -> None:
    found = read(keywords=keyword, region=region).keyword_page(keyword)
    assert found == f"https://shop.tiktok.com/{url}"
    assert (keyword_in(found), region_in(found)) == (words, region.lower())


def test_the_other_address_of_the_search_is_read_too() -> None:
    found = "https://www.tiktok.com/shop/s/water%20bottle"
    assert (keyword_in(found), region_in(found)) == ("water bottle", "us")


def test_shops_and_categories_are_named_by_address_or_id() -> None:
    store = f"https://shop.tiktok.com/my/store/a-shop/{SELLER}"
    found = read(
        shops=f"{store}?x=y, {SELLER}",
        categories="https://www.tiktok.com/shop/c/bottles/600032,600032",
        region="MY",
    )
    assert list_pages(found) == (
        store,
        f"https://shop.tiktok.com/my/store/store/{SELLER}",
        "https://www.tiktok.com/shop/c/bottles/600032",
        "https://shop.tiktok.com/my/c/category/600032",
    )
    assert seller_id_in(store) == SELLER
    assert list_pages(read(categories="600032", region="id")) == (
        "https://shop-id.tokopedia.com/c/category/600032",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "nothing to do: give urls=URL,URL or keywords= or shops= or categories= or files="),
        ({"region": "us"}, "nothing to do"),
        ({"keywords": "a", "region": "xx"}, f"argument 'region': unknown region 'xx' ({KNOWN})"),
        ({"keywords": "a", "region": "usa"}, "unknown region 'usa' (known: us,"),
        ({"urls": f"https://shop.tiktok.com/xx/pdp/a/{ID}"}, "unknown region 'xx' (known: us,"),
        (
            {"urls": f"https://shop.tiktok.com/view/product/{ID}?region=QQ"},
            "unknown region 'QQ' (known: us,",
        ),
        ({"keywords": "a"}, "keywords need region="),
        ({"keywords": "(?)", "region": "vn"}, "'(?)' has no letter or digit"),
        ({"shops": SELLER}, "a store by its id needs region="),
        ({"categories": "600032"}, "a category by its id needs region="),
        ({"shops": "12", "region": "us"}, "'12' is no id of a store"),
        ({"shops": "https://shop.tiktok.com/us/c/x/600032"}, "is no store: expected an id or http"),
        ({"categories": "bottles"}, "'bottles' is no category: expected an id or https://shop.t"),
        ({"urls": "https://www.tiktok.com/view/product/123"}, "is no product page: expected http"),
        ({"urls": f"https://shop.tiktok.com.evil.test/view/product/{ID}"}, "is no product page"),
        ({"urls": f"https://evil.test/view/product/{ID}"}, "is no product page"),
        ({"urls": f"{ID}"}, "is no product page"),
        ({"urls": "https://vt.tiktok.com/a/b/c"}, "is no product page"),
        ({"urls": "https://[::1/view"}, "argument 'urls':"),
        ({"urls_file": "nowhere"}, "cannot read urls_file nowhere: No such file or directory"),
        ({"urls": f"tiktok.com/view/product/{ID}", "fetch": "curl"}, "argument 'fetch':"),
        ({"product": ID}, "unknown argument 'product' (known: origin, job, urls, urls_file, key"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(arguments: dict[str, str], said: str) -> None:
    problem = TikTokShopSpider.problem_with(arguments)
    assert problem is not None
    assert said in problem
    assert "\n" not in problem


def test_wrong_use_ends_with_code_2_before_anything_is_asked_for(no_shop: TikTokShop) -> None:
    def last_line(done: subprocess.CompletedProcess[str]) -> str:
        assert done.returncode == 2
        return done.stderr.splitlines()[-1]

    said = last_line(no_shop.crawl(keywords="lamp", region="xx"))
    assert said == f"scrapy crawl: argument 'region': unknown region 'xx' ({KNOWN})"
    said = last_line(no_shop.crawl(urls="https://www.tiktok.com/view/product/12"))
    assert said.startswith(
        "scrapy crawl: argument 'urls': 'https://www.tiktok.com/view/product/12'"
    )
    assert no_shop.query("select * from crawls") == []
