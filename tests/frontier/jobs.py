"""Crawls that share a job: each worker a process, all of them on one Redis and one database."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess, Popen
from typing import Any

import psycopg
from scrapy import Spider

from crawlers import wire
from crawlers.frontier.connection import connect
from crawlers.frontier.queue import LeaseQueue, Rules
from tests.crawls.run import Crawls
from tests.redis_server import RedisServer

WALK = {"SPIDER_MODULES": "tests.crawls", "RETRY_TIMES": 2}
MINE = {"SPIDER_MODULES": "tests.frontier", "FRONTIER_LEASE_S": 2}
"""Leases end while a test waits for it, but not while a busy machine keeps a worker waiting."""
JOB = "job-1"


@dataclass
class Jobs:
    """Where the workers of this test keep their data, and how to start one."""

    crawls: Crawls
    redis: RedisServer

    @classmethod
    def at(cls, home: Path, redis: RedisServer, database_url: str) -> "Jobs":
        """Use *redis*, emptied, and the database at *database_url*."""
        with redis.client() as client:
            client.flushall()
        environment = {"DATABASE_URL": database_url, "REDIS_URL": redis.url}
        return cls(Crawls(home, environment), redis)

    def worker(self, settings: dict[str, Any] | None = None, **arguments: object) -> Popen[str]:
        """Start a worker of the walk."""
        given: dict[str, Any] = {"job": JOB} | arguments
        return self.crawls.start("crawl", "walk", settings=WALK | (settings or {}), **given)

    async def run(
        self, settings: dict[str, Any] | None = None, **arguments: object
    ) -> CompletedProcess[str]:
        """Run a worker of the walk to its end."""
        given: dict[str, Any] = {"job": JOB} | arguments
        return await self.crawls.run_async(
            "crawl", "walk", settings=WALK | (settings or {}), **given
        )

    def mine(self, settings: dict[str, Any] | None = None, **arguments: object) -> Popen[str]:
        """Start a worker of the source that does harm."""
        self.crawls.environment["SAFE"] = str(self.safe)
        given: dict[str, Any] = {"job": JOB} | arguments
        return self.crawls.start("crawl", "mine", settings=MINE | (settings or {}), **given)

    async def run_mine(
        self, settings: dict[str, Any] | None = None, **arguments: object
    ) -> CompletedProcess[str]:
        """Run one to its end."""
        with self.mine(settings, **arguments) as process:
            out, err = await asyncio.to_thread(process.communicate, timeout=120)
        return CompletedProcess(process.args, process.returncode, out, err)

    async def inject(self, payload: bytes, host: str) -> None:
        """Queue *payload* as somebody does who can write to Redis: as a child of nobody's."""
        client = connect(self.redis.url)
        queue = LeaseQueue(
            client,
            Spider("intruder"),
            "{crawlers}:",
            wire,
            job=JOB,
            worker="intruder",
            rules=Rules(),
        )
        await queue.ask("seed", 10_000_000 + len(payload), os.urandom(20), host, 0, 0, payload)
        await queue.ask("part")
        await client.aclose()

    @property
    def safe(self) -> Path:
        """A file; once it is there, nothing does harm any more."""
        return self.crawls.home / "safe"

    async def until_workers(self, count: int, job: str = JOB) -> None:
        """Wait until so many workers have joined the job."""
        with self.redis.client() as client:
            while client.zcard(f"{{crawlers}}:job:{job}:workers") < count:  # noqa: ASYNC110 - asked
                await asyncio.sleep(0.05)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what *statement* finds."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            return connection.execute(statement.encode()).fetchall()

    @property
    def stored(self) -> list[int]:
        """The numbers that are stored."""
        return [row[0] for row in self.query("select rating from chess_rating_points order by 1")]

    def ended(self) -> tuple[Any, ...]:
        """Return how the job ended: status and reason."""
        [row] = self.query("select status, reason from jobs")
        return row

    def units(self) -> list[tuple[Any, ...]]:
        """Return the units: name without the origin, status, reason, requests, failed, blocked."""
        return self.query(
            "select regexp_replace(name, 'http://[^/]*', ''), status, reason, requests, failed,"
            " blocked from job_units order by id"
        )

    def keys(self, pattern: str) -> list[str]:
        """Return the keys in Redis that are like *pattern*."""
        with self.redis.client(decode_responses=True) as client:
            return sorted(client.scan_iter(pattern))
