"""Values as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.web import words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "\N{EN DASH}"),
        (True, "yes"),
        (1234567, "1234567"),
        (1.50, "1.5"),
        (Decimal("0.30"), "0.3"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02 03:04"),
        ((1, None, "a"), "1, \N{EN DASH}, a"),
        ([], "\N{EN DASH}"),
        ({"a": [1]}, '{"a":[1]}'),
        ("x" * 500, f"{'x' * 159}\N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_every_value_has_a_short_line(value: Any, shown: str) -> None:
    assert words.cell(value) == shown


@pytest.mark.parametrize(
    ("url", "is_led_to"),
    [
        ("https://site.example/a", True),
        ("HTTP://site.example", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//site.example", False),
        ("/local", False),
        ("http://[broken", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_are_links(url: str | None, *, is_led_to: bool) -> None:
    assert (words.outside(url) == url) == (is_led_to or url is None)


def test_money_is_in_the_major_unit_of_a_currency_that_is_known() -> None:
    assert words.money(123456, "SGD") == "1,234.56 SGD"
    assert words.money(123456, "VND") == "123,456 VND"
    assert words.money(5, "XXX") == "5 XXX (minor units)"
    row = {"prize_minor": 100, "prize_currency": "USD", "currency": "SGD"}
    assert words.value(row, "prize_minor") == "1.00 USD"


def test_an_address_needs_every_value_and_escapes_it() -> None:
    template = "/chess/player?player={id}"
    assert words.address(template, {"id": "a&b/ü"}) == "/chess/player?player=a%26b%2F%C3%BC"
    assert words.address(template, {"id": None}) is None
    assert words.address(template, {}) is None


def test_ages_and_times_are_in_the_units_that_matter() -> None:
    assert words.duration(3 * 86_400 + 4 * 3600 + 5) == "3 d 4 h"
    assert words.duration(0.2) == "0 s"
    assert words.age(datetime.now(UTC) - timedelta(hours=2, minutes=5)) == "2 h ago"
    assert words.about(1_234_567) == "\N{ALMOST EQUAL TO} 1,230,000"
    assert words.about(999) == "999"


@given(st.text())
def test_no_text_turns_its_neighbours_round(text: str) -> None:
    shown = words.plain(text)
    assert len(shown) == len(text)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200f\x1b")
