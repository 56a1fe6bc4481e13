"""The queue of one job in Redis: what scrapy-redis' queues are for, with leases."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.asyncio import Redis
from scrapy import Request
from scrapy_redis.queue import Base

from crawlers.frontier.program import Operations, Program
from crawlers.units import DeadRequest


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for the leases of a job. *limit* and *delay_ms* are for hosts nobody announced."""

    lease_ms: int = 60_000
    attempts: int = 5
    limit: int = 1
    delay_ms: int = 1000

    @property
    def held_s(self) -> float:
        """How long a worker uses a lease, in seconds from before it asked for it.

        Shorter than Redis keeps it: a transfer that is cut off then has ended at the site, too,
        before somebody else gets its place.
        """
        return self.lease_ms / 1000 * 0.9


class Leased(NamedTuple):
    """A request as Redis gave it.

    *delay_ms* above 0: Redis waits to hear when it has been sent. *suspect* 1: a worker that had it
    was lost, so this one gets no second of that kind; 2: nothing else at all.
    """

    id: bytes
    token: bytes
    host: str
    units: bytes
    delay_ms: int
    suspect: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a lease operation found. *due_ms*: when something may come; None when nothing is known.

    *state* is running, paused, draining, ended or gone. *open* requests are not done or dead yet.
    *telling* units have ended, and the database does not know it yet. *others* are workers that
    got too little.
    """

    state: str
    open: int
    telling: int
    is_seeded: bool
    others: int
    due_ms: int | None
    leased: tuple[Leased, ...]

    @classmethod
    def read(cls, reply: list[Any]) -> "Answer":
        """Read the reply of the Lua program."""
        state, opened, telling, seeded, others, due, flat = reply
        leased = tuple(
            Leased(flat[at], flat[at + 1], _host(flat[at + 2]), *flat[at + 3 : at + 7])
            for at in range(0, len(flat), 7)
        )
        due_ms = None if due < 0 else due
        return cls(state.decode(), opened, telling, bool(seeded), others, due_ms, leased)


class Joined(NamedTuple):
    """How a job was found: *state*, whether all its seeds are there, whether it was not there."""

    state: str
    is_seeded: bool
    is_new: bool


def _host(found: bytes) -> str:
    return found.decode("utf-8", "backslashreplace")  # what is none of ours is no URL's host


class LeaseQueue(Base):  # type: ignore[misc]  # scrapy-redis has no types
    """Everything that one worker asks Redis about one job."""

    def __init__(  # noqa: PLR0913 - the first four are scrapy-redis'
        self,
        server: Redis,
        spider: Any,
        key: str,
        serializer: Any,
        *,
        job: str,
        worker: str,
        rules: Rules,
    ) -> None:
        """Ask *server*; *key* is the prefix of all keys, *serializer* is `crawlers.wire`."""
        super().__init__(server, spider, key, serializer)
        self.job = job
        self.rules = rules
        header = (job, worker, rules.lease_ms, rules.attempts, rules.limit, rules.delay_ms)
        self._program = Program(server, self.key, header)

    @property
    def calls(self) -> int:
        """Round trips so far."""
        return self._program.calls

    async def run(self, operations: Operations) -> list[Any]:
        """Do *operations* as one, and return the reply of each. Raises RedisError."""
        return await self._program.run(operations)

    async def ask(self, name: str, *arguments: bytes | str | float) -> Any:
        """Do one operation, and return its reply. Raises RedisError."""
        operations = Operations()
        operations.add(name, *arguments)
        return (await self.run(operations))[0]

    async def join(self) -> Joined:
        """Make the job, or enter it; what is said from now on is for this one only."""
        state, is_seeded, is_new, born = await self.ask("join")
        self._program.born = born
        return Joined(state.decode(), bool(is_seeded), bool(is_new))

    async def info(self) -> dict[str, str]:
        """Return the state and the counts of the job; nothing when Redis does not know it."""
        found = await self.server.hgetall(self.key_of("info"))
        texts = [each.decode("utf-8", "replace") for pair in found.items() for each in pair]
        return dict(zip(texts[::2], texts[1::2], strict=True))

    def key_of(self, name: str) -> str:
        """Return the name of one of the job's keys."""
        return f"{self.key}job:{self.job}:{name}"

    @property
    def wake_channel(self) -> str:
        """Where Redis publishes that there is something for those who found too little."""
        return f"{self.key}wake:{self.job}"

    def encode(self, request: Request) -> bytes:
        """Return the payload of *request*. Raises WireError."""
        payload: bytes = self.serializer.dumps(request, self.spider)
        return payload

    def decode(self, payload: bytes) -> Request:
        """Return the request in *payload*. Raises WireError."""
        request: Request = self.serializer.loads(payload, self.spider)
        return request

    async def dead(self, first: int = 0, most: int = 1000) -> list[DeadRequest]:
        """Return requests that were given up, the oldest first."""
        flat = await self.ask("dead", first, most)
        found = []
        for at in range(0, len(flat), 4):
            name, died_ms, tried, payload = flat[at : at + 4]
            tries, _, reason = tried.decode("utf-8", "backslashreplace").partition(" ")
            count = int(tries) if tries.isdecimal() else 0
            found.append(DeadRequest(name.hex(), float(died_ms), count, reason, payload))
        return found
