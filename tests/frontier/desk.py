"""The desk at which the test of the model says what workers say, and hears what Redis answers."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import ANY

from hypothesis.stateful import RuleBasedStateMachine
from redis.client import PubSub  # noqa: TC002 - as everywhere here, imported for annotations

from crawlers import wire
from crawlers.frontier.connection import connect
from crawlers.frontier.program import Operations, Program
from crawlers.frontier.queue import Leased, LeaseQueue
from tests.frontier.conftest import PREFIX, Pages
from tests.frontier.model import Model
from tests.frontier.model_jobs import RULES, Job
from tests.redis_server import RedisServer

ITS_TIME = "redis.call('TIME')"

OUR_TIME = "redis.call('MGET', '{clock}s', '{clock}us')"

BEGIN_US = 1_700_000_000_000_000

NAMES, OWN = ["http://a.test:80", "b"], ["c", "d"]


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
        while (message := self.ears.get_message(timeout=60)) and message["type"] != "pong":
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
