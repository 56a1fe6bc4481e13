"""Retries: how long they wait, when it is enough, and what is kept of them."""

import json
import time
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request, Spider
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from crawlers import settings as project
from crawlers.backoff import FLOOR, Backoff
from crawlers.download import CrawlClosingError
from crawlers.errors import AddressError, ConfigError, ProxyDownError, TurnLostError
from crawlers.fingerprint import TryFingerprinter
from middlewares.breaker import BreakerMiddleware
from middlewares.failures import EXPECTED, KINDS, Kind, kind_of, kind_of_status
from middlewares.giveup import GAVE_UP, GiveUpMiddleware
from middlewares.retry import HISTORY_MAX, WaitingRetryMiddleware
from middlewares.waits import Waits
from tests.fetching.conftest import Walks
from tests.fetching.site import moody_site

URL = "https://example.org/page"
AWAY = DownloadFailedError("away")


def settings_of(**changes: Any) -> Settings:
    """Return the project's settings with *changes*."""
    settings = Settings()
    settings.setmodule(project)
    settings.update(changes)
    return settings


def middleware(**changes: Any) -> WaitingRetryMiddleware:
    """Return the middleware of a crawl with the project's settings."""
    names = [name for name in dir(project) if name.startswith(("RETRY_", "BREAKER_"))]
    chosen = {name: getattr(project, name) for name in names} | changes
    crawler = get_crawler(Spider, chosen)
    crawler.spider = Spider.from_crawler(crawler, "test")
    return WaitingRetryMiddleware.from_crawler(crawler)


# --- How long ------------------------------------------------------------------------------------


@given(
    first=st.floats(0.01, 100),
    times=st.floats(1, 1000),
    failures=st.integers(0, 10_000),
)
def test_a_wait_is_drawn_between_almost_nothing_and_a_bounded_doubling(
    first: float, times: float, failures: int
) -> None:
    backoff = Backoff(first, first * times, 5)
    wait_s = backoff.draw_s(failures)
    assert first * FLOOR <= wait_s <= max(first * 2.0 ** min(failures, 32), first * FLOOR)
    assert wait_s <= backoff.longest_s


def test_the_draws_fill_the_whole_range() -> None:
    draws = [Backoff(10, 40, 5).draw_s(9) for _ in range(2000)]
    assert min(draws) < 4
    assert max(draws) > 36
    assert 18 < sum(draws) / len(draws) < 22


@pytest.mark.parametrize("row", [(0, 1, 1), (2, 1, 1), (-1, 1, 1), (1, 1, -1)])
def test_waits_that_cannot_be_meant_are_refused(row: tuple[float, float, int]) -> None:
    with pytest.raises(ValueError, match="first wait"):
        Backoff(*row)
    with pytest.raises(ConfigError, match="RETRY_WAITS"):
        Waits.from_settings(settings_of(RETRY_WAITS=project.RETRY_WAITS | {"busy": row}))


def test_every_kind_has_a_row_and_an_unknown_row_is_refused() -> None:
    assert set(project.RETRY_WAITS) == {kind.value for kind in Kind}
    for rows in ({"busy": (1, 2, None)}, project.RETRY_WAITS | {"bored": (1, 2, None)}):
        with pytest.raises(ConfigError, match="RETRY_WAITS"):
            Waits.from_settings(settings_of(RETRY_WAITS=rows))


def test_a_source_says_how_often_and_a_kind_may_say_less() -> None:
    waits = Waits.from_settings(settings_of(RETRY_TIMES=8))
    assert waits.enough(Kind.BUSY, 7, None) is None
    assert waits.enough(Kind.BUSY, 8, None) == "9 tries"
    assert waits.enough(Kind.DNS, 3, None) == "4 tries"
    assert Waits.from_settings(settings_of(RETRY_TIMES=1)).enough(Kind.DNS, 1, None) == "2 tries"


# --- What is tried again -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, Kind.BUSY),
        (503, Kind.BUSY),
        (408, Kind.TIMEOUT),
        (500, Kind.SERVER),
        (522, Kind.SERVER),
        (404, None),
        (403, None),
        (200, None),
    ],
)
def test_statuses_have_kinds(status: int, kind: Kind | None) -> None:
    assert kind_of_status(status) is kind


def test_what_can_be_tried_again_is_expected_and_a_bug_is_neither() -> None:
    assert set(KINDS) < set(EXPECTED)
    assert kind_of(TurnLostError("lost")) is Kind.TURN
    for error in (AddressError("x"), IgnoreRequest("x"), ProxyDownError("none", "x"), KeyError()):
        assert kind_of(error) is None
    assert not isinstance(KeyError(), EXPECTED)


def test_a_retry_is_no_duplicate_and_carries_its_history_as_plain_json() -> None:
    retries, request = middleware(), Request(URL, meta={"try": 2})
    fingerprinter, seen = TryFingerprinter(get_crawler()), set()
    for _ in range(3):
        seen.add(fingerprinter.fingerprint(request))
        again = retries.process_exception(request, AWAY)
        assert again is not None
        assert not again.dont_filter
        assert again.meta["not_before"] > time.time() * 1000
        request = again
    assert len(seen) == 3
    history = json.loads(json.dumps(request.meta))["history"]
    assert [what for _, what in history] == ["DownloadFailedError: away"] * 3
    assert [at for at, _ in history] == sorted(at for at, _ in history)
    assert request.meta["try"] == 2


