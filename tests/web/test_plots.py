"""Plots and scales: geometry, without a page."""

import math
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from crawlers.storage import prices
from crawlers.web.duels import rate
from crawlers.web.plots import POINTS_MAX, SIZE, Point, Series, plot, thinned
from crawlers.web.products import relative, steps_of
from crawlers.web.scales import instants, nice

DAY_S = 86_400
VALUES = st.floats(-1e9, 1e9, allow_nan=False)
TIMES = st.integers(0, 4_000_000_000)


@example(0.0, 5e-324)
@example(1e9 - 1e-7, 1e9)
@given(VALUES, VALUES)
def test_levels_enclose_all_values_at_equal_distances(one: float, other: float) -> None:
    low, high = sorted((one, other))
    levels = nice(low, high)
    assert levels[0] <= low + 1e-6
    assert levels[-1] >= high - 1e-6
    assert 2 <= len(levels) <= 8
    steps = [b - a for a, b in pairwise(levels)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-6) for step in steps)


@given(TIMES, TIMES)
def test_ticks_lie_between_the_ends_and_are_few(one: int, other: int) -> None:
    first, last = sorted((one, other))
    ticks = instants(first, last)
    assert 1 <= len(ticks) <= 6
    assert all(first <= tick.at <= last for tick in ticks)


def test_ticks_say_what_tells_them_apart() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert [tick.text for tick in instants(begin, begin + 2 * DAY_S)] == ["01-01", "01-02", "01-03"]
    assert instants(begin, begin + 900 * DAY_S)[1].text == "2027"


points = st.lists(st.builds(Point, st.floats(0, 4e9), VALUES), min_size=1, max_size=2000)


@given(points)
def test_a_plot_with_fewer_points_keeps_the_highest_and_the_lowest(found: list[Point]) -> None:
    found.sort()
    few = thinned(found)
    assert len(few) <= max(len(found), POINTS_MAX + 2)
    assert max(p.value for p in few) == max(p.value for p in found)
    assert min(p.value for p in few) == min(p.value for p in found)
    assert [p.at for p in few] == sorted(p.at for p in few)


@given(st.lists(points, min_size=1, max_size=3), st.sampled_from(["line", "steps", "dots"]))
def test_everything_that_is_drawn_is_inside_the_picture(
    series: list[list[Point]], kind: str
) -> None:
    drawn = plot("A plot", "", [Series("one", sorted(one), kind) for one in series])
    assert drawn is not None
    for path in drawn.paths:
        numbers = [float(one) for one in path.d.translate(str.maketrans("MLHVh", "     ")).split()]
        assert all(-0.1 <= one <= SIZE + 0.1 for one in numbers)
    assert all(-0.1 <= tick.at <= 100.1 for tick in (*drawn.across, *drawn.up))


def test_without_a_point_there_is_no_plot() -> None:
    assert plot("Nothing", "", [Series("one", [])]) is None


def test_what_could_not_be_had_is_drawn_apart() -> None:
    found = [Point(0, 10), Point(100, 10, is_missing=True), Point(200, 12)]
    drawn = plot("Price", "SGD", [Series("lamp", found, "steps")])
    assert drawn is not None
    assert [path.kind for path in drawn.paths] == ["line", "gone"]
    assert "lamp: from 10 to 12, lowest 10, highest 12 SGD" in drawn.summary


def snapshot(day: int, minor: int | None, currency: str = "SGD", **more: str) -> prices.Point:
    empty = dict.fromkeys(prices.Point.__slots__)
    at = datetime(2026, 1, day, tzinfo=UTC)
    known = {"at": at, "price_minor": minor, "currency": currency}
    return prices.Point(**(empty | known | more))  # type: ignore[arg-type]


def test_a_price_stays_until_another_is_seen_and_is_in_one_currency() -> None:
    found = [snapshot(1, 1000), snapshot(2, None, availability="out_of_stock"),
             snapshot(3, 900, "MYR"), snapshot(4, 1200, availability="in_stock")]  # fmt: skip
    steps = list(steps_of(found, "SGD"))
    assert [step.value for step in steps] == [10, 10, 10, 12]
    assert [step.is_missing for step in steps] == [False, True, True, False]
    assert [step.value for step in relative(steps)] == [100, 100, 100, 120]


def test_prices_of_nothing_have_no_first_one() -> None:
    assert relative([Point(0, 0)]) == []


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_rate_lies_within_its_range(won: int, lost: int) -> None:
    found = rate("x", won, won + lost)
    assert 0 <= found.low <= found.share + 0.001 <= found.high + 0.001 <= 1.002
