"""Requests as JSON: nothing is lost, nothing but plain data goes, nothing else comes back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import FormRequest, Request, Spider
from scrapy.http import JsonRequest, Response

from crawlers.errors import WireError
from crawlers.wire import dumps, loads

URL = "https://example.org/a?b=1"


class Pages(Spider):
    """A spider with callbacks, and with what looks like some."""

    name = "pages"
    parse_number = 7
    parse_class = Response

    def parse_page(self, response: Response) -> None:
        """Be a callback."""

    def failed_page(self, failure: Any) -> None:
        """Be an errback."""

    def hidden(self, response: Response) -> None:
        """Be none, by name."""


SPIDER = Pages()
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = TEXT.filter(lambda key: not key.startswith("_"))
TOKEN = st.text("abcXYZ-", min_size=1, max_size=6)
REQUESTS = st.builds(
    Request,
    st.sampled_from([URL, "http://127.0.0.1:8000/", "https://xn--bcher-kva.example/%C3%A9"]),
    st.sampled_from([None, SPIDER.parse_page]),
    st.sampled_from(["GET", "POST", "HEAD"]),
    st.dictionaries(TOKEN, st.lists(st.text("az09 é;", max_size=5), max_size=2), max_size=3),
    st.binary(max_size=12),
    st.none(),
    st.dictionaries(KEYS, JSON, max_size=4),
    st.just("latin-1"),
    st.integers(-1000, 1000),
    st.booleans(),
    st.sampled_from([None, SPIDER.failed_page]),
    st.lists(TEXT, max_size=2),
    st.dictionaries(KEYS, JSON, max_size=3),
)


@given(REQUESTS)
def test_the_wire_loses_nothing(request_: Request) -> None:
    there = loads(dumps(request_, SPIDER), SPIDER)
    assert there.to_dict(spider=SPIDER) == request_.to_dict(spider=SPIDER)
    assert type(there) is Request


@pytest.mark.parametrize(
    "request_",
    [
        FormRequest(URL, formdata={"a": "1", "b": "é"}, callback=SPIDER.parse_page),
        JsonRequest(URL, data={"a": [1, None]}),
    ],
    ids=["form", "json"],
)
def test_what_helps_to_build_a_request_is_a_plain_one_by_then(request_: Request) -> None:
    there = loads(dumps(request_, SPIDER), SPIDER)
    assert type(there) is Request
    same = ("url", "method", "body", "headers", "callback")
    assert [getattr(there, name) for name in same] == [getattr(request_, name) for name in same]


def test_what_belongs_to_the_process_stays_there() -> None:
    there = loads(dumps(Request(URL, meta={"_lease": "x", "page": 2}), SPIDER), SPIDER)
    assert there.meta == {"page": 2}


class OwnRequest(Request):
    """A class of somebody's own."""


NOT_PLAIN: dict[str, Request] = {
    "tuple": Request(URL, meta={"a": (1, 2)}),
    "set": Request(URL, cb_kwargs={"a": {1}}),
    "bytes": Request(URL, meta={"a": b"x"}),
    "number as a key": Request(URL, meta={"a": {1: 2}}),
    "number as a key of meta": Request(URL, meta={1: 2}),  # type: ignore[dict-item]  # as bugs do
    "object": Request(URL, meta={"a": SPIDER}),
    "nan": Request(URL, meta={"a": float("nan")}),
    "infinity": Request(URL, cb_kwargs={"a": [float("inf")]}),
    "surrogate": Request(URL, meta={"a": "\ud800"}),
    "function": Request(URL, print),
    "method of another spider": Request(URL, Pages().parse_page),
    "hidden method": Request(URL, SPIDER.hidden),
    "own class": OwnRequest(URL),
    "file": Request("file:///etc/passwd"),
    "data": Request("data:,x"),
}


@pytest.mark.parametrize("request_", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_would_not_come_back_as_it_is_does_not_go(request_: Request) -> None:
    with pytest.raises(WireError):
        dumps(request_, SPIDER)


HOSTILE: dict[str, Any] = {
    "class": {"url": URL, "_class": "os.system"},
    "callback hidden": {"url": URL, "callback": "hidden"},
    "callback of Scrapy": {"url": URL, "callback": "close"},
    "callback dunder": {"url": URL, "callback": "__init__"},
    "callback path": {"url": URL, "callback": "parse_page.__globals__"},
    "callback number": {"url": URL, "callback": "parse_number"},
    "callback class": {"url": URL, "callback": "parse_class"},
    "callback list": {"url": URL, "callback": ["parse_page"]},
    "errback": {"url": URL, "errback": "from_crawler"},
    "file": {"url": "file:///etc/passwd"},
    "no url": {"callback": "parse_page"},
    "no host": {"url": "http:///x"},
    "port": {"url": "http://example.org:99999999/"},
    "body": {"url": URL, "body": "\u0416"},
    "encoding": {"url": URL, "encoding": "none such"},
    "method": {"url": URL, "method": "GET / HTTP/1.1\r\nX: y"},
    "priority": {"url": URL, "priority": "1"},
    "meta": {"url": URL, "meta": {"_lease": "x"}},
    "meta list": {"url": URL, "meta": []},
    "list": [URL],
    "null": None,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_what_nobody_here_has_written_is_refused(value: Any) -> None:
    with pytest.raises(WireError) as caught:
        loads(json.dumps(value).encode(), SPIDER)
    assert len(str(caught.value)) < 300


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_garbage_is_refused_and_ends_in_no_other_error(payload: bytes) -> None:
    with pytest.raises(WireError):
        loads(payload, SPIDER)


@given(REQUESTS, st.data())
def test_a_damaged_request_is_a_request_or_refused(request_: Request, data: st.DataObject) -> None:
    payload = bytearray(dumps(request_, SPIDER))
    payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        there = loads(bytes(payload), SPIDER)
    except WireError:
        return
    assert type(there) is Request
    assert there.url.startswith(("http://", "https://"))
