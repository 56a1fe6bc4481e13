"""A worker: ``scrapy crawl maze -a job=...`` in a process of its own, with its own ways out."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Self

from tests.chaos.graph import Maze
from tests.chaos.services import MazeProcess, Services
from tests.crawls.run import ROOT
from tests.replica import FaultProxy

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What all workers of a run do."""

    maze: Maze
    site: MazeProcess
    services: Services
    lease_s: float

    @property
    def command(self) -> list[str]:
        """The command line of a worker."""
        arguments = {
            "job": "chaos",
            "pages": self.maze.pages,
            "origins": ",".join(self.site.origins),
            "origin": self.site.origins[0],
        }
        settings = {
            "SPIDER_MODULES": "tests.chaos",
            "FRONTIER_LEASE_S": self.lease_s,
        }
        line = [sys.executable, "-W", "error", "-m", "scrapy", "crawl", "maze"]
        for name, value in settings.items():
            line += ["-s", f"{name}={value}"]
        for name, value in arguments.items():
            line += ["-a", f"{name}={value}"]
        return line


@dataclass(eq=False)
class Worker:
    """One worker and its two ways out."""

    plan: Plan
    number: int = field(default_factory=lambda: next(_numbers))
    to_redis: FaultProxy = field(init=False)
    to_postgres: FaultProxy = field(init=False)
    process: asyncio.subprocess.Process = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> Self:
        """Start it."""
        services = self.plan.services
        self.to_redis = await self._stack.enter_async_context(services.way_to_redis())
        self.to_postgres = await self._stack.enter_async_context(services.way_to_postgres())
        log: IO[bytes] = self.log.open("wb")
        self._stack.callback(log.close)
        self.process = await asyncio.create_subprocess_exec(
            *self.plan.command, cwd=ROOT, env=self._environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        return self

    @property
    def _environment(self) -> dict[str, str]:
        database = f"postgresql://postgres@127.0.0.1:{self.to_postgres.port}/postgres"
        return os.environ | {
            "CRAWLERS_HOME": str(self.plan.services.home),
            "CRAWLERS_TEST": "1",
            "DATABASE_URL": f"{database}?sslmode=disable",
            "REDIS_URL": f"redis://127.0.0.1:{self.to_redis.port}/0",
            "RAW_STORE_URL": f"file://{self.plan.services.home}/raw",
        }

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.plan.services.home / f"worker-{self.number}.log"

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self.is_alive:
            self.process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end; return its exit code."""
        code = await self.process.wait()
        await self._stack.aclose()
        return code
