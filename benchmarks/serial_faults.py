"""Serial turns under faults, as the site counts them: ``python -m benchmarks.serial_faults``.

Workers on two machines (they share a database) or with two databases (they share a machine) make
requests one after another, while they are killed and stopped, their sessions ended and their
database restarted. Prints what the site saw; exits with 1 when it saw two requests at once, a gap
shorter than the delay or than the back-off after a 429.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from crawlers.storage.embedded import drop
from tests.download.conftest import Postgres, Worker, Workers
from tests.download.counting_server import CountingServer

TIMES: dict[str, float] = {
    "delay_s": 0.02,
    "heartbeat_s": 0.2,
    "heartbeat_timeout_s": 0.6,
    "deadline_s": 2.0,
    "keepalive_s": 3.0,
    "margin_s": 0.3,
    "backoff_s": 1.0,
    "backoff_limit_s": 2.0,
    "poll_s": 0.02,
}
ANSWERS = ["", "", "", "pieces=3&pause=0.005", "pieces=5&pause=0.02", "status=503"]
RARE_ANSWERS = ["status=429", "wait=3"]
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'serial:test'
"""


class Storm:
    """Workers of one layout, and the faults that they meet."""

    def __init__(
        self, postgres: Postgres, site: CountingServer, folder: Path, chance: random.Random
    ) -> None:
        """Use a *chance* with a seed, so that a run can be repeated."""
        self.postgres = postgres
        self.site = site
        self.chance = chance
        self.workers = Workers(site, folder)
        self.places: dict[Worker, tuple[str, Path]] = {}
        self.faults: Counter[str] = Counter()
        self.readers: list[asyncio.Task[None]] = []

    async def start(self, url: str, folder: Path) -> None:
        """Start a worker that goes on until it is killed."""
        worker = await self.workers.start(url, TIMES, folder, count=1_000_000)
        self.places[worker] = (url, folder)
        assert worker.process.stdout is not None  # noqa: S101 - for the type checker
        # Empty the pipe, so that the worker never waits for us.
        self.readers.append(asyncio.create_task(_drain(worker.process.stdout)))

    async def run(self, requests: int, faults: int) -> None:
        """Go on until the site saw *requests* and there were *faults*."""
        moods = asyncio.create_task(self._change_answers())
        for number in range(faults):
            await self._fault()
            await self._reach(requests * (number + 1) // faults)
        await self._reach(requests)
        for task in (moods, *self.readers):
            task.cancel()
        await asyncio.gather(moods, *self.readers, return_exceptions=True)

    async def _reach(self, goal: int) -> None:
        await self.site.until(lambda: len(self.site.visits) >= goal, 3600)

    async def _fault(self) -> None:
        kinds = [
            self.kill,
            self.kill,
            self.stop,
            self.terminate,
            self.stop_and_terminate,
        ]
        fault = self.restart if self.chance.random() < 0.05 else self.chance.choice(kinds)  # noqa: PLR2004 - slow
        # Mostly in the middle of a request, sometimes between two.
        if self.chance.random() < 0.8:  # noqa: PLR2004 - most
            await self.site.until(lambda: self.site.open > 0, 60)
        await fault()
        self.faults[fault.__name__] += 1

    async def kill(self) -> None:
        """Kill a worker, and start another in its place."""
        worker = self.chance.choice(list(self.places))
        url, folder = self.places.pop(worker)
        worker.process.kill()
        await self.start(url, folder)

    async def stop(self) -> None:
        """Stop a worker for longer than most time-outs."""
        worker = self.chance.choice(list(self.places))
        os.kill(worker.pid, signal.SIGSTOP)
        await asyncio.sleep(self.chance.uniform(0.1, 4))
        os.kill(worker.pid, signal.SIGCONT)

    async def terminate(self) -> None:
        """End every session that may hold the lock."""
        for url in (self.postgres.url, self.postgres.other_url):
            await asyncio.to_thread(self.postgres.ask, TERMINATE, url)

    async def stop_and_terminate(self) -> None:
        """End the session of a worker that is frozen, for no longer than the margin."""
        worker = self.chance.choice(list(self.places))
        os.kill(worker.pid, signal.SIGSTOP)
        frozen_at = time.monotonic()
        await self.terminate()
        await asyncio.sleep(max(0, TIMES["margin_s"] / 2 - (time.monotonic() - frozen_at)))
        os.kill(worker.pid, signal.SIGCONT)

    async def restart(self) -> None:
        """Let the database crash, and start it again."""
        await self.postgres.restart(signal.SIGQUIT)

    async def _change_answers(self) -> None:
        while True:
            rare = self.chance.random() < 0.01  # noqa: PLR2004 - rare
            self.site.default_query = self.chance.choice(RARE_ANSWERS if rare else ANSWERS)
            await asyncio.sleep(0.05)


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass


def report(site: CountingServer, faults: Counter[str], seconds: float) -> bool:
    """Print what the site saw; return whether it saw what it should."""
    visits = site.visits
    pairs = list(pairwise(visits))
    after_429 = [b.began - a.ended for a, b in pairs if a.status == 429 and a.complete]  # noqa: PLR2004 - HTTP
    print(f"requests            {len(visits)} in {seconds:.0f} s")
    print(f"ended early         {sum(not visit.complete for visit in visits)}")
    print(f"faults              {sum(faults.values())}: {dict(faults)}")
    print(f"most at once        {site.most}")
    print(f"least gap           {site.least_gap_s():.4f} s (delay {TIMES['delay_s']} s)")
    least = min(after_429, default=0.0)
    print(
        f"least gap after 429 {least:.3f} s of {len(after_429)} (back-off {TIMES['backoff_s']} s)"
    )
    obeyed = not after_429 or least + 0.001 >= TIMES["backoff_s"]
    return site.most == 1 and site.least_gap_s() >= TIMES["delay_s"] and obeyed


async def measure(requests: int, faults: int, seed: int) -> bool:
    """Run both layouts with half of everything each."""
    chance, begin = random.Random(seed), time.monotonic()  # noqa: S311 - repeatable on purpose
    with tempfile.TemporaryDirectory() as home:
        postgres = await asyncio.to_thread(Postgres, Path(home))
        good = True
        for layout in ("two machines", "two databases"):
            async with CountingServer() as site:
                storm = Storm(postgres, site, Path(home), chance)
                for number in range(4):
                    machine = number % 2 if layout == "two machines" else 0
                    other = number % 2 if layout == "two databases" else 0
                    url = postgres.other_url if other else postgres.url
                    await storm.start(url, Path(home) / f"machine{machine}")
                try:
                    await storm.run(requests // 2, faults // 2)
                finally:
                    await storm.workers.end()
                print(f"--- {layout}, 4 workers")
                good &= report(site, storm.faults, time.monotonic() - begin)
                begin = time.monotonic()
        postgres.embedded.close()
        drop(Path(home))
    return good


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - printed
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    return 0 if asyncio.run(measure(asked.requests, asked.faults, asked.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
