"""When messages may go out, by the clocks of people."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.alerts.times import Habits, after_quiet, day_began, due

NIGHT = Habits("Europe/Berlin", time(22), time(7))


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    """Return the instant when the clock of *zone* shows *text*."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-10 21:59", "2026-01-10 21:59"),
        ("2026-01-10 22:00", "2026-01-11 07:00"),
        ("2026-01-11 06:59", "2026-01-11 07:00"),
        ("2026-01-11 07:00", "2026-01-11 07:00"),
        ("2026-03-28 23:00", "2026-03-29 07:00"),  # a night with an hour less
    ],
)
def test_a_message_of_the_night_waits_for_the_morning(now: str, expected: str) -> None:
    assert due(NIGHT, local(now)) == local(expected)


def test_an_hour_that_comes_twice_is_quiet_twice_and_nobody_waits_for_the_next_day() -> None:
    early = Habits("Europe/Berlin", time(22), time(2, 30))
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 once more
    assert after_quiet(early, second) == second + timedelta(minutes=20)
    assert after_quiet(early, second - timedelta(hours=1)) == second - timedelta(minutes=40)


def test_quiet_hours_may_be_by_day() -> None:
    office = Habits("UTC", time(9), time(17))
    assert due(office, local("2026-01-10 12:00", "UTC")) == local("2026-01-10 17:00", "UTC")
    assert due(office, local("2026-01-10 18:00", "UTC")) == local("2026-01-10 18:00", "UTC")


def test_digests_come_at_the_next_hour_or_the_next_morning() -> None:
    now = local("2026-01-10 12:34")
    assert due(Habits(digest="hourly"), now) == local("2026-01-10 13:00")
    daily = Habits("Europe/Berlin", digest="daily")
    assert due(daily, now) == local("2026-01-11 08:00")
    assert due(daily._replace(digest_at=time(18)), now) == local("2026-01-10 18:00")
    assert due(NIGHT._replace(digest="daily", digest_at=time(23)), now) == local("2026-01-11 07:00")


def test_days_are_those_of_the_zone() -> None:
    assert day_began(local("2026-01-10 00:30"), "Europe/Berlin") == local("2026-01-10 00:00")


CLOCKS = st.times().map(lambda one: one.replace(second=0, microsecond=0))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - with a zone


@given(CLOCKS, CLOCKS, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]), INSTANTS)
def test_nothing_waits_for_longer_than_a_day_and_the_end_of_waiting_is_not_quiet(
    begin: time, end: time, zone: str, now: datetime
) -> None:
    habits = Habits(zone, begin, end)
    found = after_quiet(habits, now)
    assert now <= found <= now + timedelta(hours=25)
    assert begin == end or after_quiet(habits, found) <= found + timedelta(hours=1)
