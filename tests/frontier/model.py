"""What the frontier promises, said plainly: requests in dicts, and a time that stands still."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crawlers.frontier.queue import Answer, Leased
from tests.frontier.model_hosts import Hosts
from tests.frontier.model_jobs import RULES, Child, Entry, Job, Unit, hash_of


class Model(Hosts):
    """All jobs and hosts. What is named as an operation answers as that does."""

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
            found[f"host:{host}:limits"] = hash_of(said)
        return {name: content for name, content in found.items() if content}

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
