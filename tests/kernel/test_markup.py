"""Pages taken apart in one walk: what they show, what they hide."""

import pytest

from crawlers.markup import Hidden, parts_of, title_in
from spiders.duelingbook.pages import ReplayPage
from spiders.tiktok_shop.pages import ProductPage

OPEN = (
    b"<script ",
    b"<!-- ",
    b"<title ",
    b"<title>",
    b"<script>x</scrip ",
    b"<style>",
    b"<script>",
)


def test_what_is_hidden_is_told_from_what_is_shown() -> None:
    page = b"a<!-- <title>no</title> -->b<SCRIPT id=x>1 < 2</Script >c<style>d</style><p>e"
    assert parts_of(page).shown == b"abc<p>e"
    assert parts_of(page).hidden == [
        Hidden(b"", b" <title>no</title> "),
        Hidden(b" id=x", b"1 < 2"),
        Hidden(b"", b"d"),
    ]


def test_what_is_not_closed_hides_the_rest() -> None:
    assert parts_of(b"a<script>b<p>c").shown == b"a"


def test_a_title_comes_on_one_line_and_may_be_empty() -> None:
    assert title_in(b"<title lang=en>\n one \n two </title>") == b"one two"
    assert title_in(b"<title></title>") == b""
    assert title_in(b"<title>never closed") is None


@pytest.mark.parametrize("part", OPEN)
def test_a_page_that_leaves_all_open_is_read_in_one_walk(part: bytes) -> None:
    page = b"<html>" + part * 300_000
    assert ProductPage.redact(page) == b"<html>"
    assert ReplayPage.redact(page) == b"<html>"
