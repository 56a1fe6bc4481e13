"""Statistics of prices, against cases computed by hand."""

from decimal import Decimal
from typing import Any

import pytest

from tests.storage.snapshots import GONE, IN, OUT, insert, over, spells, statistics
from tests.storage.things import Look


def test_a_series_computed_by_hand(look: Look) -> None:
    insert(
        look,
        (0.25, 1000, IN),
        (0.50, 800, IN),
        (0.75, 900, OUT),  # the last of day 0
        (1.00, 700, OUT),  # a day begins with its midnight
        (1.50, 1300, IN),  # the last of day 1
        (2.25, None, None),  # counts for nothing
        (3.25, 1200, OUT),
        (3.50, 1100, OUT),  # the last of day 3, and of all
    )
    assert statistics(look) == [
        {
            "platform": "shopee",
            "product_id": "1",
            "variant_id": None,
            "currency": "SGD",
            "points": 7,
            "first_at": 0.25,
            "last_at": 3.5,
            "first_minor": 1000,
            "price_minor": 1100,
            "lowest_minor": 700,
            "lowest_at": 1.0,
            "highest_minor": 1300,
            "highest_at": 1.5,
            "median_minor": 1100,  # of 900, 1300, 1100
            "since_yesterday_minor": -200,  # 1300 is the last that is known from before day 3
            "since_yesterday_percent": Decimal("-15.38"),
            "since_first_minor": 100,
            "since_first_percent": Decimal("10.00"),
            "out_of_stock_spells": 2,
            "out_of_stock_s": 86_400,  # 0.75 to 1.5, and 3.25 to 3.5 as far as is known
        }
    ]


def test_of_a_single_price_there_is_no_yesterday(look: Look) -> None:
    insert(look, (0.5, 500, IN))
    [found] = statistics(look)
    assert (found["points"], found["lowest_minor"], found["highest_minor"]) == (1, 500, 500)
    assert (found["median_minor"], found["lowest_at"]) == (500, 0.5)
    assert found["since_yesterday_minor"] is found["since_yesterday_percent"] is None
    assert (found["since_first_minor"], found["since_first_percent"]) == (0, 0)
    assert (found["out_of_stock_spells"], found["out_of_stock_s"]) == (0, 0)


def test_a_change_from_nothing_has_no_per_cent(look: Look) -> None:
    insert(look, (0, 0, IN), (1, 50, IN))
    [found] = statistics(look)
    assert (found["since_first_minor"], found["since_first_percent"]) == (50, None)
    assert (found["since_yesterday_minor"], found["since_yesterday_percent"]) == (50, None)


@pytest.mark.parametrize(
    ("prices", "median"),
    [((100, 300, 200), 200), ((100, 300), 200), ((100, 101), 101), ((7,), 7), ((5, 5, 9, 9), 7)],
)
def test_the_median_of_two_in_the_middle_is_their_mean(
    look: Look, prices: tuple[int, ...], median: int
) -> None:
    insert(look, *((number, price, IN) for number, price in enumerate(prices)))
    assert [row["median_minor"] for row in statistics(look)] == [median]


def test_the_lowest_and_the_highest_have_the_time_when_they_were_reached(look: Look) -> None:
    insert(look, (0, 20, IN), (1, 10, IN), (2, 30, IN), (3, 10, IN), (4, 30, IN))
    [found] = statistics(look)
    assert (found["lowest_at"], found["highest_at"]) == (1, 2)


def test_currencies_are_never_mixed(look: Look) -> None:
    insert(look, (0, 1000, IN), (1, 1100, OUT))
    insert(look, (2, 800, IN), (3, 600, IN), currency="USD")
    insert(look, (4, 5, IN), currency=None)
    names = ("currency", "points", "price_minor", "lowest_minor", "since_yesterday_minor")
    found = [tuple(row[name] for name in names) for row in statistics(look)]
    assert found == [
        ("SGD", 2, 1100, 1000, 100),
        ("USD", 2, 600, 600, -200),
        (None, 1, 5, 5, None),
    ]
    assert [row["out_of_stock_spells"] for row in statistics(look)] == [1, 1, 1]


