"""When periodic work is due: cron expressions in a time zone, jitter, what was missed. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from crawlers.errors import ScheduleError
from crawlers.schedules import Times

CATCH_UP = timedelta(days=1)
"""A run that nobody was there for is made up for up to so late."""
JITTER_MAX_S = 3600
FIELDS = 5
FOREVER = datetime.max.replace(tzinfo=UTC)


class Plan(NamedTuple):
    """The instants of a cron *expression* in a *zone*; each run *jitter_s* late at most.

    *name* gives the jitter of each instant, the same for whoever asks.
    """

    name: str
    expression: str
    zone: str
    jitter_s: int

    def check(self) -> None:
        """Raise ScheduleError for what is no plan."""
        if not 0 <= self.jitter_s <= JITTER_MAX_S:
            raise ScheduleError(f"a jitter is 0 to {JITTER_MAX_S:,} seconds")
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, LookupError):
            raise ScheduleError(f"{self.zone!r} is no time zone, such as Europe/Berlin") from None
        if len(self.expression.split()) != FIELDS:
            raise ScheduleError(
                f"{self.expression!r} is no cron expression: minute hour day month weekday"
            )
        try:
            CronSim(self.expression, datetime.now(UTC))
        except CronSimError as error:
            raise ScheduleError(f"{self.expression!r} is no cron expression: {error}") from None

    def instants(self, after: datetime) -> Iterator[datetime]:
        """Yield the instants after *after*, in UTC, in order, each once."""
        for local in CronSim(self.expression, after.astimezone(ZoneInfo(self.zone))):
            # Two times of a skipped hour are one instant, and one of a repeated hour is the first.
            if (instant := local.astimezone(UTC)) > after:
                yield instant
                after = instant

    def times(self, after: datetime) -> Iterator[Times]:
        """Yield the instants after *after*, each with when its run begins: before the next."""
        for instant, following in pairwise(self._and_forever(after)):
            room_s = (following - instant).total_seconds() - 1
            wait_s = self._draw(instant) % (int(min(self.jitter_s, room_s)) + 1)
            yield Times(instant, instant + timedelta(seconds=wait_s))

    def _and_forever(self, after: datetime) -> Iterator[datetime]:
        yield from self.instants(after)
        yield FOREVER

    def _draw(self, instant: datetime) -> int:
        digest = sha256(f"{self.name} {instant.isoformat()}".encode()).digest()
        return int.from_bytes(digest[:8])

    def first(self, after: datetime) -> Times | None:
        """Return what comes first after *after*, or None: nothing does."""
        return next(self.times(after), None)

    def take(self, due_at: datetime, now: datetime) -> "Taken":
        """Return what to run *now*, where *due_at* has come and nothing has run since.

        Of all that is due only the last, and only if it is at most CATCH_UP late.
        """
        last = None
        longest = CATCH_UP + timedelta(seconds=self.jitter_s)
        for times in self.times(max(due_at, now - longest) - timedelta(seconds=1)):
            if times.next_at > now:
                return Taken(last, times)
            if now - times.next_at <= CATCH_UP:
                last = times.due_at
        return Taken(last, None)


class Taken(NamedTuple):
    """The *instant* whose run begins, or None; and when there is another one, or None."""

    instant: datetime | None
    then: Times | None
