"""The queue against its model: any order of what workers say, of time, and of ends of Redis."""

import asyncio
import math
import signal
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import ANY

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.client import PubSub  # noqa: TC002 - as everywhere here, imported for annotations

from crawlers import wire
from crawlers.frontier.connection import connect
from crawlers.frontier.ending import read_ends
from crawlers.frontier.program import Operations, Program
from crawlers.frontier.queue import Answer, Leased, LeaseQueue
from crawlers.units import DeadRequest
from tests.frontier.conftest import PREFIX, Pages
from tests.frontier.model import OPEN, RULES, Child, Entry, Job, Model
from tests.redis_server import RedisServer

ITS_TIME = "redis.call('TIME')"
OUR_TIME = "redis.call('MGET', '{clock}s', '{clock}us')"
BEGIN_US = 1_700_000_000_000_000
TELLS_MS, DAY_MS = 10_000, 86_400_000
NAMES, OWN = ["http://a.test:80", "b"], ["c", "d"]
REASON = "for a reason: 1, 2"
NOT_MODELLED = {b"created", b"seq", b"leases", b"lease", b"run", b"began"}

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
    max_examples=80,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes: on demand
    stateful_step_count=40,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


class Timed(Program):
    """The program, with the time that the test says."""

    @staticmethod
    @cache
    def text() -> str:
        """Take the time from where the test puts it."""
        text = Program.text()
        assert text.count(ITS_TIME) == 1
        return text.replace(ITS_TIME, OUR_TIME)


Asker = tuple[int, str]


class Worker(NamedTuple):
    """One of those who ask."""

    job: Job
    name: str


class Desk(RuleBasedStateMachine):
    """Says what workers say to Redis, and hears what it answers and whom it wakes."""

    server: RedisServer

    def __init__(self) -> None:
        """Begin with an empty Redis."""
        super().__init__()
        self.runner = asyncio.Runner()
        self.redis = connect(self.server.url)
        self.eyes = self.server.client()
        self.eyes.flushall()
        self.model = Model(["j0", "j1"], NAMES + OWN)
        self.queues: dict[Worker, LeaseQueue] = {}
        self.given: list[tuple[Worker, Leased]] = []
        self.asleep: dict[Worker, float] = {}
        """Who got too little: until when."""
        self.speaker: Worker | None = None
        self.operations, self.expected = Operations(), list[Any]()
        self.held_back, self.is_eager = 0, False
        self.has_begun = False
        """Redis has begun anew, with jobs that it knows, and nobody has called it since."""
        self.listen()
        self.set_clock(BEGIN_US)

    def teardown(self) -> None:
        """Leave nothing open."""
        self.ears.close()
        self.eyes.close()
        self.runner.run(self.redis.aclose())
        self.runner.close()

    def listen(self) -> None:
        """Hear whom Redis wakes."""
        self.ears: PubSub = self.eyes.pubsub()  # type: ignore[no-untyped-call]
        self.ears.psubscribe(f"{PREFIX}wake:*")

    def set_clock(self, us: int) -> None:
        """Let it be so many us after the epoch."""
        self.answers()
        self.us = us
        seconds, rest = divmod(us, 1_000_000)
        self.model.now = seconds * 1000 + rest / 1000
        self.eyes.mset({"{clock}s": seconds, "{clock}us": rest})

    def queue(self, worker: Worker) -> LeaseQueue:
        """Return the view of *worker*. As in life, no two workers ever have the same name."""
        if worker not in self.queues:
            job, who = worker.job.name, f"{worker.job.name}-{worker.name}"
            queue = LeaseQueue(self.redis, Pages(), PREFIX, wire, job=job, worker=who, rules=RULES)
            queue._program = Timed(self.redis, PREFIX, queue._program._header)
            self.queues[worker] = queue
        return self.queues[worker]

    def say(self, worker: Worker, name: str, *arguments: Any, expected: Any = ANY) -> None:
        """Let *worker* say something, in one call with what it has just said."""
        if self.speaker != worker:
            self.answers()
        self.speaker = worker
        self.operations.add(name, *arguments)
        self.expected.append(expected)

    def answers(self) -> Any:
        """Let Redis answer what was said; return the last reply."""
        if self.speaker is None:
            return None
        queue, operations, expected = self.queue(self.speaker), self.operations, self.expected
        self.speaker, self.operations, self.expected = None, Operations(), []
        if self.has_begun:
            self.model.redis_began()
            self.has_begun = False
        replies = self.runner.run(queue.run(operations))
        assert replies == expected
        return replies[-1]

    def worker(self, asker: Asker, fit: Callable[[Job], Any] = bool) -> Worker:
        """Return a worker of a job: of the other one if only that is *fit*."""
        job, other = self.model.jobs[asker[0]], self.model.jobs[1 - asker[0]]
        return Worker(other if fit(other) and not fit(job) else job, asker[1])

    def pick(self, which: int) -> tuple[Worker, Leased]:
        """Return a lease: most often one that holds, or one of what somebody else has now."""
        live = [one for one in self.given if self.model.owned(one[0].job, one[1])]
        now = [(who.job, leased.id) for who, leased in live]
        late = [one for one in self.given if (one[0].job, one[1].id) in now and one not in live]
        found = (late if which % 3 == 0 else live) or live or self.given
        return found[which % len(found)]

    def woken(self) -> None:
        """Wake those whom Redis has woken."""
        self.ears.ping()
        while (message := self.ears.get_message(timeout=5)) and message["type"] != "pong":
            if message["type"] == "pmessage":
                name = message["channel"].decode().removeprefix(f"{PREFIX}wake:")
                self.asleep = {who: at for who, at in self.asleep.items() if who.job.name != name}
        assert message

    def kept(self) -> dict[str, tuple[Any, bool]]:
        """Return the content of each key, and whether it is kept for a while only."""
        names: Any = sorted(self.eyes.keys())
        with self.eyes.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.type(name)
                pipe.pttl(name)
            about = pipe.execute()
            for name, kind in zip(names, about[::2], strict=True):
                if kind == b"zset":
                    pipe.zrange(name, 0, -1, withscores=True)
                else:
                    read = {b"hash": pipe.hgetall, b"set": pipe.smembers, b"string": pipe.get}
                    read[kind](name)
            contents = zip(pipe.execute(), about[1::2], strict=True)
        found = [(content, left_ms > 0) for content, left_ms in contents]
        return dict(zip([name.decode().removeprefix(PREFIX) for name in names], found, strict=True))


