"""How the end of a crawl is judged."""

from typing import Any

import pytest

from crawlers.verdict import Exit, verdict

STORED = {"storage/new": 3}


@pytest.mark.parametrize(
    ("stats", "finish_reason", "status", "code"),
    [
        (STORED, "finished", "completed", Exit.COMPLETED),
        ({"storage/unchanged": 1}, "finished", "completed", Exit.COMPLETED),
        (STORED, "closespider_itemcount", "completed", Exit.COMPLETED),
        ({}, "finished", "failed", Exit.FAILED),
        ({"harvest/blocked": 2}, "finished", "blocked", Exit.PARTIAL),
        (STORED | {"harvest/blocked": 2}, "finished", "partial", Exit.PARTIAL),
        (STORED | {"harvest/refused": 1}, "finished", "partial", Exit.PARTIAL),
        (STORED | {"storage/quarantined": 1}, "finished", "partial", Exit.PARTIAL),
        (STORED | {"storage/failed": 1}, "finished", "partial", Exit.PARTIAL),
        (STORED, "closespider_pagecount", "completed", Exit.COMPLETED),
        (STORED, "closespider_timeout", "partial", Exit.PARTIAL),
        (STORED, "closespider_timeout_no_item", "partial", Exit.PARTIAL),
        (STORED, "closespider_errorcount", "partial", Exit.PARTIAL),
        (STORED, "shutdown", "interrupted", Exit.PARTIAL),
        (STORED, None, "interrupted", Exit.PARTIAL),
        (STORED, "start_error", "failed", Exit.FAILED),
        (STORED | {"stop_reason": "disk full"}, "storage_failed", "failed", Exit.FAILED),
        (STORED | {"spider_exceptions/count": 1}, "finished", "failed", Exit.FAILED),
    ],
)
def test_a_crawl_is_judged_by_what_it_stored(
    stats: dict[str, Any], finish_reason: str | None, status: str, code: Exit
) -> None:
    end = verdict(stats, finish_reason, expects=1)
    assert (end.status, end.exit_code) == (status, code)


def test_the_reason_says_what_was_lost() -> None:
    stats = STORED | {"harvest/refused": 1, "storage/quarantined": 2}
    assert verdict(stats, "finished", 1).reason == "1 refused, 2 quarantined"


def test_the_reason_names_why_the_site_refused() -> None:
    stats = {"harvest/refused": 3, "harvest/refused/HTTP 401": 2, "harvest/refused/HTTP 404": 1}
    assert verdict(stats, "finished", 1).reason == "3 refused (HTTP 401, HTTP 404)"


def test_the_reason_names_what_blocked_the_crawl() -> None:
    stats = {"harvest/blocked": 2, "harvest/blocked/a captcha is in the way": 2}
    end = verdict(stats, "finished", 0)
    assert (end.status, end.reason) == ("blocked", "2 blocked (a captcha is in the way)")
