"""What a crawl is told: products, shops and categories in the forms in which people have them."""

from pathlib import Path

import pytest

from spiders.shopee.addresses import Listing, category_in, product_in, search_in, shop_in
from spiders.shopee.arguments import ShopeeArguments
from spiders.shopee.regions import region_in
from spiders.shopee.spider import ShopeeSpider
from tests.crawls.captured import har, save


def read(**arguments: str) -> ShopeeArguments:
    return ShopeeArguments.model_validate(arguments)


@pytest.mark.parametrize(
    "url",
    [
        "https://shopee.vn/Áo-Sơ-Mi-i.983530276.16195543153",
        "https://shopee.vn/%C3%81o-S%C6%A1-Mi-i.983530276.16195543153?sp_atk=a151635d",
        "https://shopee.co.id/product/983530276/16195543153/",
        "shopee.com.br/i.983530276.16195543153",
        "http://www.shopee.tw/A-i.1.2-i.983530276.16195543153",
        "https://sg.xiapibuy.com/x-i.983530276.16195543153",
        "https://shopee.sg/api/v4/pdp/get_pc?shop_id=983530276&item_id=16195543153",
    ],
)
def test_addresses_of_products_name_the_shop_and_then_the_product(url: str) -> None:
    (whole,) = read(urls=url).urls
    assert product_in(whole) == ("983530276", "16195543153")


def test_addresses_in_a_file_join_those_of_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "urls"
    path.write_text("# favourites\nshopee.sg/a-i.1.2\n\n shopee.sg/b-i.1.3 \n")
    found = read(urls="shopee.sg/a-i.1.2", urls_file=str(path)).urls
    assert found == ("https://shopee.sg/a-i.1.2", "https://shopee.sg/b-i.1.3")


def test_a_line_of_a_file_is_one_address_whatever_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "urls"
    path.write_text("https://shopee.sg/Kaos-(S,M)-i.1.2\nshopee.sg/b-i.1.3\n")
    assert [product_in(url) for url in read(urls_file=str(path)).urls] == [("1", "2"), ("1", "3")]


def test_a_worker_joins_a_job_by_its_arguments_without_the_file_that_they_are_from(
    tmp_path: Path,
) -> None:
    path = tmp_path / "urls"
    path.write_text("shopee.sg/a-i.1.2\n")
    plain = read(urls="shopee.sg/b-i.1.3", urls_file=str(path)).plain()
    path.unlink()
    assert ShopeeSpider.problem_with(plain) is None
    assert ShopeeArguments.model_validate(plain).plain() == plain
    assert plain == {"urls": ["https://shopee.sg/b-i.1.3", "https://shopee.sg/a-i.1.2"]}


