"""What a stand-in for VLR.gg holds and how it shows it, as plain values."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from tests.replica.described import JsonWorld

Generation = Literal["old", "new"]


@dataclass
class VlrWorld(JsonWorld):
    """What the site holds and how it behaves; JSON with `from_json`."""

    seed: int = 1
    teams: int = 10
    """At least 4; they take part in every event in turn."""
    events: int = 6
    """At least 4: one is ongoing, one upcoming, one paused, the others completed."""
    matches: int = 9
    """Of each event; at least 8, so that every odd kind occurs."""
    articles: int = 7
    per_page: int = 50
    """Matches and completed events on a page of a list; statistics have twice as many."""
    zone: str = "Asia/Kolkata"
    """The viewer's zone, for plain times."""
    generation: Generation = "new"
    """Which markup: before or after July 2026."""
    sessions: bool = True
    """Whether a client that brings the cookie back gets filtered statistics, as it should."""
    now: str = "2026-07-20T12:00:00+00:00"

    @property
    def at(self) -> datetime:
        """The world's clock, UTC."""
        return datetime.fromisoformat(self.now).astimezone(UTC)

    @property
    def viewer(self) -> ZoneInfo:
        """The viewer's zone."""
        return ZoneInfo(self.zone)

    def chance(self, *parts: object) -> random.Random:
        """Give the dice for one thing: the same for the same seed."""
        return random.Random(" ".join(map(str, (self.seed, *parts))))  # noqa: S311 - repeatable, not secret
