"""Commands and crawls of the source ``errand``, and what they leave in the database."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.crawls.run import Crawls

SETTINGS = {"SPIDER_MODULES": "tests.jobs", "JOB_HEARTBEAT_S": 0.1, "RETRY_TIMES": 0}


@dataclass
class Errands:
    """Where the commands of this test keep their data, and how to start one."""

    crawls: Crawls

    @classmethod
    def at(cls, home: Path, database_url: str) -> "Errands":
        """Use the database at *database_url*."""
        return cls(Crawls(home, {"DATABASE_URL": database_url}))

    async def run(self, *words: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        settings = SETTINGS | arguments.pop("settings", {})
        return await self.crawls.run_async(*words, settings=settings, **arguments)

    async def says(self, *words: str, **arguments: Any) -> str:
        """Run a command, check that all went well, and return what it printed."""
        done = await self.run(*words, **arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def submit(self, *words: str, **arguments: Any) -> str:
        """Hand in a job of the source, and return its name."""
        return (await self.says("submit", "errand", *words, **arguments)).strip()

    async def crawl(self, job: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run a worker of *job* to its end."""
        return await self.run("crawl", "errand", job=job, **arguments)

    def start(self, job: str, **arguments: Any) -> subprocess.Popen[str]:
        """Start a worker of *job*; the caller ends it."""
        settings = SETTINGS | arguments.pop("settings", {})
        return self.crawls.start("crawl", "errand", settings=settings, job=job, **arguments)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what *statement* finds."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def ended(self, job: str) -> tuple[Any, ...]:
        """Return status and reason of *job*."""
        [row] = self.query("select status, reason from jobs where id = %s", job)
        return row

    def units(self, job: str) -> dict[str, tuple[Any, ...]]:
        """Return status and reason of the units of *job*, by name."""
        found = self.query("select name, status, reason from job_units where job = %s", job)
        return {name: (status, reason) for name, status, reason in found}

    def results(self, job: str) -> list[int]:
        """Return the numbers that *job* has found."""
        query = "select key[1] from job_results where job = %s order by seq"
        return sorted(int(key.removeprefix("number-")) for (key,) in self.query(query, job))

    def sums(self, job: str) -> dict[str, int]:
        """Return the sums of *job*, without zeros."""
        query = (
            "select name, sum(n)::int from job_counts where job = %s group by 1 having sum(n) <> 0"
        )
        return dict(self.query(query, job))
