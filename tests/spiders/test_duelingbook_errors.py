"""Answers of DuelingBook that are no replay, or a damaged one."""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.errors import (
    BlockedError,
    CrawlersError,
    LoginError,
    MissingError,
    NotReadyError,
    PageError,
    UpstreamError,
)
from spiders.duelingbook.pages import ReplayPage, ReplayWithChatPage
from tests.spiders.duelingbook import URL, data_of, redacted


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Missing token", BlockedError),
        ("Invalid Token", BlockedError),
        ("Come back with a crown", BlockedError),
        ("You must be logged in to view this replay", LoginError),
        ("Replay does not exist", MissingError),
        ("Invalid link, check it", MissingError),
        ("Duel is still in progress. Please wait", NotReadyError),
        ("Failed to read replay data", UpstreamError),
    ],
)
def test_each_error_of_the_site_is_an_outcome_of_its_own(
    message: str, error: type[PageError]
) -> None:
    body = redacted({"action": "Error", "message": message})
    with pytest.raises(error, match=message[:12]) as raised:
        list(ReplayPage(URL, body).items())
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("html", "error"),
    [
        (b"<html><body>Duel is still in progress. Wait", NotReadyError),
        (b"<p>Invalid link to a replay", MissingError),
        (b"<title>Just a moment...</title>", BlockedError),
        (b"<title>Duelingbook</title><canvas>", UpstreamError),
    ],
)
def test_html_instead_of_an_answer_says_why(html: bytes, error: type[PageError]) -> None:
    with pytest.raises(error) as raised:
        list(ReplayPage(URL, ReplayPage.redact(html)).items())
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"action": "Load replays", "duels": []}, "the answer to 'Load replays'"),
        ({"duels": []}, "neither a replay nor an error"),
        ([], "not an object"),
        ("", "not an object"),
        ({"plays": []}, "KeyError: 'id'"),
        ({"plays": [], "id": 7}, "a replay without plays"),
        ({"plays": [{"play": "RPS"}], "id": 8}, "replay 8 instead of 7"),
        ({"plays": ["RPS"], "id": 7, "format": "er"}, "TypeError"),
    ],
)
def test_what_is_no_replay_is_refused(data: Any, problem: str) -> None:
    with pytest.raises(PageError, match=problem) as raised:
        list(ReplayPage(URL, redacted(data)).items())
    assert not isinstance(raised.value, BlockedError | MissingError)


DAMAGE: tuple[Any, ...] = (None, 0, -1, "", "x", [], {}, [[]], [{}], True, 2**70, {"play": "RPS"})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value inside of *value*."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        yield (*path, key)
        if isinstance(one, dict | list):
            yield from places(one, (*path, key))


PLACES = list(places(data_of()))


@pytest.mark.parametrize("page_class", [ReplayPage, ReplayWithChatPage])
@given(st.sampled_from(PLACES), st.sampled_from(DAMAGE))
def test_any_value_in_the_place_of_another_gives_rows_or_an_error_of_ours(
    page_class: type[ReplayPage], path: tuple[Any, ...], junk: Any
) -> None:
    data = json.loads(json.dumps(data_of()))
    *way, last = path
    reduce(getitem, way, data)[last] = junk
    body = page_class.redact(json.dumps(data).encode())
    assert page_class.redact(body) == body
    with suppress(CrawlersError):
        assert list(page_class(URL, body).items())