class Frontier(Desk):
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

    def nobody_oversleeps(self) -> None:
        """Nobody sleeps while there is work, or when the job can end.

        But for suspects: nobody is woken when the host of one is free.
        """
        self.answers()
        self.woken()
        for who, until in self.asleep.items():
            is_late = until >= self.model.now + 1  # it sleeps for whole ms
            assert not (is_late and self.model.could_lease(who.job, self.model.now, 0))
            assert not who.job.could_end()

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

    def lease(self, who: Worker, slots: int, spare: int, alone: int) -> None:
        """Ask for leases, and sleep if those were too few."""
        self.say(who, "lease", slots, spare, alone)
        answer = Answer.read(self.answers())
        self.asleep.pop(who, None)
        model = self.model
        model.lease(who.job, slots, spare, alone, answer)
        self.given += [(who, leased) for leased in answer.leased]
        due_ms = math.inf if answer.due_ms is None else answer.due_ms
        suspects = [leased.suspect for leased in answer.leased if leased.suspect]
        is_hungry = len(answer.leased) < slots + spare and suspects != [2]
        if who.job.state == "running" and is_hungry:
            self.asleep[who] = model.now + due_ms
        if suspects or not slots:
            return
        moment = model.next_lease(who.job, min(alone, 1) if answer.leased else alone)
        assert moment == math.inf or due_ms <= math.ceil(moment - model.now)

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

    def prolong(self, who: Worker, leases: list[Leased]) -> None:
        """Renew leases."""
        fields = [field for one in leases for field in (one.id, one.token, one.host)]
        self.say(who, "renew", len(leases), *fields)
        lost = self.answers()
        for leased in leases:
            self.model.renewed(who.job, leased, is_lost=leased.id in lost)

    @has_given
    @rule(which=WHICH, children=CHILDREN)
    def extend(self, which: int, children: list[Child]) -> None:
        """Send children ahead."""
        self.more(*self.pick(which), children)

    def more(self, who: Worker, leased: Leased, children: list[Child]) -> None:
        """Send children ahead."""
        reply = self.model.extend(who.job, leased, children)
        fields = [field for child in children for field in child.fields]
        head = (leased.id, leased.token, leased.units, len(children))
        self.say(who, "extend", *head, *fields, expected=reply)

    @has_given
    @rule(which=WHICH, outcome=OUTCOMES, rows=st.integers(0, 3), children=CHILDREN | st.just([]))
    def complete(self, which: int, outcome: str, rows: int, children: list[Child]) -> None:
        """End a request with all that it led to."""
        self.end(*self.pick(which), (outcome, rows, REASON), children)

    def end(
        self, who: Worker, leased: Leased, end: tuple[str, int, str], children: list[Child]
    ) -> None:
        """End a request."""
        reply = self.model.complete(who.job, leased, end, children)
        fields = [field for child in children for field in child.fields]
        head = (leased.id, leased.token, leased.host, leased.units, *end, len(children))
        self.say(who, "complete", *head, *fields, expected=reply)

    @has_given
    @rule(which=WHICH, wait=WAITS, is_counted=st.booleans())
    def release(self, which: int, wait: int, *, is_counted: bool) -> None:
        """Give a request back."""
        self.put_back(*self.pick(which), wait, is_counted=is_counted)

    def put_back(self, who: Worker, leased: Leased, wait: int, *, is_counted: bool) -> None:
        """Give a request back."""
        reply = self.model.release(who.job, leased, wait, REASON, is_counted=is_counted)
        head = (leased.id, leased.token, leased.host)
        self.say(who, "release", *head, wait, int(is_counted), REASON, expected=reply)

    @has_given
    @rule(which=WHICH)
    def refuse(self, which: int) -> None:
        """Give a request up."""
        self.give_up(*self.pick(which))

    def give_up(self, who: Worker, leased: Leased) -> None:
        """Give a request up."""
        reply = self.model.refuse(who.job, leased, REASON)
        self.say(who, "refuse", leased.id, leased.token, leased.host, REASON, expected=reply)

    @has_given
    @rule(which=WHICH, word=st.sampled_from(["sent", "over"]))
    def transfer(self, which: int, word: str) -> None:
        """Say that a request has left, or that its transfer has ended."""
        self.transferred(*self.pick(which), word)

    def transferred(self, who: Worker, leased: Leased, word: str) -> None:
        """Say that a request has left, or that its transfer has ended."""
        if word == "sent":
            self.model.sent(leased)
        else:
            self.model.over(who.job, leased)
        self.say(who, word, leased.host, leased.token)

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

    def dead_request(self, entry: Entry) -> DeadRequest:
        """Return how the dead are listed."""
        name, payload = entry.child.id.hex(), entry.child.payload
        return DeadRequest(name, round(entry.until, 3), entry.attempts, entry.reason, payload)

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

    def end_all(self, job: Job, refused: int) -> None:
        """End what is leased; some of it is refused."""
        for who, leased in self.given:
            if who.job is job and self.model.owned(job, leased):
                if leased.id[-1] % 4 < refused:
                    self.give_up(who, leased)
                else:
                    self.end(who, leased, ("done", 1, ""), [])

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