def test_a_history_is_bounded_and_belongs_to_one_request() -> None:
    retries, first = middleware(RETRY_TIMES=99), Request(URL)
    again = retries.process_exception(first, AWAY)
    kept = list(first.meta["history"])
    for _ in range(2 * HISTORY_MAX):
        assert again is not None
        again = retries.process_exception(again, DownloadTimeoutError("x" * 5000 + "\nsecret"))
    assert again is not None
    assert len(again.meta["history"]) == HISTORY_MAX
    assert first.meta["history"] == kept
    assert all(len(what) <= 300 for _, what in again.meta["history"])
    assert "secret" not in str(again.meta["history"])


def test_the_last_failure_says_how_often_it_was_tried() -> None:
    retries, request = middleware(), Request(URL, meta={"retry_times": 5})
    assert retries.process_exception(request, AWAY) is None
    assert request.meta["gave_up"] == "DownloadFailedError: away, 6 tries"
    request = Request(URL, meta={"retry_times": 3})
    assert retries.process_exception(request, CannotResolveHostError("x")) is None
    assert request.meta["gave_up"] == "CannotResolveHostError: x, 4 tries"


@pytest.mark.parametrize("meta", [{"dont_retry": True}, {"max_retry_times": 0}])
def test_a_request_may_have_no_retries(meta: dict[str, Any]) -> None:
    assert middleware().process_exception(Request(URL, meta=meta), AWAY) is None
    response = Response(URL, 503)
    assert middleware().process_response(Request(URL, meta=meta), response) is response


def answered(retry_after: str, date: str = "") -> Request | Response:
    """Return what becomes of a 429 with these headers."""
    headers = {"Retry-After": retry_after} | ({"Date": date} if date else {})
    return middleware().process_response(Request(URL), Response(URL, 429, headers))


@pytest.mark.parametrize("as_date", [True, False])
def test_a_site_is_not_asked_before_the_time_that_it_named(as_date: bool) -> None:  # noqa: FBT001
    date = "Sat, 26 Sep 2026 10:00:00 GMT"
    late = format_datetime(parsedate_to_datetime(date).replace(minute=5), usegmt=True)
    began_ms = time.time() * 1000
    retry = answered(late, date) if as_date else answered("300")
    assert isinstance(retry, Request)
    assert retry.meta["not_before"] >= began_ms + 300_000


@pytest.mark.parametrize("text", ["601", "99999999999", "Sat, 26 Sep 2026 11:00:00 GMT"])
def test_a_wait_that_is_too_long_ends_the_request_at_once_and_says_so(text: str) -> None:
    request = Request(URL)
    headers = {"Retry-After": text, "Date": "Sat, 26 Sep 2026 10:00:00 GMT"}
    response = middleware().process_response(request, Response(URL, 429, headers))
    assert isinstance(response, Response)
    assert request.meta["gave_up"].startswith("HTTP 429: asks to wait for ")
    assert request.meta["gave_up"].endswith(" s, longer than 600 s")


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "-5",
        "",
        "1.5",
        "\xe9",
        f"Sat, {'9' * 20} Sep 2026 10:00:00 GMT",
        f"Sat, 26 Sep 2026 10:00:00 +{'9' * 18}",
    ],
)
def test_a_malformed_wait_is_none(text: str) -> None:
    assert isinstance(answered(text), Request)


# --- With the breaker ----------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "is_open"), [(429, False), (503, True)])
def test_a_429_of_a_serial_site_is_left_to_its_turns(status: int, is_open: bool) -> None:  # noqa: FBT001 - a case
    names = [name for name in dir(project) if name.startswith("BREAKER_")]
    chosen = {name: getattr(project, name) for name in names}
    crawler = get_crawler(Spider, chosen | {"SERIAL_LIMIT_KEYS": ["https://example.org:443"]})
    breaker = BreakerMiddleware.from_crawler(crawler)
    for number in range(10):
        request = Request(f"{URL}/{number}")
        if breaker.process_request(request) is None:
            breaker.process_response(request, Response(request.url, status))
    assert bool(crawler.stats.get_value("breaker/opened")) == is_open


# --- Whole crawls --------------------------------------------------------------------------------


async def test_a_download_that_was_given_up_shows_its_history_where_one_looks(
    walks: Walks,
) -> None:
    async with moody_site() as site:
        site.down_after, site.headers = 2, {"Retry-After": "1"}
        code, err = await walks.walk(site.origin, "/1", "/2", RETRY_TIMES=1)
        url = f"{site.origin}/{'2' if walks.stored == [1] else '1'}"
    assert code == 3, err
    [(at, place, error)] = walks.query("select url, place, error from quarantine")
    assert (at, place) == (url, "download")
    reason, *history = error.split("\n")
    assert reason == "HTTP 502: 2 tries"
    assert [line.partition(" ")[2] for line in history] == ["HTTP 502"] * 2
    assert f"Gave up <GET {url}>: HTTP 502: 2 tries" in err
    assert walks.stats["harvest/refused/HTTP 502"] == 1
    assert walks.query("select refused, quarantined from crawls") == [(1, 0)]


def test_a_request_that_waits_while_the_crawl_closes_is_not_refused() -> None:
    giveup = GiveUpMiddleware(get_crawler())
    assert giveup.process_exception(Request(URL), CrawlClosingError("waits")) is None
    refused = giveup.process_exception(Request(URL), AWAY)
    assert refused is not None
    assert refused.status == GAVE_UP