def test_a_product_and_its_variants_are_series_of_their_own(look: Look) -> None:
    insert(look, (0, 100, IN), (1, 90, IN))
    insert(look, (0, 100, OUT), (1, 90, IN), variant="7")
    insert(look, (0, 120, OUT), variant="8")
    insert(look, (0, 5, IN), product="2", variant="7")
    names = ("product_id", "variant_id", "points", "price_minor", "out_of_stock_spells")
    assert [tuple(row[name] for name in names) for row in statistics(look)] == [
        ("1", None, 2, 90, 0),
        ("1", "7", 2, 90, 1),
        ("1", "8", 1, 120, 1),
        ("2", "7", 1, 5, 0),
    ]


def test_a_product_that_never_had_a_price_has_no_statistics(look: Look) -> None:
    insert(look, (0, None, OUT), (1, None, IN))
    assert statistics(look) == []
    assert spells(look) == [("1", None, 0, 1, 1)]


def test_a_span_has_its_beginning_and_not_its_end(look: Look) -> None:
    insert(look, (0, 100, IN), (1, 90, OUT), (2, 80, IN), (3, 70, OUT), (4, 60, OUT))
    [found] = statistics(look, over(1, 3))
    names = ("points", "first_minor", "price_minor", "lowest_minor", "highest_minor")
    assert [found[name] for name in names] == [2, 90, 80, 80, 90]
    assert (found["since_yesterday_minor"], found["since_first_minor"]) == (-10, -10)
    assert statistics(look, over(4.5, 9)) == []


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (0, 9, (2, 3 * 86_400)),
        (1.5, 9, (2, 2.5 * 86_400)),  # the first lasts from before
        (0, 1.5, (1, 0.5 * 86_400)),
        (2, 9, (1, 2 * 86_400)),  # the first has just ended
        (0, 1, (0, 0)),  # and has not begun
        (4.5, 5.25, (1, 0.75 * 86_400)),
    ],
)
def test_of_a_spell_the_part_in_the_span_counts(
    look: Look, since: float, until: float, expected: tuple[int, float]
) -> None:
    insert(look, (0, 1, IN), (1, 1, OUT), (2, 1, IN), (4, 1, OUT), (5, 1, OUT), (6, 1, OUT))
    [found] = statistics(look, over(since, until)) or [{}]
    assert (found["out_of_stock_spells"], found["out_of_stock_s"]) == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(0, IN), (1, OUT), (2, OUT), (3, IN)], [(1, 3, 3)]),
        ([(0, OUT), (1, IN)], [(0, 1, 1)]),
        ([(0, IN), (1, OUT)], [(1, None, 1)]),
        ([(0, IN), (1, OUT), (2, None), (3, OUT), (4, IN)], [(1, 4, 4)]),
        ([(0, OUT), (1, None), (2, IN)], [(0, 2, 2)]),
        ([(0, OUT), (1, OUT), (2, None)], [(0, None, 1)]),
        ([(0, OUT), (1, GONE), (2, GONE)], [(0, 1, 1)]),
        ([(0, OUT), (1, GONE), (2, OUT), (3, IN)], [(0, 1, 1), (2, 3, 3)]),
        ([(0, GONE), (1, IN), (2, None)], []),
        ([(0, OUT), (1, IN), (2, OUT), (3, IN)], [(0, 1, 1), (2, 3, 3)]),
    ],
)
def test_spells_out_of_stock(
    look: Look, points: list[tuple[float, str | None]], expected: list[tuple[Any, ...]]
) -> None:
    insert(look, *((at, 100, availability) for at, availability in points))
    insert(look, (0.5, 1, IN), product="2")
    assert [spell[2:] for spell in spells(look)] == expected