def plain(name: str, content: Any, now: float) -> Any:
    """Return the content of a key as the model says it; nothing of what it does not say."""
    host, job = name.startswith("host:"), name.startswith("job:")
    kind = name.split(":")[-1 if host else 2 if job else 0]
    if isinstance(content, dict) and (not host or kind == "limits"):
        found = {at: value for at, value in content.items() if at not in NOT_MODELLED}
        found = {at: value for at, value in found.items() if value != b"0"}
        return set(found) if kind == "data" else found
    if isinstance(content, dict) or kind in {"workers", "hungry", "{clock}s", "{clock}us"}:
        return None
    read = READ.get(kind)
    return read(content, now) if read else dict(content) if isinstance(content, list) else content


READ: dict[str, Callable[[Any, float], Any]] = {
    "ready": lambda content, _: [member[6:] for member, _ in content],
    "suspects": lambda content, _: [id_of_suspect(member) for member, _ in content],
    "solo": lambda content, _: [id_of_suspect(member) for member, _ in content],
    "busy": lambda content, now: {token: until for token, until in content if until > now},
    "ring": lambda content, _: {member for member, _ in content},
}
"""How a sorted set is read that is more than names and numbers."""


def id_of_suspect(member: bytes) -> bytes:
    """Return what stands after the place and its own length, before the host."""
    return member[8 : 8 + int.from_bytes(member[6:8], "big")]


def test_the_queue_does_what_its_model_says() -> None:
    with RedisServer({"appendfsync": "always"}) as server:
        machine = type("OnServer", (Frontier,), {"server": server})
        run_state_machine_as_test(machine, settings=SETTINGS)
