"""HtmlPage: strict selection, browser-like repair, strict decoding."""

import gc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import SelectolaxError

from crawlers.errors import PageError
from crawlers.html import LEFT_OPEN_MAX, HtmlPage, Node, decoded
from crawlers.page import Page

URL = "https://shop.example/list"


def page(html: str | bytes) -> HtmlPage:
    return HtmlPage(URL, html if isinstance(html, bytes) else html.encode())


def names(nodes: list[Node]) -> list[str | None]:
    return [node.attributes.get("id") for node in nodes]


def test_one_returns_the_only_match() -> None:
    shop = page("<p class=price> 1 </p><p>2")
    assert shop.text(shop.one("p.price")) == "1"


@pytest.mark.parametrize(("html", "count"), [("<b>1</b>", 0), ("<p>1<p>2", 2)])
def test_one_names_address_selector_and_count(html: str, count: int) -> None:
    with pytest.raises(PageError, match=f"{URL}: expected one 'p', found {count}"):
        page(html).one("p")


def test_an_error_inside_an_element_names_the_element() -> None:
    shop = page('<li class="card new" id=c1><b>1</b></li>')
    with pytest.raises(PageError, match='in <li id="c1" class="card new">, found 0'):
        shop.one("i", shop.one("li"))


def test_maybe_returns_none_for_no_match_and_raises_for_two() -> None:
    shop = page("<p>1<p>2<b>3</b>")
    assert shop.maybe("i") is None
    assert shop.maybe("b") is not None
    with pytest.raises(PageError, match="found 2"):
        shop.maybe("p")


def test_a_node_is_never_found_within_itself() -> None:
    shop = page("<div id=a><div id=b></div></div>")
    outer = shop.one("#a")
    assert names(shop.all("div", outer)) == ["b"]
    assert shop.all("div", shop.one("#b")) == []


def test_a_node_that_fits_two_alternatives_is_found_once_in_document_order() -> None:
    shop = page("<p id=a class=x><b id=b></b><p id=c>")
    assert names(shop.all("b, .x, p")) == ["a", "b", "c"]
    assert names([shop.one("b, #b")]) == ["b"]


def test_a_wrong_selector_is_a_bug_and_not_a_broken_page() -> None:
    with pytest.raises(SelectolaxError):
        page("<p>").all("p[")


def test_text_joins_nested_elements_and_white_space() -> None:
    shop = page("<p>\n  1\u00a0<b>2</b>3\t<i> 4 </i></p>")
    assert shop.text(shop.one("p")) == "1 23 4"


def test_an_attribute_is_returned_as_written_and_a_missing_one_raises() -> None:
    shop = page('<a href=" /x?a=1&amp;b=2 " download>')
    link = shop.one("a")
    assert shop.attribute(link, "href") == " /x?a=1&b=2 "
    assert shop.attribute(link, "download") == ""
    with pytest.raises(PageError, match="<a> has no attribute 'rel'"):
        shop.attribute(link, "rel")


@pytest.mark.parametrize(
    ("html", "css", "texts"),
    [
        ("<ul><li>1<li>2<li>3", "ul > li", ["1", "2", "3"]),
        ("<table><tr><td>1<td>2<tr><td>3", "table > tbody > tr > td", ["1", "2", "3"]),
        ("<p>1<div>2</div>3", "p", ["1"]),
        ("<b>1<p>2</b>3", "p > b", ["2"]),
        ("<a href=1>1<a href=2>2", "a", ["1", "2"]),
        ("<div class='x' class='y'>1</div>", ".x", ["1"]),
        ("<p>1 < 2 & 3 &eacute;&#128;", "p", ["1 < 2 & 3 é€"]),
        ("<script>'<p>0</p>'</script><p>1", "p", ["1"]),
        ("<p>1<!-- <p>0</p> --><!-->", "p", ["1"]),
        ("1</p>2", "p", [""]),
    ],
)
def test_broken_markup_is_repaired_as_browsers_do(html: str, css: str, texts: list[str]) -> None:
    shop = page(html)
    assert [shop.text(node) for node in shop.all(css)] == texts


def test_a_node_outlives_its_page() -> None:
    node = page("<p>1").one("p")
    gc.collect()
    assert node.text() == "1"


def test_nesting_without_end_is_refused_before_it_costs_minutes() -> None:
    with pytest.raises(PageError, match="left open"):
        page("<div>" * (LEFT_OPEN_MAX + 1)).all("p")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("é€".encode(), "é€"),
        ("<meta charset=utf-8>é".encode(), "<meta charset=utf-8>é"),
        (b'<meta charset="ISO-8859-1">\xe9\x80', '<meta charset="ISO-8859-1">é€'),
        ('<meta charset="Shift_JIS">遊'.encode("shift_jis"), '<meta charset="Shift_JIS">遊'),
        (
            b'<meta http-equiv=x content="text/html; charset=windows-1251">\xc0',
            '<meta http-equiv=x content="text/html; charset=windows-1251">А',  # noqa: RUF001 - the Cyrillic letter is the point
        ),
        (b"\xef\xbb\xbf<meta charset=cp1252>\xc3\xa9", "<meta charset=cp1252>é"),
        (b"\xff\xfe\xe9\x00", "é"),
        ("<meta charset=utf-16>é".encode(), "<meta charset=utf-16>é"),
    ],
)
def test_the_body_is_decoded_by_its_own_declaration(body: bytes, text: str) -> None:
    assert decoded(URL, body) == text


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\xed\xa0\x80",
        b"<meta charset=utf-8>\xe9",
        b"<meta charset=no-such>x",
        b"<meta charset=base64>x",
        b"\xff\xfe\xe9",
        b"<meta charset=shift_jis>\xff",
    ],
)
def test_wrong_bytes_and_unknown_charsets_are_errors_of_the_page(body: bytes) -> None:
    with pytest.raises(PageError, match="the body is not"):
        page(body).one("p")


@given(st.binary(max_size=300))
def test_any_bytes_give_a_tree_or_an_error_of_the_page(body: bytes) -> None:
    with suppress(PageError):
        assert page(body).one("html").tag == "html"


def test_a_base_page_of_the_kernel_is_no_page_of_a_source() -> None:
    assert HtmlPage not in Page.registry.values()
