"""What the frontier promises, said plainly: requests in dicts, and a time that stands still."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crawlers.frontier.queue import Answer, Leased, Rules
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
class Host:
    """What jobs said of a host: limit and delay, and what they agreed on; what robots.txt asks."""

    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    said: tuple[int, int] | None = None
    asked: int = 0
    next_at: float = 0
    unsent: bytes = b""

    @property
    def limit(self) -> int:
        """How many places it has."""
        return self.said[0] if self.said else RULES.limit

    @property
    def delay(self) -> int:
        """The longer one counts."""
        return max(self.said[1] if self.said else RULES.delay_ms, self.asked)


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
            "info": _hash({"state": self.state, **self.counts()}),
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
            "units:open": _hash({name: self.open_of(name) for name in self.units}),
            "units:done": _hash({end.unit: end.requests for end in ends}),
            "units:failed": _hash({end.unit: end.failed for end in ends}),
            "units:blocked": _hash({end.unit: end.blocked for end in ends}),
            "units:why": _hash({name: unit.why for name, unit in self.units.items()}),
        }


def _hash(found: dict[Any, Any]) -> dict[bytes, bytes]:
    return {f"{name}".encode(): f"{value}".encode() for name, value in found.items() if value}


class Model:
    """All jobs and hosts. What is named as an operation answers as that does."""

    def __init__(self, jobs: Sequence[str], hosts: Sequence[str]) -> None:
        """Begin without anything known of *jobs* and *hosts*."""
        self.now = 0.0
        self.jobs = [Job(name) for name in jobs]
        self.hosts = {host: Host() for host in hosts}
        self.tokens: set[bytes] = set()
        self.began = self.quiet_until = 0.0
        """After a restart nothing goes out until what was given out before has ended."""

    @property
    def lease_end(self) -> float:
        """Say when a lease of now ends."""
        return round(self.now + RULES.lease_ms, 3)

    def keys(self) -> dict[str, Any]:
        """Return what Redis is to hold: names without prefix, and contents."""
        there = [job for job in self.jobs if job.state != "gone"]
        found: dict[str, Any] = {"jobs": {job.name.encode() for job in there}}
        for job in there:
            ready = {host: [one.child.id for one in job.turn("ready", host)] for host in self.hosts}
            of_job = job.keys() | {f"ready:{host}": ids for host, ids in ready.items()}
            of_job["ring"] = {host.encode() for host, ids in ready.items() if ids}
            found |= {f"job:{job.name}:{name}": content for name, content in of_job.items()}
        for host in self.hosts:
            with_ready = {job.name.encode() for job in there if job.turn("ready", host)}
            places = {entry.token: entry.until for entry in self.places(host, self.now)}
            said = {name: "{} {}".format(*one) for name, one in self.hosts[host].limits.items()}
            found |= {f"host:{host}:busy": places, f"host:{host}:jobs": with_ready}
            found[f"host:{host}:limits"] = _hash(said)
        return {name: content for name, content in found.items() if content}

    def redis_began(self) -> None:
        """See that it is another one than before: all leases may be out that there were."""
        self.began = self.now
        self.quiet_until = self.now + RULES.lease_ms

    def places(self, host: str, at: float) -> list[Entry]:
        """Return the requests that have a place at *host* at the time *at*."""
        leased = [entry for job in self.jobs for entry in job.those("leased")]
        ours = [entry for entry in leased if entry.child.host == host]
        return [entry for entry in ours if entry.until > at and not entry.is_over]

    def free(self, host: str, at: float) -> int:
        """Return how many requests may go to *host* at the time *at*."""
        about, places = self.hosts[host], self.places(host, at)
        unsent = self._unsent(host)
        is_closed = unsent is not None and about.delay > 0 and at < unsent.until + about.delay
        delayed_until = self.began + about.delay if about.delay else 0
        if at < max(about.next_at, self.quiet_until, delayed_until) or is_closed:
            return 0
        free = max(0, about.limit - len(places))
        return min(1, free) if about.delay else free

    def could_lease(self, job: Job, at: float, alone: int) -> bool:
        """Tell whether a request of *job* may go at the time *at*, if only time goes by."""
        those = [entry for entry in job.those(*OPEN) if entry.could_go(at, alone)]
        return job.state == "running" and any(self.free(one.child.host, at) for one in those)

    def moments(self) -> list[float]:
        """Return when something may change by itself."""
        found = {entry.until for job in self.jobs for entry in job.those("waiting", "leased")}
        found |= {about.next_at for about in self.hosts.values()}
        found.add(self.quiet_until)
        found |= {self.began + about.delay for about in self.hosts.values()}
        unsent = {host: self._unsent(host) for host in self.hosts}
        found |= {one.until + self.hosts[host].delay for host, one in unsent.items() if one}
        return sorted(moment for moment in found if moment > self.now)

    def next_lease(self, job: Job, alone: int) -> float:
        """Return when a request of *job* may go, if only time goes by."""
        moments = [self.now, *self.moments()]
        fit = (at for at in moments if self.could_lease(job, at, alone))
        return next(fit, math.inf)

    def _unsent(self, host: str) -> Entry | None:
        """Return the lease that closes *host* until it is said to be sent, and a delay more."""
        token = self.hosts[host].unsent
        entries = [entry for job in self.jobs for entry in job.entries.values()]
        those = (one for one in entries if token and one.token == token and not one.is_over)
        return next(those, None)

    def lapse(self, host: str) -> None:
        """Count the delay of what was never said to be sent from the end of its lease."""
        unsent = self._unsent(host)
        if unsent and unsent.until <= self.now:
            self.hosts[host].unsent = b""
            opens = unsent.until + self.hosts[host].delay
            self.hosts[host].next_at = max(self.hosts[host].next_at, opens)

    def owned(self, job: Job, leased: Leased) -> Entry | None:
        """Return the request of a lease that has not come to its end."""
        entry = job.entries.get(leased.id)
        return entry if entry and entry.where == "leased" and entry.token == leased.token else None

    def host(self, job: Job, host: str, limit: int, delay: int) -> None:
        """Take limits. Of those that jobs have said the stricter ones hold."""
        if job.state not in {"gone", "ended"}:
            self.hosts[host].limits[job.name] = (limit, delay)
            job.hosts.add(host)
            self._agree(host)

    def unhost(self, job: Job) -> int:
        """Take back what a job that has ended said of hosts; it is not kept what others have."""
        if job.state == "ended":
            for host in job.hosts:
                self.hosts[host].limits.pop(job.name, None)
                self._agree(host)
            job.hosts.clear()
        return 0

    def _agree(self, host: str) -> None:
        self.lapse(host)
        about, there = self.hosts[host], {job.name for job in self.jobs if job.state != "gone"}
        about.limits = {name: said for name, said in about.limits.items() if name in there}
        limits, delays = [said[0] for said in about.limits.values()], about.limits.values()
        about.said = (min(limits), max(said[1] for said in delays)) if limits else None

    def leave(self, host: str, wait: int) -> None:
        """Let nobody ask *host* for so long."""
        self.hosts[host].next_at = max(self.hosts[host].next_at, self.now + wait)

    def pace(self, host: str, asked: int) -> None:
        """Take what its robots.txt asks for."""
        self.lapse(host)
        self.hosts[host].asked = asked

    def over(self, job: Job, leased: Leased) -> None:
        """Free the place."""
        self.lapse(leased.host)
        if entry := self.owned(job, leased):
            self._free(entry)

    def sent(self, leased: Leased) -> None:
        """Begin the delay."""
        about = self.hosts[leased.host]
        self.lapse(leased.host)
        if about.unsent == leased.token:
            about.unsent = b""
            self.leave(leased.host, about.delay)

    def seed(self, job: Job, name: int, child: Child) -> int:
        """Begin a unit, once, and none in a job that has ended."""
        if job.state in {"gone", "ended"} or name in job.units:
            return 0
        job.units[name] = Unit()
        if self._admit(job, name, [child]):
            return 1
        job.units[name].why = "another unit asks for the same"
        return 2

    def extend(self, job: Job, leased: Leased, children: Sequence[Child]) -> list[int]:
        """Admit what a request led to."""
        entry = self.owned(job, leased)
        return [1, self._admit(job, entry.unit, children)] if entry else [0, 0]

    def complete(
        self, job: Job, leased: Leased, end: tuple[str, int, str], children: Sequence[Child]
    ) -> list[int]:
        """End a request, and admit what it led to."""
        reply = self.extend(job, leased, children)
        entry = self.owned(job, leased)
        if entry:
            self._free(entry)
            entry.outcome, entry.rows, reason = end
            entry.where, entry.attempts, entry.reason = "done", 0, ""
            if entry.outcome != "done":
                self._explain(job, entry, reason)
        elif job.state != "gone":
            job.events["stale"] += 1
        return reply

    def release(self, job: Job, leased: Leased, wait: int, reason: str, *, is_counted: bool) -> int:
        """Give a request back."""
        entry = self.owned(job, leased)
        if entry:
            self._free(entry)
            self._put(entry, wait)
            if is_counted:
                self._fail(job, entry, reason)
        return int(entry is not None)

    def refuse(self, job: Job, leased: Leased, reason: str) -> int:
        """Give a request up."""
        entry = self.owned(job, leased)
        if entry:
            self._free(entry)
            entry.attempts = 0
            self._bury(job, entry, reason)
        return int(entry is not None)

    def retry(self, job: Job, ids: Iterable[bytes]) -> list[bytes]:
        """Let dead requests live again, and their job go on."""
        units = []
        for entry in [job.entries[name] for name in ids if name in job.entries]:
            if entry.where == "dead":
                self._put(entry, 0)
                entry.attempts, entry.reason = 0, ""
                job.units[entry.unit].tell_at = 0
                units.append(b"%d" % entry.unit)
        if units and job.state == "ended":
            job.state, job.stays = "running", False
        return units

    def forget(self, job: Job, keep: int) -> int:
        """Forget a job that has ended, or is empty; the next one has another name."""
        if job.state != "ended" and job.entries:
            return 0
        if keep and job.those("dead"):
            job.stays = True
            return 2
        self.jobs[self.jobs.index(job)] = Job(f"{job.name}x")
        job.state, job.is_seeded = "gone", False
        job.entries.clear()
        job.units.clear()
        job.hosts.clear()
        return 1

    def renewed(self, job: Job, leased: Leased, *, is_lost: bool) -> None:
        """Note the answer to a renewal. What expired may be lost, or hold again with its place."""
        entry = self.owned(job, leased)
        assert is_lost or entry
        if entry and not is_lost:
            entry.until = self.lease_end
        elif entry:
            assert entry.until <= self.now

    def told(self, job: Job, until: Mapping[int, float]) -> None:
        """Note that the ends of units have been told, by those whose they are until then."""
        for name, at in job.to_tell().items():
            if until.get(name) == at:
                job.units[name].tell_at = math.inf

    def lease(self, job: Job, slots: int, spare: int, alone: int, answer: Answer) -> None:
        """Judge an answer: what the rules allow, and something if anything can be taken."""
        self._time_has_come(job)
        could_lease = self.could_lease(job, self.now, alone)
        assert answer.leased or not (slots and could_lease)
        assert len(answer.leased) <= (slots + spare if job.state == "running" else 0)
        suspects = [leased.suspect for leased in answer.leased if leased.suspect]
        assert len(suspects) <= (slots > 0)
        assert suspects < [alone + 1]
        assert suspects != [2] or len(answer.leased) == 1
        for leased in answer.leased:
            self._take(job, leased)
            assert slots or self._is_half_free(leased.host)
        if job.state != "gone" and job.could_end():
            job.state = "ended"
        said = (answer.state, answer.open, answer.telling, answer.is_seeded)
        assert said == (job.state, job.counts()["open"], len(job.to_tell()), job.is_seeded)

    def _time_has_come(self, job: Job) -> None:
        for entry in job.those("leased", "waiting"):
            if entry.until <= self.now:
                was, entry.where = entry.where, "ready"
                if was == "leased":
                    self.lapse(entry.child.host)
                    entry.where = "solo" if entry.attempts else "suspect"
                    job.events["lost"] += 1
                    self._fail(job, entry, "its worker died, hung or was cut off")

    def _take(self, job: Job, leased: Leased) -> None:
        """Note a lease: the next one of its host or, if it is one, the next suspect that can go."""
        assert self.free(leased.host, self.now)
        kept = job.turn("solo" if leased.suspect > 1 else "suspect")
        suspects = [one for one in kept if self.free(one.child.host, self.now)]
        entry = suspects[0] if leased.suspect else job.turn("ready", leased.host)[0]
        about, child = self.hosts[leased.host], entry.child
        said = (leased.id, leased.host, leased.units, leased.delay_ms, leased.payload)
        assert said == (child.id, child.host, b"%d" % entry.unit, about.delay, child.payload)
        assert leased.token not in self.tokens
        self.tokens.add(leased.token)
        entry.where, entry.token, entry.is_over = "leased", leased.token, False
        entry.until = self.lease_end
        if about.delay:
            about.unsent = leased.token

    def _is_half_free(self, host: str) -> bool:
        about, places = self.hosts[host], self.places(host, self.now)
        return not about.delay and 2 * len(places) <= about.limit

    def _admit(self, job: Job, unit: int, children: Iterable[Child]) -> int:
        before = len(job.entries)
        for child in children:
            if child.id not in job.entries:
                job.entries[child.id] = entry = Entry(child, unit, len(job.entries))
                self._put(entry, child.wait)
        return len(job.entries) - before

    def _free(self, entry: Entry) -> None:
        """Let the place go."""
        self.lapse(entry.child.host)
        entry.is_over = True

    def _put(self, entry: Entry, wait: int) -> None:
        entry.where, entry.until = "waiting" if wait else "ready", self.now + wait

    def _fail(self, job: Job, entry: Entry, reason: str) -> None:
        entry.attempts, entry.reason = entry.attempts + 1, reason
        if entry.attempts == RULES.attempts:
            self._bury(job, entry, reason)

    def _bury(self, job: Job, entry: Entry, reason: str) -> None:
        entry.where, entry.until, entry.reason = "dead", self.now, reason
        self._explain(job, entry, reason)

    def _explain(self, job: Job, entry: Entry, reason: str) -> None:
        unit = job.units[entry.unit]
        unit.why = unit.why or reason
