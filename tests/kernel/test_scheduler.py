"""The in-process scheduler's own promises; whole crawls are in tests/crawls."""

import inspect

from scrapy.core.engine import _Slot
from scrapy.http import Request
from scrapy.utils.request import fingerprint
from scrapy.utils.test import get_crawler

from crawlers.fingerprint import TryFingerprinter


def test_scrapys_private_hook_is_where_we_expect_it() -> None:
    assert list(inspect.signature(_Slot.remove_request).parameters) == ["self", "request"]


def test_tries_of_one_request_differ_and_the_first_is_scrapys_own() -> None:
    fingerprinter = TryFingerprinter(get_crawler())
    first = fingerprinter.fingerprint(Request("https://example.org/?b=1&a=2"))
    metas: list[dict[str, int]] = [
        {},
        {"try": 1},
        {"try": 2},
        {"retry_times": 1},
        {"retry_times": 2},
        {"try": 1, "retry_times": 1},
        {"try": 1, "retry_times": 2},
        {"try": 2, "retry_times": 1},
    ]
    prints = [
        fingerprinter.fingerprint(Request("https://example.org/?a=2&b=1", meta=meta))
        for meta in metas
    ]
    assert first == prints[0] == fingerprint(Request("https://example.org/?a=2&b=1"))
    assert len(set(prints)) == len(metas)
    assert {len(one) for one in prints} == {20}
