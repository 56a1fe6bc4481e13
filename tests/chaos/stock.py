"""The control: the same maze and the same kills, with stock scrapy-redis. It is to fail."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.check import Findings, check_site
from tests.chaos.graph import ROOTS, Maze
from tests.chaos.services import MazeProcess, serve
from tests.redis_server import RedisServer

HERE = Path(__file__).parent / "control"
POLL_S = 0.05
WORKERS = 3


@dataclass
class Stock:
    """Workers on scrapy-redis, and what they stored."""

    maze: Maze
    site: MazeProcess
    redis: RedisServer
    folder: Path
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)
    kills: int = 0

    async def start(self) -> None:
        """Start a worker."""
        origins = self.site.origins
        roots = [f"{origins[self.maze.host(page)]}/{page}" for page in range(ROOTS)]
        settings = {"REDIS_URL": self.redis.url, "FOLDER": str(self.folder)}
        line = [sys.executable, "-m", "scrapy", "crawl", "maze", "-a", f"roots={','.join(roots)}"]
        for name, value in settings.items():
            line += ["-s", f"{name}={value}"]
        self.workers.append(
            await asyncio.create_subprocess_exec(
                *line, cwd=HERE, env=dict(os.environ), stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )
        )  # fmt: skip

    async def run(self, kills: int, chance: random.Random) -> None:
        """Crawl through *kills*, or until all workers are done before."""
        for _ in range(WORKERS):
            await self.start()
        for number in range(1, kills + 1):
            goal = self.maze.pages * number // (kills + 1)
            if not await self._reach(goal):
                break
            worker = chance.choice([one for one in self.workers if one.returncode is None])
            worker.kill()
            self.kills += 1
            await self.start()
        await asyncio.gather(*(worker.wait() for worker in self.workers))
        await self.start()  # whatever is still queued
        await self.workers[-1].wait()

    def stop(self) -> None:
        """End what is left."""
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGKILL)

    async def _reach(self, goal: int) -> bool:
        while await asyncio.to_thread(lambda: self.site.count) < goal:
            if all(worker.returncode is not None for worker in self.workers):
                return False
            await asyncio.sleep(POLL_S)
        return True

    def stored(self) -> set[int]:
        """Return the pages that are in the files."""
        lines = (line for path in self.folder.glob("stored-*") for line in path.open())
        return {int(line.split()[0]) for line in lines}


async def control(pages: int, kills: int, seed: int, say: Callable[[str], None]) -> Findings:
    """Crawl a maze of *pages* with scrapy-redis through *kills*; return what was wrong."""
    maze, findings = Maze(pages), Findings()
    with TemporaryDirectory(prefix="control-") as folder, RedisServer() as redis:
        async with serve(maze) as site:
            stock = Stock(maze, site, redis, Path(folder))
            try:
                await stock.run(kills, random.Random(seed))  # noqa: S311 - to be repeated
            finally:
                stock.stop()
            findings.facts["kills"] = stock.kills
            findings.equal("pages lost", pages - len(stock.stored()), 0)
            findings.facts["requests made again"] = check_site(site, findings)
    say(json.dumps(findings.facts, default=str))
    return findings
