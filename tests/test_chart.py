"""The chart of ``scrapy prices``, drawn by hand; and money as people read it."""

from decimal import Decimal

import pytest

from crawlers.terminal.amounts import change, duration, money
from crawlers.terminal.chart import MISSING, PLAIN, Step, chart


def drawn(*values: int, width: int = 8, height: int = 3, end: float = 8) -> list[str]:
    """Draw one value for each second."""
    return chart([Step(at, value) for at, value in enumerate(values)], end, width, height)


def test_a_price_goes_on_until_it_changes() -> None:
    assert drawn(10, 10, 30, 30, 30, 20, 20, 20) == [
        "  ╭──╮  ",
        "  │  ╰──",
        "──╯     ",
    ]


def test_one_price_is_one_line() -> None:
    assert drawn(10) == ["────────"]
    assert drawn(10, end=0) == ["────────"]


def test_no_price_is_lost_where_many_share_a_column() -> None:
    assert drawn(20, 30, 10, 20, 20, 20, 20, 20, width=2) == [
        "╷ ",
        "┼─",
        "╵ ",
    ]
    assert drawn(20, 20, 20, 20, 20, 10, 20, 30, width=2) == [
        " ╭",
        "─┤",
        " ╵",
    ]


def test_the_last_price_is_drawn_even_at_the_very_end() -> None:
    assert drawn(10, 20, width=4, height=2, end=1) == ["   ╭", "───╯"]


def test_what_cannot_be_had_is_drawn_apart() -> None:
    steps = [Step(0, 10), Step(2, 10, is_missing=True), Step(4, 20, is_missing=True), Step(6, 20)]
    assert chart(steps, 8, 8, 2) == ["    ╭┄──", "──┄┄╯   "]
    assert "".join(chart(steps, 8, 8, 2)).translate(PLAIN) == "    +.----..+   "
    assert MISSING.translate(PLAIN) == "."


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (123456, "SGD", "1,234.56"),
        (5, "SGD", "0.05"),
        (97043, "VND", "97,043"),
        (0, "IDR", "0.00"),
        (2**63 - 1, "USD", "92,233,720,368,547,758.07"),
        (1234, "XXX", "1,234 (minor units)"),
        (1234, None, "1,234 (minor units)"),
        (None, "SGD", "-"),
    ],
)
def test_money_has_the_digits_of_its_currency(
    minor: int | None, currency: str | None, expected: str
) -> None:
    assert money(minor, currency) == expected


@pytest.mark.parametrize(
    ("minor", "percent", "expected"),
    [
        (-150, Decimal("-15.00"), "-1.50 (-15.00 %)"),
        (150, Decimal("15.5"), "+1.50 (+15.50 %)"),
        (0, Decimal(0), "0.00 (0.00 %)"),
        (150, None, "+1.50"),
        (None, None, "-"),
    ],
)
def test_a_change_has_its_sign(minor: int | None, percent: Decimal | None, expected: str) -> None:
    assert change(minor, percent, "SGD").plain == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 h 0 min"), (3660, "1 h 1 min"), (86_400, "1 d 0 h"), (200_000, "2 d 7 h")],
)
def test_a_duration_has_two_units(seconds: int, expected: str) -> None:
    assert duration(seconds) == expected
