"""What the model knows of hosts, which all jobs share: places, delays, and when they are free."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawlers.frontier.queue import Leased
from tests.frontier.model_jobs import OPEN, RULES, Entry, Job


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


class Hosts:
    """All hosts, and the jobs that use them."""

    def __init__(self, jobs: Sequence[str], hosts: Sequence[str]) -> None:
        """Begin without anything known of *jobs* and *hosts*."""
        self.now = 0.0
        self.jobs = [Job(name) for name in jobs]
        self.hosts = {host: Host() for host in hosts}
        self.tokens: set[bytes] = set()
        self.began = self.quiet_until = 0.0
        """After a restart nothing goes out until what was given out before has ended."""

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

    def _free(self, entry: Entry) -> None:
        """Let the place go."""
        self.lapse(entry.child.host)
        entry.is_over = True
