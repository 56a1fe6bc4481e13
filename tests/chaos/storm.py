"""The storm: workers that are killed, frozen and cut off, under servers that are restarted.

Faults come with the progress of the crawl, so that they are spread over all of it.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.chaos.worker import Plan, Worker

SHARES = {
    "freeze": 0.15,
    "cut_redis": 0.15,
    "cut_postgres": 0.1,
    "reset": 0.1,
    "restart_redis": 0.04,
    "restart_postgres": 0.04,
    "terminate": 0.08,
    "terminate_twice": 0.04,
    "add": 0.04,
    "remove": 0.04,
}
"""Faults of each kind, for each kill."""
LEAST = 2
"""Workers that are there at any time."""
MOST = 5
POLL_S = 0.05
OPENED = b"Spider opened"


def planned(kills: int, chance: random.Random) -> list[str]:
    """Return the faults of a run in their order: so many *kills*, and at least one of each kind."""
    faults = ["kill"] * kills
    for name, share in SHARES.items():
        faults += [name] * max(1, round(kills * share))
    chance.shuffle(faults)
    return faults


class Storm:
    """The workers of one run, and what happens to them."""

    def __init__(self, plan: Plan, chance: random.Random, say: Callable[[str], None]) -> None:
        """Use a *chance* with a seed; *say* takes lines of progress."""
        self.plan = plan
        self.chance = chance
        self.say = say
        self.workers: list[Worker] = []
        self._all: list[Worker] = []
        self.done: Counter[str] = Counter()
        self.left: list[str] = []
        """Workers that ended by themselves while the job went on, each with its code."""
        self.started = 0
        self._background: set[asyncio.Task[None]] = set()
        self._is_over = False

    async def run(self, kills: int, workers: int, patience_s: float) -> None:
        """Crawl the maze through *kills* and what else is planned; TimeoutError without an end."""
        async with asyncio.timeout(patience_s):
            for _ in range(workers):
                await self._start()
            faults = planned(kills, self.chance)
            for number, name in enumerate(faults, 1):
                await self._reach(self.plan.maze.pages * number // (len(faults) + 1))
                self.done[name] += await getattr(self, name)() is not False
            await self._until_ended()
            await asyncio.gather(*self._background)

    async def stop(self) -> None:
        """End all processes that are left."""
        self._is_over = True
        for task in self._background:
            task.cancel()
        for worker in self._all:
            worker.send(signal.SIGCONT)
            worker.send(signal.SIGKILL)
            await worker.ended()

    async def kill(self) -> None:
        """Kill a worker that works; another takes its place."""
        await self._replace(signal.SIGKILL)

    async def terminate(self) -> None:
        """Ask a worker to end; another takes its place."""
        await self._replace(signal.SIGTERM)

    async def terminate_twice(self) -> None:
        """Ask a worker to end at once."""
        await self._replace(signal.SIGTERM, signal.SIGTERM)

    async def add(self) -> bool:
        """Let one more work, unless there are enough."""
        if len(self.workers) >= MOST:
            return False
        await self._start()
        return True

    async def remove(self) -> bool:
        """Let one of them go, unless there are too few."""
        if len(self.workers) <= LEAST:
            return False
        worker = await self._one()
        self.workers.remove(worker)
        worker.send(signal.SIGTERM)
        self._later(self._gone(worker))
        return True

    async def freeze(self) -> None:
        """Stop a worker for longer than its leases last."""
        worker = await self._one()
        worker.send(signal.SIGSTOP)
        self._later(self._thaw(worker, self.plan.lease_s + self.chance.uniform(0.3, 2)))

    async def cut_redis(self) -> None:
        """Carry nothing between a worker and Redis: one way, the other, or both."""
        self._cut((await self._one()).to_redis)

    async def cut_postgres(self) -> None:
        """Carry nothing between a worker and PostgreSQL."""
        self._cut((await self._one()).to_postgres)

    async def reset(self) -> None:
        """End the connections of a worker."""
        worker = await self._one()
        for way in (worker.to_redis, worker.to_postgres):
            way.end_all(self.chance.choice(("rst", "fin")))

    async def restart_redis(self) -> None:
        """Kill Redis, or end it, and start it again."""
        how = self.chance.choice((signal.SIGKILL, signal.SIGTERM))
        await self.plan.services.restart_redis(how)

    async def restart_postgres(self) -> None:
        """End PostgreSQL in the middle of what it does, and start it again."""
        how = self.chance.choice((signal.SIGQUIT, signal.SIGINT))
        await self.plan.services.restart_postgres(how)

    def _cut(self, way: object) -> None:
        links = [getattr(way, name) for name in ("up", "down")]
        chosen = self.chance.choice((links[:1], links[1:], links))
        for link in chosen:
            link.hold()

        async def release() -> None:
            await asyncio.sleep(self.chance.uniform(0.3, self.plan.lease_s * 1.5))
            for link in chosen:
                link.release()

        self._later(release())

    async def _thaw(self, worker: Worker, after_s: float) -> None:
        await asyncio.sleep(after_s)
        worker.send(signal.SIGCONT)

    def tracebacks(self) -> list[str]:
        """Return the logs of workers that have one: whoever is killed has no time for it."""
        return [one.log.name for one in self._all if b"Traceback" in one.log.read_bytes()]

    async def _replace(self, *signals: signal.Signals) -> None:
        worker = await self._one()
        self.workers.remove(worker)
        for number in signals:
            worker.send(signal.SIGCONT)
            worker.send(number)
            await asyncio.sleep(0.1 if len(signals) > 1 else 0)
        self._later(self._gone(worker))
        await self._start()

    async def _gone(self, worker: Worker) -> None:
        await worker.ended()

    async def _start(self) -> None:
        worker = await Worker(self.plan).start()
        self.started += 1
        self.workers.append(worker)
        self._all.append(worker)
        self._later(self._watch(worker))

    async def _watch(self, worker: Worker) -> None:
        """Put another in the place of one that ends by itself while the job goes on."""
        code = await worker.process.wait()
        if worker not in self.workers or self._is_over:
            return
        self.workers.remove(worker)
        await self._gone(worker)
        if not await self._has_ended():
            self.left.append(f"worker {worker.number}: {code}")
            self.say(f"worker {worker.number} left by itself with {code}")
            await self._start()

    async def _one(self) -> Worker:
        """Return a worker that has begun to crawl, as soon as there is one."""
        while True:
            ready = [one for one in self.workers if one.is_alive and OPENED in one.log.read_bytes()]
            if ready:
                return self.chance.choice(ready)
            await asyncio.sleep(POLL_S)

    async def _reach(self, goal: int) -> None:
        while await asyncio.to_thread(lambda: self.plan.site.count) < goal:  # noqa: ASYNC110 - asked
            await asyncio.sleep(POLL_S)

    async def _until_ended(self) -> None:
        while not await self._has_ended():  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
        self._is_over = True  # who ends now is not replaced
        while self.workers:
            await self._gone(self.workers.pop())

    async def _has_ended(self) -> bool:
        query = "select 1 from jobs where status is not null"
        try:
            return bool(await asyncio.to_thread(self.plan.services.ask, query))
        except Exception:  # noqa: BLE001 - the database is just being restarted
            return False

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