def test_keywords_shops_categories_and_the_region_are_taken_as_people_write_them() -> None:
    found = read(
        keywords=" water  bottle,lamp,water bottle",
        shops="katholic,123,toko.kaos_2,shopee.vn/katholic?page=1,https://shopee.tw/shop/9/",
        categories="shopee.vn/Áo-cat.11035567.11035592?page=1,11035567,11.12.13",
        region="VN",
        pages="3",
    )
    assert found.keywords == ("water bottle", "lamp")
    pages = ("https://shopee.vn/katholic?page=1", "https://shopee.tw/shop/9/")
    assert found.shops == ("katholic", "123", "toko.kaos_2", *pages)
    assert [shop_in(page) for page in pages] == [(None, "katholic"), ("9", None)]
    assert [category_in(one) or one for one in found.categories] == [
        "11035567.11035592",
        "11035567",
        "11.12.13",
    ]
    assert [region_in(one) for one in found.categories] == ["vn", None, None]
    assert (found.region, found.asked, found.pages, found.fetch) == ("vn", "vn", 3, "browser")
    assert read(keywords="a").asked == "sg"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "nothing to do: give urls=URL,URL or keywords= or shops= or categories= or files="),
        ({"region": "sg"}, "nothing to do: give urls="),
        (
            {"keywords": "a", "region": "us"},
            "argument 'region': unknown region 'us' (known: sg, my",
        ),
        ({"urls": "https://shopee.us/a-i.1.2"}, "is no product page: expected https://shopee.sg/"),
        ({"urls": "https://shopee.sg.evil.test/a-i.1.2"}, "is no product page"),
        ({"urls": "https://evil.test/a-i.1.2#sg"}, "is no product page"),
        ({"urls": "https://shopee.sg/a-i.1"}, "is no product page"),
        ({"urls": "https://shopee.sg/a-i.0.2"}, "is no product page"),
        ({"urls": "https://[shopee.sg/a-i.1.2"}, "is no product page"),
        ({"urls": "https://shopee.sg/a-cat.1.2"}, "is no product page"),
        ({"shops": "two words"}, "'two words' is no shop: expected a user name, an id or https:"),
        ({"shops": "https://shopee.sg/search?keyword=a"}, "is no shop"),
        ({"shops": "https://shopee.sg/a-i.1.2"}, "is no shop"),
        ({"shops": "https://shopee.sg/a-cat.1"}, "is no shop"),
        ({"shops": "https://evil.test/katholic"}, "is no shop"),
        ({"shops": "../api"}, "is no shop"),
        ({"categories": "https://shopee.sg/a-i.1.2"}, "is no category: expected an id or https"),
        ({"categories": "shoes"}, "is no category"),
        ({"keywords": "a", "pages": "0"}, "argument 'pages': Input should be greater"),
        ({"keywords": "a", "fetch": "guess"}, "argument 'fetch': Input should be 'browser' or"),
        ({"urls_file": "nowhere"}, "cannot read urls_file nowhere: No such file or directory"),
        ({"files": "nowhere.har"}, "argument 'files': cannot read '/"),
        ({"url": "x"}, "unknown argument 'url' (known: origin, job, urls, urls_file, keywords,"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(arguments: dict[str, str], said: str) -> None:
    problem = ShopeeSpider.problem_with(arguments)
    assert problem is not None
    assert said in problem
    assert "\n" not in problem


def test_files_without_any_answer_are_a_wrong_argument(tmp_path: Path) -> None:
    other = save(tmp_path, "other.har", har(("https://shopee.sg/api/v4/account/basic", "{}")))
    broken = save(tmp_path, "broken.har", '{"log": {"entries": [{')
    lost = save(tmp_path, "lost.har", har((CALL, "{}"), status=404))
    problem = ShopeeSpider.problem_with({"files": str(other)})
    said = "a HAR without an answer of the wanted kind"
    assert problem == f"argument 'files': other.har: {said}"
    assert ShopeeSpider.problem_with({"files": str(broken)}) == (
        "argument 'files': broken.har: no whole HAR"
    )
    problem = ShopeeSpider.problem_with({"files": f"{lost},{other}"})
    assert problem is not None
    assert problem.endswith("its answer has status 404")
    good = save(tmp_path, "good.har", har((CALL, "{}")))
    blocked = save(tmp_path, "blocked.har", har((CALL, "{}"), status=403))
    for some in (f"{other},{good}", str(blocked)):
        assert ShopeeSpider.problem_with({"files": some}) is None


CALL = "https://shopee.sg/api/v4/pdp/get_pc?item_id=2&shop_id=1"


def test_a_list_is_named_by_its_page_and_by_its_call() -> None:
    listing = Listing("keyword", "teh tarik", "my", 2)
    assert listing.page == "/search?keyword=teh+tarik&page=2"
    assert search_in(listing.page) == search_in(listing.call) == ("teh tarik", 120)
    category = Listing("category", "11.12.13", "my")
    assert category_in(category.page) == "11.12.13"
    assert "match_id=13&limit=60&newest=0&" in category.call
    assert search_in(category.call) == (None, 0)
    assert shop_in("/shop/5") == ("5", None)
    assert shop_in("https://shopee.sg/toko.kaos?page=0") == (None, "toko.kaos")


def test_a_list_ends_with_its_products_and_a_shop_goes_on_in_another_sort() -> None:
    keyword = Listing("keyword", "a", "my", 7)
    assert keyword.following(complete=True, last=False) is None
    assert keyword.following(complete=False, last=True) is None
    assert keyword.following(complete=False, last=False) == keyword._replace(number=8)
    shop = Listing("shop", "5", "my")
    assert shop.following(complete=True, last=True) is None
    later = shop._replace(number=5)
    assert (later.offset, later.sort) == (60, ("ctime", "desc"))
    assert later.following(complete=False, last=False) == shop._replace(number=6)
    assert later.following(complete=False, last=True) == shop._replace(number=8)
    end = shop._replace(number=19)
    assert (end.offset, end.sort) == (180, ("price", "desc"))
    assert end.following(complete=False, last=False) is None
    assert shop._replace(number=17).following(complete=False, last=True) is None
