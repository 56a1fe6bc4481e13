"""When a message may go out: quiet hours, digests, days. Pure; clocks are those of a zone."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

MORNING = time(8)


class Habits(NamedTuple):
    """How somebody wants to be told, by the clock of *zone*."""

    zone: str = "UTC"
    quiet_from: time | None = None
    quiet_to: time | None = None
    digest: str | None = None
    digest_at: time | None = None


def day_began(now: datetime, zone: str) -> datetime:
    """Return the midnight before *now* in *zone*."""
    return _at(now.astimezone(ZoneInfo(zone)).replace(fold=0), time(0))


def due(habits: Habits, now: datetime) -> datetime:
    """Return when a message of *now* goes out: at once, with its digest, after quiet hours."""
    return after_quiet(habits, _digested(habits, now))


def after_quiet(habits: Habits, instant: datetime) -> datetime:
    """Return *instant*, or the end of the quiet hours that it is in."""
    begin, end = habits.quiet_from, habits.quiet_to
    if begin is None or end is None:
        return instant
    local = instant.astimezone(ZoneInfo(habits.zone))
    clock = local.time().replace(tzinfo=None)
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    return _next(local, end) if is_quiet else instant


def _digested(habits: Habits, now: datetime) -> datetime:
    if habits.digest == "hourly":
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if habits.digest == "daily":
        return _next(now.astimezone(ZoneInfo(habits.zone)), habits.digest_at or MORNING)
    return now


def _next(local: datetime, clock: time) -> datetime:
    """Return when the clock shows *clock* next, after *local*."""
    today = _at(local, clock)
    return today if today > local else _at(local + timedelta(days=1), clock)


def _at(local: datetime, clock: time) -> datetime:
    """Return when the clock shows *clock* on the day of *local*; a time that is skipped: later.

    In the hour that comes twice it is the same of both as *local*.
    """
    at = datetime.combine(local.date(), clock, local.tzinfo)
    return at.replace(fold=local.fold).astimezone(UTC)
