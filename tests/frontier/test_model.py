"""The queue against its model: any order of what workers say, of time, and of ends of Redis."""

import asyncio
import math
import signal
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import ANY

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crawlers import wire
from crawlers.frontier.connection import connect
from crawlers.frontier.ending import read_ends
from crawlers.frontier.program import Operations, Program
from crawlers.frontier.queue import Answer, Leased, LeaseQueue
from crawlers.units import DeadRequest
from tests.frontier.conftest import PREFIX, Pages
from tests.frontier.model import RULES, TELLS_MS, Child, Job, Model, plain
from tests.redis_server import RedisServer

ITS_TIME = "redis.call('TIME')"
OUR_TIME = "redis.call('MGET', '{clock}s', '{clock}us')"
BEGIN_US = 1_700_000_000_000_000
DAY_MS = 86_400_000
NAMES = [f"http://{name}.test:80" for name in "abc"]
REASON = "for a reason: 1, 2"

ASKERS = st.tuples(st.sampled_from([0, 1]), st.sampled_from("vw"))
HOSTS, UNITS, WHICH = st.sampled_from(NAMES), st.integers(1, 6), st.integers(0, 15)
IDS = st.integers(0, 40).map(lambda number: b"\0,%d" % number)
WAITS, PRIORITIES = st.sampled_from([0, 0, 0, 300, 2000]), st.sampled_from([0, 0, -3, 10])
CHILDREN = st.lists(st.builds(Child, IDS, HOSTS, PRIORITIES, WAITS), max_size=4)
OUTCOMES = st.sampled_from(["done", "done", "failed", "blocked"])
STATES = st.sampled_from(["running", "running", "paused", "draining"])


class Timed(Program):
    """The program, with the time that the test says."""

    @staticmethod
    @cache
    def text() -> str:
        """Take the time from where the test puts it."""
        text = Program.text()
        assert text.count(ITS_TIME) == 1
        return text.replace(ITS_TIME, OUR_TIME)


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
        self.model = Model(["j0", "j1"], NAMES)
        self.queues: dict[Worker, LeaseQueue] = {}
        self.given: list[tuple[Worker, Leased]] = []
        self.asleep: dict[Worker, float] = {}
        self.speaker: Worker | None = None
        self.operations, self.expected = Operations(), list[Any]()
        self.held_back = 0
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
        self.ears = self.eyes.pubsub()
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
        self.asleep.pop(self.speaker, None)
        self.speaker, self.operations, self.expected = None, Operations(), []
        replies = self.runner.run(queue.run(operations))
        assert replies == expected
        return replies[-1]

    def worker(self, asker: tuple[int, str]) -> Worker:
        """Return a worker of a job."""
        return Worker(self.model.jobs[asker[0]], asker[1])

    def live(self) -> list[tuple[Worker, Leased]]:
        """Return the leases that hold."""
        return [(who, leased) for who, leased in self.given if self.model.owned(who.job, leased)]

    def pick(self, which: int) -> tuple[Worker, Leased]:
        """Return a lease: one that holds, if there is one and *which* is not divisible by 4."""
        found = self.live()
        found = found if found and which % 4 else self.given
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
        names = sorted(self.eyes.keys())
        with self.eyes.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.type(name).pttl(name)
            about = pipe.execute()
            for name, kind in zip(names, about[::2], strict=True):
                if kind == b"zset":
                    pipe.zrange(name, 0, -1, withscores=True)
                else:
                    read = {b"hash": pipe.hgetall, b"set": pipe.smembers, b"string": pipe.get}
                    read[kind](name)
            contents = zip(pipe.execute(), about[1::2], strict=True)
        found = [(content, left_ms > 0) for content, left_ms in contents]
        return dict(zip([name.decode() for name in names], found, strict=True))

    @invariant()
    def redis_holds_what_the_model_says(self) -> None:
        """Compare, and see that nobody sleeps while there is work; unless words are held back."""
        if self.speaker and self.held_back:
            self.held_back -= 1
            return
        self.answers()
        self.woken()
        model = self.model
        for who, until in self.asleep.items():
            is_asleep = who.job.state == "running" and until > model.now
            assert not (is_asleep and model.could_lease(who.job, model.now))
        kept = self.kept()
        found = {name.removeprefix(PREFIX): content for name, (content, _) in kept.items()}
        assert plain(found, model.now) == model.keys()
        for job in model.jobs:
            whole = [brief for name, (_, brief) in kept.items() if f"job:{job.name}:" in name]
            assert set(whole) <= {job.stays}
            assert whole or job.state == "gone"


