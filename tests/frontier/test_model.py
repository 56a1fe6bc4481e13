"""The queue against its model: any order of what workers say, of time, and of ends of Redis."""

import math
import signal
from unittest.mock import ANY

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crawlers.frontier.ending import read_ends
from tests.frontier.contents import plain
from tests.frontier.desk import NAMES, OWN, Asker, Worker
from tests.frontier.model_jobs import OPEN, RULES, Child, Job
from tests.frontier.speaker import REASON, Speaker
from tests.redis_server import RedisServer

TELLS_MS, DAY_MS = 10_000, 86_400_000

ASKERS = st.tuples(st.sampled_from([0, 1]), st.sampled_from("vw"))
HOSTS, UNITS, WHICH = st.sampled_from(NAMES), st.integers(1, 9), st.integers(0, 15)
IDS = st.integers(0, 40).map(lambda number: b"\0,%d" % number)
PRIORITIES, WAITS = st.sampled_from([0, 0, -3, 10]), st.sampled_from([0, 0, 0, 300, 2000])
CHILD = st.builds(Child, IDS, HOSTS, PRIORITIES, WAITS)
CHILDREN = st.lists(CHILD, min_size=1, max_size=4)
MANY = st.lists(CHILD, min_size=4, max_size=8)
OUTCOMES = st.sampled_from(["done", "done", "failed", "blocked"])
STATES = st.sampled_from(["running", "running", "paused", "draining"])
ROOMS = st.sampled_from([(1, 0), (3, 0), (0, 4), (2, 4), (0, 0)])
DELAYS, KEPT = st.sampled_from([0, 50, 700, 3000]), st.sampled_from([None, 0, DAY_MS])
has_given = precondition(lambda self: self.given)
has_dead = precondition(lambda self: any(job.those("dead") for job in self.model.jobs))
has_news = precondition(lambda self: any(job.to_tell() for job in self.model.jobs))
has_moments = precondition(lambda self: self.model.moments())
SETTINGS = settings(
    max_examples=50,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes: on demand
    stateful_step_count=40,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


class Frontier(Speaker):
    """Two jobs with two workers each, on the same hosts."""

    @initialize(seeds=st.tuples(MANY, MANY), is_eager=st.booleans(), is_announced=st.booleans())
    def begin(
        self, seeds: tuple[list[Child], list[Child]], *, is_eager: bool, is_announced: bool
    ) -> None:
        """Seed both jobs, and announce limits. Whoever is eager asks for leases in each call."""
        self.seed((0, "v"), 1, seeds[0], is_all=False)
        self.seed((1, "v"), 1, seeds[1], is_all=False)
        if is_announced:
            self.limits((0, "v"), NAMES[0], 4, 0)
            self.limits((0, "v"), NAMES[1], 1, 500)
        self.is_eager = is_eager

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        """Compare, unless words are held back."""
        if self.speaker and self.held_back:
            self.held_back -= 1
            return
        if self.speaker and self.is_eager:
            self.lease(self.speaker, 1, 0, 0)
        self.nobody_oversleeps()
        kept = self.kept()
        found = {name: plain(name, content, self.model.now) for name, (content, _) in kept.items()}
        assert {name: content for name, content in found.items() if content} == self.model.keys()
        brief = {(name.split(":")[1], brief) for name, (_, brief) in kept.items() if "job:" in name}
        assert brief == {(job.name, job.stays) for job in self.model.jobs if job.state != "gone"}

    @rule()
    def hold_back(self) -> None:
        """Let what is said in the next steps go in one call."""
        self.held_back = 4

    @rule(asker=ASKERS, unit=UNITS, seeds=CHILDREN, is_all=st.booleans())
    def seed(self, asker: Asker, unit: int, seeds: list[Child], *, is_all: bool) -> None:
        """Enter a job and begin units, some of them twice; perhaps those are all."""
        who = self.worker(asker)
        job = who.job
        is_new = job.state == "gone"
        job.state = "running" if is_new else job.state
        found = [job.state.encode(), int(job.is_seeded), int(is_new), ANY]
        self.say(who, "join", expected=found)
        for place, child in enumerate(seeds):
            name = unit + place - place // 3
            reply = self.model.seed(job, name, child)
            self.say(who, "seed", name, *child.fields, expected=reply)
        if is_all:
            job.is_seeded = True
            self.say(who, "seeded")

    @rule(asker=ASKERS)
    def part(self, asker: Asker) -> None:
        """Leave a job, and say nothing about leases."""
        who = self.worker(asker)
        self.say(who, "part")
        self.answers()
        self.asleep.pop(who, None)

    @rule(asker=ASKERS, room=ROOMS, alone=st.integers(0, 2))
    def ask(self, asker: Asker, room: tuple[int, int], alone: int) -> None:
        """Ask for leases."""
        self.lease(self.worker(asker), *room, alone)

    @rule(asker=ASKERS)
    def ask_for_many(self, asker: Asker) -> None:
        """Ask for as many as may be."""
        self.lease(self.worker(asker), 4, 4, 2)

    @has_given
    @rule(which=WHICH, us=st.sampled_from([300_000, 0, 900_000]), is_over=st.booleans())
    def renew(self, which: int, us: int, *, is_over: bool) -> None:
        """Renew the leases of a worker after a while, whether they hold or not."""
        who, leased = self.pick(which)
        if is_over:
            self.transferred(who, leased, "over")
        self.set_clock(self.us + us)
        ours = {leased.id: leased for owner, leased in self.given if owner == who}
        self.prolong(who, list(ours.values()))

    @has_given
    @rule(which=WHICH, children=CHILDREN)
    def extend(self, which: int, children: list[Child]) -> None:
        """Send children ahead."""
        self.more(*self.pick(which), children)

    @has_given
    @rule(which=WHICH, outcome=OUTCOMES, rows=st.integers(0, 3), children=CHILDREN | st.just([]))
    def complete(self, which: int, outcome: str, rows: int, children: list[Child]) -> None:
        """End a request with all that it led to."""
        self.end(*self.pick(which), (outcome, rows, REASON), children)

    @has_given
    @rule(which=WHICH, wait=WAITS, is_counted=st.booleans())
    def release(self, which: int, wait: int, *, is_counted: bool) -> None:
        """Give a request back."""
        self.put_back(*self.pick(which), wait, is_counted=is_counted)

    @has_given
    @rule(which=WHICH)
    def refuse(self, which: int) -> None:
        """Give a request up."""
        self.give_up(*self.pick(which))

    @has_given
    @rule(which=WHICH, word=st.sampled_from(["sent", "over"]))
    def transfer(self, which: int, word: str) -> None:
        """Say that a request has left, or that its transfer has ended."""
        self.transferred(*self.pick(which), word)

    @rule(asker=ASKERS, host=HOSTS, limit=st.integers(1, 4), delay=st.sampled_from([0, 0, 500]))
    def limits(self, asker: Asker, host: str, limit: int, delay: int) -> None:
        """Announce the limits of a host."""
        who = self.worker(asker)
        self.model.host(who.job, host, limit, delay)
        self.say(who, "host", host, limit, delay)

    @rule(asker=ASKERS, host=HOSTS, word=st.sampled_from(["pace", "leave"]), ms=DELAYS)
    def slow_down(self, asker: Asker, host: str, word: str, ms: int) -> None:
        """Say what robots.txt asks for, or leave a host alone, as two answers ask for it."""
        who = self.worker(asker)
        if word == "pace":
            self.model.pace(host, ms)
            self.say(who, word, host, ms)
        else:
            for wait in (ms, ms // 2):
                self.model.leave(host, wait)
                self.say(who, word, host, wait)

    @rule(us=st.sampled_from([1, 100_000, 999_999, 1_000_000, 11_000_000]))
    def time_goes_by(self, us: int) -> None:
        """Move the clock."""
        self.set_clock(self.us + us)

    @has_moments
    @rule(which=st.integers(0, 2), early_us=st.sampled_from([0, 0, 1]), asker=st.none() | ASKERS)
    def the_moment_comes(self, which: int, early_us: int, asker: Asker | None) -> None:
        """Move the clock to when something changes by itself, or to just before that."""
        moments = self.model.moments()
        moment_us = round(moments[which % len(moments)] * 1000)
        self.set_clock(max(self.us, moment_us - early_us))
        if asker:
            self.lease(self.worker(asker), 3, 0, 2)

    @has_dead
    @rule(asker=ASKERS, count=st.integers(0, 3), other=IDS)
    def retry(self, asker: Asker, count: int, other: bytes) -> None:
        """Look at the dead, and let some live again; the last one named is none, perhaps."""
        who = self.worker(asker, lambda job: job.those("dead"))
        self.answers()
        dead = sorted(who.job.those("dead"), key=lambda entry: (entry.until, entry.child.id))
        assert self.runner.run(self.queue(who).dead()) == [
            self.dead_request(entry) for entry in dead
        ]
        ids = [*[entry.child.id for entry in dead][:count], other]
        reply = self.model.retry(who.job, ids)
        self.say(who, "retry", len(ids), *ids, expected=reply)

    @rule(asker=ASKERS, to=STATES)
    def change(self, asker: Asker, to: str) -> None:
        """Pause, drain or resume a job."""
        who = self.worker(asker)
        if who.job.state not in {"gone", "ended"}:
            who.job.state = to
        self.say(who, "state", to, expected=who.job.state.encode())
        if to == "paused":
            self.lease(Worker(who.job, "vw".replace(who.name, "")), 1, 0, 0)

    @has_news
    @rule(asker=ASKERS, most=st.integers(1, 4))
    def ended_units(self, asker: Asker, most: int) -> None:
        """Fetch units to tell; for a while nobody else gets them."""
        who = self.worker(asker, Job.to_tell)
        self.say(who, "units", most)
        ends = read_ends(self.answers())
        due = [name for name, at in who.job.to_tell().items() if at <= self.model.now]
        assert len(ends) == len({end.unit for end, _ in ends}) == min(most, len(due))
        for end, until in ends:
            assert end.unit in due
            assert end == who.job.end(end.unit)
            assert until == round(self.model.now + TELLS_MS, 3)
            who.job.units[end.unit].tell_at = until

    @has_news
    @rule(asker=ASKERS, names=st.sets(UNITS), late_ms=st.sampled_from([0, 0, 1]))
    def told(self, asker: Asker, names: set[int], late_ms: int) -> None:
        """Say that units have been told, whether they have ended or not, or once more since."""
        who = self.worker(asker, Job.to_tell)
        self.answers()
        ours = who.job.to_tell()
        until = {name: ours.get(name, 0) + late_ms for name in sorted(names)}
        self.model.told(who.job, until)
        fields = [field for pair in until.items() for field in pair]
        self.say(who, "told", len(until), *fields)

    @has_given
    @rule(asker=ASKERS, keep=st.sampled_from([0, DAY_MS]))
    def forget(self, asker: Asker, keep: int) -> None:
        """Forget a job, if it has ended."""
        who = self.worker(asker, lambda job: job.state == "ended")
        if keep:
            self.say(who, "unhost", expected=self.model.unhost(who.job))
        self.say(who, "forget", keep, expected=self.model.forget(who.job, keep))
        self.answers()

    @rule(asker=ASKERS)
    def a_host_opens(self, asker: Asker) -> None:
        """Ask while a job's own host is slow, and when it is not; while it is narrow, and wide."""
        host, place = OWN[asker[0]], len(self.worker(asker).job.entries)
        seeds = [Child(b"own %d" % (place + at), host, 0, 0) for at in range(6)]
        self.seed(asker, 100 + place, seeds, is_all=False)
        self.limits(asker, host, 4, 0)
        for delay in (700, 0):
            self.slow_down(asker, host, "pace", delay)
            self.ask_for_many(asker)
        self.end_all(self.worker(asker).job, 0)
        for limit in (1, 4):
            self.limits(asker, host, limit, 0)
            self.lease(self.worker(asker), 0, 4, 0)
            self.ask_for_many(asker)

    @has_given
    @rule(which=st.integers(1, 9), name=st.sampled_from("vw"), is_left=st.booleans())
    def a_worker_is_late(self, which: int, name: str, *, is_left: bool) -> None:
        """Let a lease expire and perhaps another worker take over, then say all there is to say."""
        who, leased = self.pick(which)
        self.set_clock(self.us + RULES.lease_ms * 1000)
        if is_left:
            self.model.leave(leased.host, 50)
            self.say(who, "leave", leased.host, 50)
        for us in (0, 50_000):
            self.set_clock(self.us + us)
            self.lease(Worker(who.job, name), 4, 0, 2)
        self.prolong(who, [leased])
        self.end(who, leased, ("failed", 5, REASON), [])
        self.more(who, leased, [Child(b"late", leased.host, 0, 0)])
        self.put_back(who, leased, 0, is_counted=True)
        self.give_up(who, leased)

    @has_given
    @rule(asker=ASKERS, is_all=st.booleans(), refused=st.integers(0, 3), to=STATES, keep=KEPT)
    def all_is_done(
        self, asker: Asker, refused: int, to: str, keep: int | None, *, is_all: bool
    ) -> None:
        """Do all there is as soon as it may be done: with that, and not before, a job ends."""
        self.seed(asker, 1, [], is_all=is_all)
        self.change(asker, "running")
        who = self.worker(asker)
        for _ in range(200):
            self.lease(who, 3, 0, 2)
            if not who.job.those(*OPEN):
                break
            self.end_all(who.job, refused)
            if (moment := self.model.next_lease(who.job, 2)) < math.inf:
                self.set_clock(max(self.us, math.ceil(moment) * 1000))
        self.nobody_oversleeps()
        self.lease(who, 3, 0, 2)
        self.told(asker, set(who.job.to_tell()), 0)
        self.nobody_oversleeps()
        self.change(asker, to)
        self.lease(who, 1, 0, 2)
        assert (who.job.state == "ended") == who.job.is_seeded
        if keep is not None:
            self.forget(asker, keep)
        if who.job.stays and to == "running":
            self.retry(asker, 3, b"none")

    @rule(how=st.sampled_from([signal.SIGKILL, signal.SIGTERM]))
    def redis_ends(self, how: signal.Signals) -> None:
        """Start Redis again: all that it answered for is there, but it cannot know that."""
        self.answers()
        self.woken()
        before = self.kept()
        self.ears.close()
        self.server.stop(how)
        self.server.start()
        self.eyes.connection_pool.disconnect()
        self.runner.run(self.redis.connection_pool.disconnect())
        self.listen()
        assert self.kept() == before
        self.has_begun = self.has_begun or any(job.state != "gone" for job in self.model.jobs)


def test_the_queue_does_what_its_model_says() -> None:
    with RedisServer({"appendfsync": "always"}) as server:
        machine = type("OnServer", (Frontier,), {"server": server})
        run_state_machine_as_test(machine, settings=SETTINGS)
