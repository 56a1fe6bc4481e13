"""Run ``scrapy crawl`` as a user does: a process of its own, warnings as errors."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.crawls.warm import INTERPRETER, Warm

ROOT = Path(__file__).parents[2]


@dataclass
class Crawls:
    """Where crawls keep their data, and how to start one: *cold*, with its imports, as users do."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    cold: bool = False

    def command(
        self, *words: str, settings: dict[str, Any] | None = None, **arguments: object
    ) -> list[str]:
        """Return the command line: ``scrapy <words> -s ... -a ...``."""
        line = [*INTERPRETER, "scrapy", *words]
        for name, value in (settings or {}).items():
            line += ["-s", f"{name}={value}"]
        for name, value in arguments.items():
            line += ["-a", f"{name}={value}"]
        return line

    @property
    def full_environment(self) -> dict[str, str]:
        """The environment of every crawl of this test."""
        return (
            os.environ
            | {
                "CRAWLERS_HOME": str(self.home),
                "CRAWLERS_TEST": "1",
                "STATS_FILE": str(self.home / "stats.json"),
            }
            | self.environment
        )

    def start(
        self, *words: str, errors: "IO[str] | int" = subprocess.PIPE, **options: Any
    ) -> subprocess.Popen[str]:
        """Start a command and return its process; the caller ends it. *errors* is its stderr."""
        kind = Warm if sys.platform == "linux" and not self.cold else subprocess.Popen[str]
        return kind(
            self.command(*words, **options),
            cwd=ROOT,
            env=self.full_environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def run(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with self.start(*words, **options) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    async def run_async(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end while the test's own event loop goes on."""
        return await asyncio.to_thread(self.run, *words, **options)

    @property
    def stats(self) -> dict[str, Any]:
        """What the last crawl counted."""
        stats: dict[str, Any] = json.loads((self.home / "stats.json").read_text())
        return stats
