"""Single values: counts in the words of many countries, discounts in numbers and in words."""

from typing import Any

import pytest

from spiders.shopee.fields import percent
from spiders.shopee.ratings import sold_in


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("312", 312),
        ("1,2rb terjual", 1200),
        ("10RB+ Terjual", 10_000),
        ("5 ribu terjual", 5000),
        ("1,2 juta terjual", 1_200_000),
        ("10k+", 10_000),
        ("10k+sold", 10_000),
        ("Đã bán 39,9k", 39_900),
        ("Đã bán 10 ngàn", 10_000),
        ("3 nghìn", 3000),
        ("1,5 triệu", 1_500_000),
        ("1,2 mil vendidos", 1200),
        ("1 milhão", 1_000_000),
        ("2 milhões vendidos", 2_000_000),
        ("3 millones de vendidos", 3_000_000),
        ("2,5mi+ vendidos", 2_500_000),
        ("1.2ล้าน", 1_200_000),
        ("ขายแล้ว 3 หมื่นชิ้น", 30_000),
        ("ขายแล้ว 1.2พันชิ้น", 1200),
        ("ขายแล้ว 500 ชิ้น", 500),
        ("已售出1.5萬件", 15_000),
        ("已售出 2千", 2000),
        ("已售出500件", 500),
        ("1,234 sold", 1234),
        ("500/month", 500),
    ],
)
def test_sold_counts_are_read_in_the_words_of_their_countries(shown: str, expected: int) -> None:
    assert sold_in([None, None], [None, shown]) == (expected, None)
    assert sold_in([7], [shown]) == (7, None)


@pytest.mark.parametrize(
    "shown", ["lots sold", "5crore sold", "1k2", "12x", "3 of 9", "1.2.3k", "1.5 sold", "1,2ribuan"]
)
def test_a_sold_count_that_may_be_another_is_left_open(shown: str) -> None:
    assert sold_in([], [shown]) == (None, shown)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((31,), 31),
        (("31%",), 31),
        ((None, 0, -1, "42"), 42),
        ((42, "5.8折"), 42),
        ((None, 0), None),
    ],
)
def test_of_a_discount_the_first_that_is_told_counts(
    values: tuple[Any, ...], expected: float | None
) -> None:
    assert percent(*values) == expected


@pytest.mark.parametrize("value", ["5.8折", 7.5, True, [31]])
def test_a_discount_that_is_no_per_cent_is_an_error(value: Any) -> None:
    with pytest.raises(ValueError, match="is no whole number"):
        percent(None, value)
