"""When periodic work is due: zones, clocks that are set, jitter, what is made up for."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawlers.errors import ScheduleError
from crawlers.jobs.plan import CATCH_UP, Plan

BERLIN = ZoneInfo("Europe/Berlin")
EXPRESSIONS = ["*/5 * * * *", "0 * * * *", "30 2 * * *", "15,45 1-3 * * *", "0 */2 * * SUN",
               "0 3 1 * *", "59 23 L * *"]  # fmt: skip
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001 - next line
    lambda one: one.replace(tzinfo=UTC)
)
PLANS = st.builds(
    Plan,
    st.just("p"),
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(ZONES),
    st.sampled_from([0, 1, 59, 600, 3600]),
)


def day(expression: str, date: str) -> list[str]:
    """Return the local times of the instants of one day in Berlin."""
    begin = datetime.fromisoformat(date).replace(tzinfo=BERLIN)
    found = Plan("p", expression, "Europe/Berlin", 0).instants(begin - timedelta(seconds=1))
    local = (one.astimezone(BERLIN) for one in islice(found, 60))
    return [f"{one:%H:%M%z}" for one in local if one.date() == begin.date()]


def test_a_time_in_a_skipped_hour_comes_right_after_it_and_once() -> None:
    assert day("30 2 * * *", "2026-03-29") == ["03:00+0200"]
    assert day("15,30 2 * * *", "2026-03-29") == ["03:00+0200"]
    assert day("0 2,3 * * *", "2026-03-29") == ["03:00+0200"]
    assert day("30 2 * * *", "2026-03-30") == ["02:30+0200"]


def test_a_time_in_a_repeated_hour_comes_once() -> None:
    assert day("30 2 * * *", "2026-10-25") == ["02:30+0200"]


def test_what_runs_by_the_clock_leaves_out_a_skipped_hour_and_repeats_a_repeated_one() -> None:
    assert day("*/30 2 * * *", "2026-03-29") == []
    assert day("*/30 2 * * *", "2026-10-25") == [
        "02:00+0200",
        "02:30+0200",
        "02:00+0100",
        "02:30+0100",
    ]
    assert len(day("0 * * * *", "2026-03-29")) == 23
    assert len(day("0 * * * *", "2026-10-25")) == 25


@given(PLANS, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=3)))
@example(Plan("p", "30 2 * * *", "Europe/Berlin", 0), datetime(2026, 10, 25, 0, tzinfo=UTC),
         timedelta(minutes=70))  # fmt: skip
def test_instants_are_the_same_wherever_one_begins_to_look(
    plan: Plan, begin: datetime, later: timedelta
) -> None:
    found = list(islice(plan.instants(begin), 900))
    assert found == sorted(set(found))
    after = begin + later
    expected = [one for one in found if one > after]
    assert list(islice(plan.instants(after), len(expected))) == expected


@given(PLANS, INSTANTS)
def test_jitter_keeps_its_bound_and_the_order(plan: Plan, begin: datetime) -> None:
    found = list(islice(plan.times(begin), 50))
    assert found == list(islice(plan.times(begin), 50))
    for one, following in pairwise(found):
        assert timedelta(0) <= one.next_at - one.due_at <= timedelta(seconds=plan.jitter_s)
        assert one.next_at < following.due_at


def test_jitter_differs_between_names_and_instants() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    waits = {
        (name, one.next_at - one.due_at)
        for name in ("a", "b")
        for one in islice(Plan(name, "0 * * * *", "UTC", 3000).times(begin), 10)
    }
    assert len(waits) == 20


@given(PLANS, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=40)))
@example(Plan("p", "0 3 1 * *", "UTC", 0), datetime(2026, 1, 20, tzinfo=UTC), timedelta(days=20))
def test_of_what_was_missed_the_last_runs_if_it_is_a_day_late_at_most(
    plan: Plan, begin: datetime, away: timedelta
) -> None:
    first = plan.first(begin)
    assert first is not None
    now = first.next_at + away
    taken = plan.take(first.due_at, now)
    missed = []
    for times in plan.times(begin):
        if times.next_at > now:
            assert taken.then == times
            break
        missed.append(times)
    last = missed[-1]
    assert taken.instant == (last.due_at if now - last.next_at <= CATCH_UP else None)


@pytest.mark.parametrize(
    ("expression", "zone", "jitter_s", "reason"),
    [
        ("* * * *", "UTC", 0, "no cron expression: minute hour"),
        ("0 * * * * *", "UTC", 0, "no cron expression: minute hour"),
        ("61 * * * *", "UTC", 0, "Bad minute"),
        ("0 0 31 2 *", "UTC", 0, "Bad day-of-month"),
        ("0 0 * * *", "Mars/Olympus", 0, "no time zone"),
        ("0 0 * * *", "../etc/passwd", 0, "no time zone"),
        ("0 0 * * *", "", 0, "no time zone"),
        ("0 0 * * *", "UTC", -1, "a jitter is"),
        ("0 0 * * *", "UTC", 3601, "a jitter is"),
    ],
)
def test_what_is_no_plan_is_refused(expression: str, zone: str, jitter_s: int, reason: str) -> None:
    with pytest.raises(ScheduleError, match=reason):
        Plan("p", expression, zone, jitter_s).check()
