"""A callback that asks for them gets the cookies that an answer sets."""

from collections.abc import Iterator, Mapping
from typing import Any

from scrapy import Spider
from scrapy.http import Response

from crawlers.callbacks import cookies_of, reads
from crawlers.page import Page


def test_cookies_are_read_by_name_and_malformed_ones_left_out() -> None:
    headers = {
        "Set-Cookie": ["a=1; Path=/; HttpOnly", 'b="two words"', "c/d=3", "=;;", b"\xff\xfe", "e=5"]
    }
    answer = Response("https://site.example/", headers=headers)
    assert cookies_of(answer) == {"a": "1", "b": "two words", "e": "5"}
    assert cookies_of(Response("https://site.example/")) == {}


def test_only_a_callback_that_asks_gets_the_cookies() -> None:
    class Walker(Spider):
        """Two callbacks."""

        name = "walker"

        @reads(Page, cookies=True)
        def with_cookies(self, page: Page, cookies: Mapping[str, str]) -> Iterator[Any]:
            yield page.url, cookies

        @reads(Page)
        def without(self, page: Page) -> Iterator[Any]:
            yield page.url

    answer = Response("https://site.example/", headers={"Set-Cookie": "a=1"})
    assert list(Walker().with_cookies(answer)) == [("https://site.example/", {"a": "1"})]
    assert list(Walker().without(answer)) == ["https://site.example/"]
