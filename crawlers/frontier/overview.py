"""What an operator sees of the jobs in Redis. To look changes nothing there.

What Redis holds may come from anybody: here it becomes numbers and plain text.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis  # noqa: TC002 - as everywhere here, imported for annotations

from crawlers.frontier.queue import Rules

HOSTS_MAX = 20
WORKERS_MAX = 10
AT_ONCE = 100
NAMES_AT_ONCE = 1000
RATE_S = 10.0
"""The rate is the mean of so long."""
TEXT_MAX = 200


def plain(value: bytes | str, most: int | None = TEXT_MAX) -> str:
    """Return *value* without anything that a terminal obeys, cut after *most* characters."""
    if isinstance(value, bytes):
        first = value if most is None else value[: 4 * most + 4]
        value = first.decode("utf-8", "backslashreplace")
    text = value if most is None else value[: most + 1]
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return shown if most is None or len(shown) <= most else f"{shown[: most - 3]}..."


def number(value: Any) -> int:
    """Return *value* as a whole number; 0 for what is none."""
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How a job stands at *at_ms* of Redis' clock. *workers* were heard of in a lease's time."""

    job: str
    at_ms: float
    state: str
    is_seeded: bool
    open: int
    done: int
    failed: int
    blocked: int
    lost: int
    """Leases whose worker said nothing any more."""
    waiting: int
    leased: int
    dead: int
    suspect: int
    """Requests that were leased so, and wait to be tried apart from each other."""
    workers: int

    @property
    def ready(self) -> int:
        """How many requests wait for nothing but a worker and their host."""
        return max(0, self.open - self.waiting - self.leased - self.suspect)


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that has not left, and for how long it has said nothing."""

    name: str
    silent_s: float


@dataclass(frozen=True, slots=True)
class Host:
    """A host of the job. It may be asked in *wait_s*, unless all places are used.

    *is_unsent*: it has a delay, which begins when the leased request has been sent.
    """

    name: str
    ready: int
    limit: int
    delay_s: float
    used: int
    wait_s: float
    is_unsent: bool

    @property
    def next(self) -> str:
        """When it may be asked, in words."""
        if self.wait_s > 0:
            return f"in {self.wait_s:,.1f} s"
        if self.used >= self.limit:
            return "when one ends"
        return "closed until sent" if self.is_unsent else "now"


@dataclass(frozen=True, slots=True)
class View:
    """One job in detail: its most recent workers and soonest hosts, and how many there are."""

    counts: Counts
    workers: tuple[Worker, ...]
    workers_in_all: int
    hosts: tuple[Host, ...]
    hosts_in_all: int


class Overviews:
    """Reads counts and views. A job that Redis does not know has none."""

    def __init__(self, redis: "Redis", prefix: str, rules: Rules) -> None:
        """Read below *prefix*; *rules* hold for leases, and for hosts that nobody announced."""
        self._redis = redis
        self._prefix = prefix
        self._rules = rules

    async def jobs(self) -> list[Counts]:
        """Return how all jobs stand, by name."""
        found = self._redis.sscan_iter(f"{self._prefix}jobs", count=NAMES_AT_ONCE)
        names = sorted({name.decode("utf-8", "replace") async for name in found})
        return [
            counts
            for at in range(0, len(names), AT_ONCE)
            for counts in await self._counts(names[at : at + AT_ONCE])
        ]

    async def job(self, name: str) -> Counts | None:
        """Return how the job *name* stands."""
        return next(iter(await self._counts([name])), None)

    async def view(self, name: str) -> View | None:
        """Return the job *name* in detail."""
        counts = await self.job(name)
        if counts is None:
            return None
        workers, ring, all_hosts = (self._key(name, key) for key in ("workers", "ring", "hosts"))
        async with self._redis.pipeline() as pipe:
            pipe.zcard(workers)
            pipe.scard(all_hosts)
            pipe.zrange(workers, 0, WORKERS_MAX - 1, desc=True, withscores=True)
            pipe.zrange(ring, 0, HOSTS_MAX - 1)
            pipe.sscan(all_hosts, count=2 * HOSTS_MAX)
            workers_in_all, hosts_in_all, heard, ready, (_, others) = await pipe.execute()
        # Those with something to do come first; what all wait for may be another one.
        hosts = list(dict.fromkeys([*ready, *sorted(others)]))[:HOSTS_MAX]
        return View(
            counts,
            tuple(
                Worker(plain(worker), max(0.0, counts.at_ms - number(score)) / 1000)
                for worker, score in sorted(heard)  # lines that stay where they are
            ),
            workers_in_all,
            await self._hosts(name, sorted(hosts), counts.at_ms),
            hosts_in_all,
        )

    def _key(self, job: str, name: str) -> str:
        return f"{self._prefix}job:{job}:{name}"

    async def _counts(self, names: Sequence[str]) -> list[Counts]:
        seconds, micros = await self._redis.time()
        now = seconds * 1000 + micros / 1000
        async with self._redis.pipeline() as pipe:
            for name in names:
                fields = ("state", "seeded", "open", "done", "failed", "blocked", "lost")
                pipe.hmget(self._key(name, "info"), *fields)
                for key in ("waiting", "lease", "dead", "suspects", "solo"):
                    pipe.zcard(self._key(name, key))
                pipe.zcount(self._key(name, "workers"), now - self._rules.lease_ms, "+inf")
            replies = await pipe.execute()
        found = []
        for name, at in zip(names, range(0, len(replies), 7), strict=True):
            (state, seeded, *sums), *sizes, suspects, solo, workers = replies[at : at + 7]
            if state is not None:
                head = (plain(name), now, plain(state, 20), seeded is not None)
                tail = (*sizes, suspects + solo, workers)
                found.append(Counts(*head, *map(number, sums), *tail))
        return found

    async def _hosts(self, job: str, names: Sequence[bytes], now: float) -> tuple[Host, ...]:
        keys = [self._prefix.encode() + b"host:" + name for name in names]
        async with self._redis.pipeline() as pipe:
            for name, key in zip(names, keys, strict=True):
                pipe.hmget(key, "limit", "delay", "asked", "next", "unsent")
                # Places whose lease has ended do not count; to remove them is for workers.
                pipe.zcount(key + b":busy", f"({now}", "+inf")
                pipe.zcard(self._key(job, "ready:").encode() + name)
            replies = await pipe.execute()
            found = [replies[at : at + 3] for at in range(0, len(replies), 3)]
            pipe.hmget(f"{self._prefix}server", "began", "lease")
            for key, (fields, _, _) in zip(keys, found, strict=True):
                pipe.zscore(key + b":busy", fields[4] or b"")
            (began, lease), *ends = await pipe.execute()
        for fields, _, _ in found:  # after a restart of Redis all hosts are closed for a while
            fields[3] = max(number(fields[3]), number(began) + number(lease))
        return tuple(
            self._host(name, now, fields, used, ready, number(end))
            for name, (fields, used, ready), end in zip(names, found, ends, strict=True)
        )

    def _host(  # noqa: PLR0913, PLR0917 - what Redis says of one host
        self, name: bytes, now: float, fields: Sequence[Any], used: int, ready: int, unsent_to: int
    ) -> Host:
        limit, delay, asked, opens, _ = fields
        delay_ms = max(self._rules.delay_ms if delay is None else number(delay), number(asked))
        return Host(
            plain(name),
            ready,
            self._rules.limit if limit is None else number(limit),
            delay_ms / 1000,
            used,
            max(0.0, number(opens) - now) / 1000,
            is_unsent=delay_ms > 0 and unsent_to > now,
        )


class Rate:
    """Requests per minute, over the last seconds."""

    def __init__(self) -> None:
        """Begin without any sample."""
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, counts: Counts) -> None:
        """Take a sample. Of the old ones one is needed, which lies at least RATE_S back."""
        self._samples.append((counts.at_ms, counts.done))
        while len(self._samples) > 1 and self._samples[1][0] <= counts.at_ms - RATE_S * 1000:
            self._samples.popleft()

    @property
    def per_minute(self) -> float | None:
        """The rate; None until there are two samples."""
        if not self._samples:
            return None
        (began, before), (ended, after) = self._samples[0], self._samples[-1]
        return max(0, after - before) * 60_000 / (ended - began) if ended > began else None
