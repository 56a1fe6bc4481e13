"""What a stand-in for VLR.gg holds and how it shows it, as plain values."""

import json
import random
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

Generation = Literal["old", "new"]


@dataclass
class VlrWorld:
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

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read *text*: an object with any of the fields above."""
        value = json.loads(text)
        unknown = set(value) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")
        return cls(**value)

    def to_json(self) -> str:
        """Write what `from_json` reads."""
        return json.dumps(asdict(self))

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
