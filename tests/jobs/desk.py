"""Where a test hands in jobs, starts dispatchers, and looks at what became of them."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from crawlers.config import Config
from crawlers.storage.database import Database
from crawlers.storage.submissions import Submission, submit
from tests.crawls.run import Crawls
from tests.redis_server import RedisServer

PATIENCE_S = 90
"""Longer than PostgreSQL waits for whoever was stopped in the middle of a transaction."""
QUICK = {
    "SPIDER_MODULES": "tests.jobs",
    "JOB_HEARTBEAT_S": 0.1,
    "RETRY_TIMES": 0,
    "DISPATCH_POLL_S": 0.1,
    "DISPATCH_AGAIN_S": "0.1,1",
}


class Desk:
    """One database, one Redis, and any number of dispatchers."""

    def __init__(self, home: Path, config: Config, redis: RedisServer | None = None) -> None:
        """Use the database of *config*, and *redis*, emptied, where there is one."""
        assert config.database_url is not None
        self.config = config
        self.url = config.database_url.get_secret_value()
        environment = {"DATABASE_URL": self.url, "PYTHONWARNINGS": "error"}
        if redis is not None:
            with redis.client() as client:
                client.flushall()
            environment["REDIS_URL"] = redis.url
        self.crawls = Crawls(home, environment)
        self.redis = redis
        self.settings: dict[str, Any] = QUICK
        """Of every dispatcher, and so of every worker."""
        self._dispatchers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started here and still runs."""
        for process in self._dispatchers:
            with suppress(psutil.NoSuchProcess):
                children = psutil.Process(process.pid).children(recursive=True)
                for child in (*children, process):
                    with suppress(psutil.NoSuchProcess, ProcessLookupError):
                        child.kill()
            process.wait(20)
            for pipe in (process.stdout, process.stderr):
                assert pipe is not None
                pipe.close()
        for pid in self.pids():
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if "scrapy" in psutil.Process(pid).cmdline():
                    psutil.Process(pid).kill()

    async def hand_in(self, *units: str, source: str = "errand", **options: Any) -> str:
        """Hand in a job for *units*; *options* of the job itself begin with an underscore."""
        chosen = {name[1:]: one for name, one in options.items() if name.startswith("_")}
        given = {name: one for name, one in options.items() if not name.startswith("_")}
        database = Database(self.config)
        try:
            return (await submit(database, Submission(source, given, units, **chosen))).id
        finally:
            await database.close()

    def dispatcher(self, *words: str, **settings: Any) -> subprocess.Popen[str]:
        """Start ``scrapy work``."""
        process = self.crawls.start("work", *words, settings=self.settings | settings)
        self._dispatchers.append(process)
        return process

    async def work(self, *words: str, **settings: Any) -> tuple[int, str]:
        """Run ``scrapy work --once`` to its end; return its exit code and what it said."""
        process = self.dispatcher("--once", *words, **settings)
        out, err = await asyncio.to_thread(process.communicate, timeout=120)
        return process.returncode, out + err

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what *statement* finds."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def execute(self, statement: str) -> None:
        """Do *statement*."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    async def until(self, question: str, expected: Sequence[Any] = (True,)) -> None:
        """Wait until the first row that *question* finds is *expected*."""
        ends = time.monotonic() + PATIENCE_S
        while self.query(question)[:1] != [tuple(expected)]:
            if time.monotonic() > ends:
                rows = self.query("select * from jobs"), self.query("select * from job_workers")
                raise AssertionError(f"never {expected}: {question}", *rows)
            await asyncio.sleep(0.05)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let nobody use the database for the time being."""
        name = conninfo_to_dict(self.url)["dbname"]
        server = self.url.replace(f"/{name}?", "/postgres?")
        end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'alter database "{name}" allow_connections false'.encode())
            connection.execute(end, [name])
            try:
                yield
            finally:
                connection.execute(f'alter database "{name}" allow_connections true'.encode())

    def job(self, job: str) -> tuple[Any, ...]:
        """Return status, reason, attempts and story of *job*."""
        [row] = self.query(
            f"select status, reason, attempts, story from jobs where id = '{job}'"  # noqa: S608
        )
        return row

    @property
    def stored(self) -> list[int]:
        """The numbers that are stored."""
        return [row[0] for row in self.query("select rating from chess_rating_points order by 1")]

    def pids(self) -> list[int]:
        """Return the processes that dispatchers on this machine have started."""
        rows = self.query("select handle from job_workers where handle like 'process %'")
        return [int(row[0].removeprefix("process ")) for row in rows]

    async def says(self, process: subprocess.Popen[str], words: str) -> None:
        """Wait until a dispatcher says *words*; what it said is then gone from its output."""
        assert process.stdout is not None
        said = ""
        while words not in said:
            line = await asyncio.to_thread(process.stdout.readline)
            assert line, f"it never said: {words}, but: {said}"
            said += line

    async def ended(self, process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
        """Send *how* to a dispatcher; return its exit code and what it said."""
        process.send_signal(how)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        return process.returncode, out + err

    def keys(self, job: str) -> list[str]:
        """Return the keys of *job* in Redis."""
        assert self.redis is not None
        with self.redis.client(decode_responses=True) as client:
            return sorted(client.scan_iter(f"*:{job}:*"))
