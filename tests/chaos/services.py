"""What the workers talk to: PostgreSQL, Redis, the maze, and a way to the first two for each."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg

from crawlers.storage.embedded import drop
from crawlers.storage.tables import table_of
from tests.chaos.graph import Maze
from tests.chaos.maze.pages import MazeRow
from tests.crawls.run import ROOT
from tests.download.conftest import Postgres
from tests.redis_server import RedisServer
from tests.replica import FaultProxy, ReplicaProcess


class MazeProcess:
    """The site's process, as the checker sees it."""

    def __init__(self, origins: list[str]) -> None:
        """Speak to the hosts at *origins*."""
        self.origins = origins
        self._hosts = [ReplicaProcess(origin, 0) for origin in origins]

    @property
    def count(self) -> int:
        """How many pages were served so far."""
        return sum(host.control("count") for host in self._hosts)

    def visits(self) -> list[list[Any]]:
        """Return the transfers of each host: target, start, end, lateness."""
        return [host.control("visits") for host in self._hosts]

    def served(self) -> dict[int, set[int]]:
        """Return the tokens with which each page was served."""
        return {
            page: set(tokens) for host in self._hosts for page, tokens in host.control("served")
        }


@asynccontextmanager
async def serve(maze: Maze) -> AsyncIterator[MazeProcess]:
    """Run the site in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.site", str(maze.pages),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield MazeProcess(json.loads(await process.stdout.readline()))
    finally:
        process.stdin.close()
        await process.wait()


class Services:
    """PostgreSQL and Redis, which may be restarted, and how workers reach them."""

    def __init__(self, home: Path) -> None:
        """Start both; the database gets the maze's table."""
        self.home = home
        self.postgres = Postgres(home / "postgres")
        self.redis = RedisServer()
        with psycopg.connect(self.postgres.url) as connection:
            connection.execute(table_of(MazeRow).create().encode())

    def close(self) -> None:
        """Stop both."""
        self.redis.stop(signal.SIGKILL)
        self.postgres.embedded.close()
        drop(self.home / "postgres")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return what *query* finds."""
        with psycopg.connect(self.postgres.url) as connection:
            return connection.execute(query.encode()).fetchall()

    async def restart_redis(self, how: signal.Signals) -> None:
        """End Redis and start it again, on the same socket."""
        await asyncio.to_thread(self.redis.stop, how)
        await asyncio.to_thread(self.redis.start)

    async def restart_postgres(self, how: signal.Signals) -> None:
        """End PostgreSQL and start it again."""
        await self.postgres.restart(how)

    def way_to_redis(self) -> FaultProxy:
        """Return a way to Redis that can be cut."""
        return FaultProxy(str(self.redis.socket), 0)

    def way_to_postgres(self) -> FaultProxy:
        """Return a way to PostgreSQL that can be cut."""
        folder = psycopg.conninfo.conninfo_to_dict(self.postgres.url)["host"]
        return FaultProxy(f"{folder}/.s.PGSQL.5432", 0)
