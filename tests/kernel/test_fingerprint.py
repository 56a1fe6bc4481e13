"""The quick way to a fingerprint ends where Scrapy's own does."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.utils.request import fingerprint

from crawlers.fingerprint import PLAIN, first

HOSTS = ["example.org", "EXAMPLE.org", "127.0.0.1:8000", "a-b.example:443", "user@example.org",
         "example.org.", "bücher.example", "[::1]:80", "example.org:", "-x.example"]  # fmt: skip
WORDS = [*"abAB019/_.-~%&=?#;+:@!,' ", "%2F", "%c3%a9", "é", "..", "//", "&&", "a=1"]
PLAIN_URL: dict[str, Any] = {
    "scheme": "https://", "host": "example.org", "method": "GET", "body": b"", "meta": {},
}  # fmt: skip
PIECES = st.lists(st.sampled_from(WORDS), max_size=10).map("".join)


@given(
    scheme=st.sampled_from(["http://", "https://", "HTTP://"]),
    host=st.sampled_from(HOSTS),
    path=PIECES,
    query=PIECES,
    method=st.sampled_from(["GET", "POST", "head"]),
    body=st.binary(max_size=5),
    meta=st.sampled_from([{}, {"verbatim_url": True}, {"verbatim_url": False}]),
)
@example(**PLAIN_URL, path="a", query="b=2&a=1&a=0")
@example(**PLAIN_URL, path="a", query="a-=1&a=2&a.=3")
@example(**PLAIN_URL, path="", query="a=")
@example(**PLAIN_URL, path="a/../b", query="")
def test_both_ways_agree(  # noqa: PLR0913 - the parts of a request
    *, scheme: str, host: str, path: str, query: str, method: str, body: bytes, meta: dict[str, Any]
) -> None:
    url = f"{scheme}{host}/{path}{'?' if query else ''}{query}"
    request = Request(url, method=method, body=body, meta=meta)
    assert first(request) == fingerprint(request)


def test_the_quick_way_is_the_usual_one() -> None:
    for url in ("https://lichess.org/api/user/a?b=2&a=1", "http://127.0.0.1:8000/list/7"):
        assert PLAIN.fullmatch(url)
