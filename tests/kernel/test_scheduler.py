"""The in-process scheduler's own promises; whole crawls are in tests/crawls."""

import inspect

from scrapy.core.engine import _Slot
from scrapy.http import Request
from scrapy.utils.test import get_crawler

from crawlers.fingerprint import TryFingerprinter


def test_scrapys_private_hook_is_where_we_expect_it() -> None:
    assert list(inspect.signature(_Slot.remove_request).parameters) == ["self", "request"]


def test_tries_of_one_request_differ_and_the_first_is_scrapys_own() -> None:
    fingerprinter = TryFingerprinter(get_crawler())
    first = fingerprinter.fingerprint(Request("https://example.org/?b=1&a=2"))
    same = fingerprinter.fingerprint(Request("https://example.org/?a=2&b=1"))
    second = fingerprinter.fingerprint(Request("https://example.org/?a=2&b=1", meta={"try": 1}))
    third = fingerprinter.fingerprint(Request("https://example.org/?a=2&b=1", meta={"try": 2}))
    assert first == same
    assert len({first, second, third}) == 3
    assert {len(first), len(second)} == {20}
