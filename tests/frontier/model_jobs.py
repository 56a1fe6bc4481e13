"""What the model knows of a job: its requests, its units, and what Redis is to hold of them."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crawlers.frontier.queue import Rules
from crawlers.units import UnitEnd

RULES = Rules(lease_ms=1000, attempts=3, limit=2, delay_ms=100)

OPEN = ("ready", "suspect", "solo", "waiting", "leased")

ALONE = {"suspect": 1, "solo": 2}
"""How much a worker must be alone for what has been lost once, and again."""


class Child(NamedTuple):
    """A request that is asked for."""

    id: bytes
    host: str
    priority: int
    wait: int

    @property
    def payload(self) -> bytes:
        """Tell it from every other request, also from one of the same id."""
        return repr(tuple(self)).encode() + b"\0\xff"

    @property
    def fields(self) -> tuple[bytes, str, int, int, bytes]:
        """Say it as the program takes it."""
        return (*self, self.payload)


@dataclass
class Entry:
    """An admitted request: *where* is one of OPEN, done or dead. A wait or lease is *until*."""

    child: Child
    unit: int
    place: int
    where: str = ""
    until: float = 0
    token: bytes = b""
    is_over: bool = False
    attempts: int = 0
    reason: str = ""
    outcome: str = ""
    rows: int = 0

    def could_go(self, at: float, alone: int) -> bool:
        """Tell whether who is so much *alone* may get it, once its host is free."""
        where = self.where
        if where == "leased" and self.until <= at and self.attempts + 1 < RULES.attempts:
            where = "solo" if self.attempts else "suspect"
        is_due = where == "waiting" and self.until <= at
        return is_due or where == "ready" or alone >= ALONE.get(where, 3)


@dataclass
class Unit:
    """Beside its requests: its end is to be told from *tell_at*, or has been: infinity."""

    tell_at: float = 0
    why: str = ""


@dataclass(eq=False)
class Job:
    """A job. When it *stays*, it is forgotten, but Redis keeps it for a while."""

    name: str
    state: str = "gone"
    is_seeded: bool = False
    stays: bool = False
    entries: dict[bytes, Entry] = field(default_factory=dict)
    units: dict[int, Unit] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    events: Counter[str] = field(default_factory=Counter)

    def those(self, *where: str) -> list[Entry]:
        """Return the requests that are *where*."""
        return [entry for entry in self.entries.values() if entry.where in where]

    def turn(self, where: str, host: str = "") -> list[Entry]:
        """Return those that are *where*, of all hosts or one, the next one first."""
        found = [entry for entry in self.those(where) if host in {"", entry.child.host}]
        return sorted(found, key=lambda entry: (-entry.child.priority, entry.place))

    def open_of(self, unit: int) -> int:
        """Return how many requests of *unit* are to be done."""
        return sum(entry.unit == unit for entry in self.those(*OPEN))

    def to_tell(self) -> dict[int, float]:
        """Return the units whose end is untold, and from when somebody may tell it."""
        ended = {name: unit for name, unit in self.units.items() if not self.open_of(name)}
        return {name: unit.tell_at for name, unit in ended.items() if unit.tell_at < math.inf}

    def could_end(self) -> bool:
        """Tell whether nothing is to be done, and nothing to be told."""
        return self.is_seeded and not self.those(*OPEN) and not self.to_tell()

    def end(self, name: int) -> UnitEnd:
        """Return how a unit stands. What went wrong is of no interest once all is done."""
        ours = [entry for entry in self.entries.values() if entry.unit == name]
        done = sum(entry.where == "done" for entry in ours)
        failed = sum(entry.where == "dead" or entry.outcome == "failed" for entry in ours)
        blocked = sum(entry.outcome == "blocked" for entry in ours)
        status = "failed" if failed else "blocked" if blocked else "done"
        why = None if status == "done" and done else self.units[name].why
        return UnitEnd(name, status, why, done, failed, blocked)

    def counts(self) -> dict[str, int]:
        """Return what is counted."""
        counts = {name: len(self.those(name)) for name in ("done", "dead")}
        for outcome in ("failed", "blocked"):
            counts[outcome] = sum(entry.outcome == outcome for entry in self.entries.values())
        counts["open"] = len(self.those(*OPEN))
        counts["rows"] = sum(entry.rows for entry in self.entries.values())
        counts["seeded"] = int(self.is_seeded)
        return counts | self.events

    def keys(self) -> dict[str, Any]:
        """Return what Redis is to hold of the job, but for its hosts."""
        ends = [self.end(name) for name in self.units]
        until = {
            where: {entry.child.id: entry.until for entry in self.those(where)}
            for where in ("waiting", "leased", "dead")
        }
        return {
            "info": hash_of({"state": self.state, **self.counts()}),
            "seen": set(self.entries),
            "data": {entry.child.id for entry in self.those(*OPEN, "dead")},
            "suspects": [entry.child.id for entry in self.turn("suspect")],
            "solo": [entry.child.id for entry in self.turn("solo")],
            "waiting": until["waiting"],
            "lease": until["leased"],
            "owner": {entry.child.id: entry.token for entry in self.those("leased")},
            "dead": until["dead"],
            "tries": {
                entry.child.id: f"{entry.attempts} {entry.reason}".encode()
                for entry in self.entries.values()
                if entry.reason
            },
            "ended": {b"%d" % name: at for name, at in self.to_tell().items()},
            "hosts": {host.encode() for host in self.hosts},
            "units:open": hash_of({name: self.open_of(name) for name in self.units}),
            "units:done": hash_of({end.unit: end.requests for end in ends}),
            "units:failed": hash_of({end.unit: end.failed for end in ends}),
            "units:blocked": hash_of({end.unit: end.blocked for end in ends}),
            "units:why": hash_of({name: unit.why for name, unit in self.units.items()}),
        }


def hash_of(found: dict[Any, Any]) -> dict[bytes, bytes]:
    """Return *found* as Redis gives a hash, without what is 0 or empty."""
    return {f"{name}".encode(): f"{value}".encode() for name, value in found.items() if value}