class Frontier(Desk):
    """Two jobs with two workers each, on the same hosts."""

    @initialize(joined=st.sets(ASKERS), is_announced=st.booleans())
    def begin(self, joined: set[tuple[int, str]], *, is_announced: bool) -> None:
        """Join jobs, and announce limits."""
        for asker in sorted(joined):
            self.join(asker)
        if is_announced:
            for host, limit, delay in zip(NAMES, [1, 3, 2], [0, 0, 500], strict=True):
                self.limits((0, "v"), host, limit, delay)

    @rule()
    def hold_back(self) -> None:
        """Let what is said in the next steps go in one call."""
        self.held_back = 4

    @rule(asker=ASKERS)
    def join(self, asker: tuple[int, str]) -> None:
        """Begin or enter a job."""
        who = self.worker(asker)
        who.job.state = "running" if who.job.state == "gone" else who.job.state
        self.say(who, "join", expected=[who.job.state.encode(), int(who.job.is_seeded)])

    @rule(asker=ASKERS)
    def part(self, asker: tuple[int, str]) -> None:
        """Leave a job, and say nothing about leases."""
        self.say(self.worker(asker), "part")
        self.answers()

    @rule(asker=ASKERS, unit=UNITS, seeds=CHILDREN)
    def seed(self, asker: tuple[int, str], unit: int, seeds: list[Child]) -> None:
        """Begin units, and each of them twice."""
        who = self.worker(asker)
        for place, child in enumerate(seeds):
            reply = self.model.seed(who.job, unit + place // 2, child)
            self.say(who, "seed", unit + place // 2, *child.fields, expected=reply)

    @rule(asker=ASKERS)
    def all_is_seeded(self, asker: tuple[int, str]) -> None:
        """Let a job come to its end."""
        who = self.worker(asker)
        who.job.is_seeded = who.job.state != "gone"
        self.say(who, "seeded")

    @rule(asker=ASKERS, slots=st.integers(0, 4), spare=st.integers(0, 4))
    def lease(self, asker: tuple[int, str], slots: int, spare: int) -> None:
        """Take what the rules allow, and something if anything can be taken."""
        who, model = self.worker(asker), self.model
        self.say(who, "lease", slots, spare)
        answer = Answer.read(self.answers())
        model.time_has_come(who.job)
        could_lease = who.job.state == "running" and model.could_lease(who.job, model.now)
        assert answer.leased or not (slots and could_lease)
        assert len(answer.leased) <= (slots + spare if could_lease else 0)
        for leased in answer.leased:
            model.leased(who.job, leased)
            self.given.append((who, leased))
            assert slots or model.is_half_free(leased.host)
        if who.job.state != "gone" and who.job.could_end():
            who.job.state = "ended"
        self.understand(who, answer, slots + spare)

    def understand(self, who: Worker, answer: Answer, wanted: int) -> None:
        """Compare what the answer says of the job; let a worker sleep that got too little."""
        job, now = who.job, self.model.now
        due_ms = math.inf if answer.due_ms is None else answer.due_ms
        said = (answer.state, answer.open, answer.telling, answer.is_seeded)
        assert said == (job.state, job.counts()["open"], len(job.to_tell()), job.is_seeded)
        if job.state != "gone" and len(answer.leased) < wanted:
            self.asleep[who] = now + due_ms
        if job.state == "running" and (moment := self.model.next_lease(job)) < math.inf:
            assert due_ms <= math.ceil(moment - now)

    @precondition(lambda self: self.given)
    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        """Renew the leases of a worker, whether they hold or not."""
        who, _ = self.pick(which)
        ours = {leased.id: leased for owner, leased in self.given if owner == who}
        fields = [field for one in ours.values() for field in (one.id, one.token, one.host)]
        self.say(who, "renew", len(ours), *fields)
        lost = self.answers()
        for leased in ours.values():
            self.model.renewed(who.job, leased, is_lost=leased.id in lost)

    @precondition(lambda self: self.given)
    @rule(which=WHICH, children=CHILDREN)
    def extend(self, which: int, children: list[Child]) -> None:
        """Send children ahead."""
        who, leased = self.pick(which)
        reply = self.model.extend(who.job, leased, children)
        fields = [field for child in children for field in child.fields]
        head = (leased.id, leased.token, leased.units, len(children))
        self.say(who, "extend", *head, *fields, expected=reply)

    @precondition(lambda self: self.given)
    @rule(which=WHICH, outcome=OUTCOMES, rows=st.integers(0, 3), children=CHILDREN)
    def complete(self, which: int, outcome: str, rows: int, children: list[Child]) -> None:
        """End a request."""
        self.end(*self.pick(which), (outcome, rows, REASON), children)

    def end(
        self, who: Worker, leased: Leased, end: tuple[str, int, str], children: list[Child]
    ) -> None:
        """End a request."""
        reply = self.model.complete(who.job, leased, end, children)
        fields = [field for child in children for field in child.fields]
        head = (leased.id, leased.token, leased.host, leased.units, *end, len(children))
        self.say(who, "complete", *head, *fields, expected=reply)

    @precondition(lambda self: self.given)
    @rule(which=WHICH, wait=WAITS, is_counted=st.booleans())
    def release(self, which: int, wait: int, *, is_counted: bool) -> None:
        """Give a request back."""
        who, leased = self.pick(which)
        reply = self.model.release(who.job, leased, wait, REASON, is_counted=is_counted)
        head = (leased.id, leased.token, leased.host)
        self.say(who, "release", *head, wait, int(is_counted), REASON, expected=reply)

    @precondition(lambda self: self.given)
    @rule(which=WHICH)
    def refuse(self, which: int) -> None:
        """Give a request up."""
        who, leased = self.pick(which)
        reply = self.model.refuse(who.job, leased, REASON)
        self.say(who, "refuse", leased.id, leased.token, leased.host, REASON, expected=reply)

    @precondition(lambda self: self.given)
    @rule(which=WHICH, word=st.sampled_from(["sent", "over"]))
    def transfer(self, which: int, word: str) -> None:
        """Say that a request has left, or that its transfer has ended."""
        who, leased = self.pick(which)
        if word == "sent":
            self.model.sent(leased)
        elif entry := self.model.owned(who.job, leased):
            entry.is_over = True
        self.say(who, word, leased.host, leased.token)

    @rule(asker=ASKERS, host=HOSTS, limit=st.integers(1, 4), delay=st.sampled_from([0, 0, 500]))
    def limits(self, asker: tuple[int, str], host: str, limit: int, delay: int) -> None:
        """Announce the limits of a host."""
        who = self.worker(asker)
        self.model.host(who.job, host, limit, delay)
        self.say(who, "host", host, limit, delay)

    @rule(asker=ASKERS, host=HOSTS, delay=st.sampled_from([0, 0, 1500]))
    def pace(self, asker: tuple[int, str], host: str, delay: int) -> None:
        """Say what robots.txt asks for."""
        self.model.hosts[host].asked = delay
        self.say(self.worker(asker), "pace", host, delay)

    @rule(asker=ASKERS, host=HOSTS, wait=st.sampled_from([50, 700, 3000]))
    def leave(self, asker: tuple[int, str], host: str, wait: int) -> None:
        """Leave a host alone."""
        self.model.leave(host, wait)
        self.say(self.worker(asker), "leave", host, wait)

    @rule(us=st.sampled_from([1, 100_000, 999_999, 1_000_000, 11_000_000]))
    def time_goes_by(self, us: int) -> None:
        """Move the clock."""
        self.set_clock(self.us + us)

    @precondition(lambda self: self.model.moments())
    @rule(which=st.integers(0, 2), early_us=st.sampled_from([0, 0, 1]))
    def the_moment_comes(self, which: int, early_us: int) -> None:
        """Move the clock to when something changes by itself, or to just before that."""
        moments = self.model.moments()
        moment_us = round(moments[which % len(moments)] * 1000)
        self.set_clock(max(self.us, moment_us - early_us))

    @rule(asker=ASKERS, count=st.integers(0, 3), other=IDS)
    def retry(self, asker: tuple[int, str], count: int, other: bytes) -> None:
        """Let dead requests live again; the last one named is none, perhaps."""
        who = self.worker(asker)
        ids = [*[entry.child.id for entry in who.job.those("dead")][:count], other]
        reply = self.model.retry(who.job, ids)
        self.say(who, "retry", len(ids), *ids, expected=reply)

    @rule(asker=ASKERS, to=STATES)
    def change(self, asker: tuple[int, str], to: str) -> None:
        """Pause, drain or resume a job."""
        who = self.worker(asker)
        if who.job.state not in {"gone", "ended"}:
            who.job.state = to
        self.say(who, "state", to, expected=who.job.state.encode())

    @rule(asker=ASKERS, most=st.integers(1, 4))
    def ended_units(self, asker: tuple[int, str], most: int) -> None:
        """Fetch units to tell; for a while nobody else gets them."""
        job = self.worker(asker).job
        self.say(self.worker(asker), "units", most)
        ends = read_ends(self.answers())
        due = [name for name, at in job.to_tell().items() if at <= self.model.now]
        assert len(ends) == len({end.unit for end in ends}) == min(most, len(due))
        for end in ends:
            assert end.unit in due
            assert end == job.end(end.unit)
            job.units[end.unit].tell_at = self.model.now + TELLS_MS

    @rule(asker=ASKERS, names=st.sets(UNITS))
    def told(self, asker: tuple[int, str], names: set[int]) -> None:
        """Say that units have been told, whether they have ended or not."""
        who = self.worker(asker)
        self.answers()
        self.model.told(who.job, names)
        self.say(who, "told", len(names), *sorted(names))

    @rule(asker=ASKERS)
    def look_at_the_dead(self, asker: tuple[int, str]) -> None:
        """Compare what is said of dead requests."""
        who = self.worker(asker)
        self.answers()
        self.asleep.pop(who, None)
        found = sorted(who.job.those("dead"), key=lambda entry: (entry.until, entry.child.id))
        assert self.runner.run(self.queue(who).dead()) == [
            DeadRequest(entry.child.id.hex(), int(entry.until), entry.reason, entry.child.payload)
            for entry in found
        ]

    @rule(asker=ASKERS, keep=st.sampled_from([0, DAY_MS]))
    def forget(self, asker: tuple[int, str], keep: int) -> None:
        """Forget a job that has ended; the next one has another name."""
        who = self.worker(asker)
        is_ended = who.job.state == "ended"
        stays = is_ended and keep > 0 and bool(who.job.those("dead"))
        self.say(who, "forget", keep, expected=is_ended + stays)
        self.answers()
        who.job.stays = who.job.stays or stays
        if is_ended and not stays:
            who.job.state = "gone"
            self.model.jobs[asker[0]] = Job(f"{who.job.name}x")

    @rule(asker=ASKERS)
    def all_is_done(self, asker: tuple[int, str]) -> None:
        """Do all there is as soon as it may be done: with that a job ends."""
        self.join(asker)
        self.change(asker, "running")
        self.all_is_seeded(asker)
        job, rounds = self.worker(asker).job, 0
        while job.state != "ended":
            rounds += 1
            assert rounds < 200
            self.lease(asker, 3, 0)
            for who, leased in self.live():
                if who.job is job:
                    self.end(who, leased, ("done", 1, ""), [])
            self.told(asker, set(job.to_tell()))
            if (moment := self.model.next_lease(job)) < math.inf:
                self.set_clock(max(self.us, math.ceil(moment) * 1000))

    @rule(how=st.sampled_from([signal.SIGKILL, signal.SIGTERM]))
    def redis_ends(self, how: signal.Signals) -> None:
        """Start Redis again: all that it answered for is there."""
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


def test_the_queue_does_what_its_model_says() -> None:
    with RedisServer({"appendfsync": "always"}) as server:
        machine = type("OnServer", (Frontier,), {"server": server})
        run_state_machine_as_test(machine, settings=SETTINGS)


SETTINGS = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
