"""The HTTP API with 500,000 stored profiles: pages, status, jobs, 200 requests a second, export."""

import asyncio
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.api_load import Load, Request, download, in_turn, steadily
from benchmarks.measure import Comparison, Series, Target, say
from benchmarks.processes import ROOT, clean_environment
from benchmarks.store import Store, store
from crawlers.config import Config
from crawlers.storage.api_keys import Wanted, create
from crawlers.storage.database import Database

PROFILES, PAGE = 500_000, 1_000
ASKED = 300
ACCOUNTS = 10_000
SUBMITTED = 100
PER_SECOND, SECONDS = 200, 30
PLACES = """
select string_agg(xid || '-' || seq, ' ' order by hashint8(seq)) from job_results
where seq % 500 = 0 and seq < (select max(seq) from job_results) - 2000
"""
HERE = Path(__file__).parent


def fill(data: Store) -> list[str]:
    """Store the profiles and a job that has found them; return some places among its results."""
    with psycopg.connect(data.url, autocommit=True) as connection:
        for statement in (HERE / "api_rows.sql").read_text().split(";\n"):
            connection.execute(statement.encode())
        connection.execute("vacuum analyze job_results, profiles, follows, job_units")
    return str(data.ask(PLACES)).split()


def new_key(data: Store) -> str:
    """Return a key that may do everything."""

    async def make() -> str:
        database = Database(Config(crawlers_home=data.home))
        try:
            return str(await create(database, Wanted("bench", ("admin",))))
        finally:
            await database.close()

    return asyncio.run(make())


@contextmanager
def serving(data: Store) -> Iterator[tuple[str, int]]:
    """Run ``scrapy serve``; yield its address and its process id."""
    environment = clean_environment() | {
        "CRAWLERS_HOME": str(data.home),
        "API_RATE": "1000000/minute",
    }
    command = [sys.executable, "-m", "scrapy", "serve", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            for line in process.stdout:
                if found := re.search(r"answers at (http://\S+)/v1 ", line):
                    yield found[1], process.pid
                    break
        finally:
            process.terminate()


@contextmanager
def paging_by_offset(data: Store) -> Iterator[str]:
    """Run the peer; yield its address."""
    command = [sys.executable, "-m", "benchmarks.peers.offset", "0", data.url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def pages(address: str, places: list[str]) -> list[Request]:
    """Return requests of pages at any depth."""
    path = f"{address}/v1/jobs/big/results?table=profiles&limit={PAGE}"
    return [("GET", f"{path}&after={place}", None) for place in places[:ASKED]]


def offsets(address: str) -> list[Request]:
    """Return requests of the peer's pages at the same depths."""
    depths = random.Random(1)  # noqa: S311 - reproducible, no secret
    places = [depths.randint(0, PROFILES - PAGE) for _ in range(ASKED // 10)]
    path = f"{address}/results/big?limit={PAGE}"
    return [("GET", f"{path}&offset={place}", None) for place in places]


def submission(number: int, address: str, accounts: int) -> Request:
    """Return a request that hands in a job."""
    units = [f"brand.{number}.{place}" for place in range(accounts)]
    return "POST", f"{address}/v1/jobs", {"source": "instagram", "units": units}


def mixed(address: str, places: list[str]) -> list[Request]:
    """Return what many people ask for: how a job stands, pages, profiles, small jobs."""
    asked: list[Request] = []
    for number in range(PER_SECOND * SECONDS):
        kind, place = number % 10, places[number % len(places)]
        if kind == 0:
            asked.append(submission(number, address, 10))
        elif kind < 4:  # noqa: PLR2004 - three of ten
            path = f"/v1/jobs/big/results?limit=50&after={place}"
            asked.append(("GET", f"{address}{path}", None))
        elif kind < 7:  # noqa: PLR2004 - three of ten
            asked.append(("GET", f"{address}/v1/jobs/big/units?limit=50&after={number}", None))
        else:
            asked.append(("GET", f"{address}/v1/jobs/big", None))
    return asked


def peak_mb(pid: int) -> float:
    """Return the peak memory of a process so far."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0


def checked(name: str, load: Load) -> Load:
    """Raise RuntimeError where a request of *load* failed."""
    if load.failed:
        raise RuntimeError(f"{name}: {len(load.failed)} failed: {load.failed[:5]}")
    say(f"  {name}: {len(load.took_ms)} requests, p99 {load.p99_ms:.1f} ms, {load.bytes:,} bytes")
    return load


def measure_long() -> Iterator[Comparison]:
    """Yield the comparisons."""
    with store() as data:
        places = fill(data)
        key = new_key(data)
        with serving(data) as (address, pid):
            time.sleep(1)
            by_key = checked("pages", asyncio.run(in_turn(key, pages(address, places))))
            status: list[Request] = [("GET", f"{address}/v1/jobs/big", None)] * 2000
            standing = checked("status", asyncio.run(in_turn(key, status)))
            jobs = [submission(number, address, ACCOUNTS) for number in range(SUBMITTED)]
            accepted = checked("jobs handed in", asyncio.run(in_turn(key, jobs)))
            asked = mixed(address, places)
            many = asyncio.run(
                steadily(key, asked.__getitem__, per_second=PER_SECOND, seconds=SECONDS)
            )
            say(f"  200 a second: p99 {many.p99_ms:.1f} ms, {len(many.failed)} failed")
            before = peak_mb(pid)
            path = f"{address}/v1/jobs/big/export?table=profiles"
            lines, seconds = asyncio.run(download(key, path))
            after = peak_mb(pid)
            say(f"  export: {lines:,} rows in {seconds:.1f} s, {before:.0f} to {after:.0f} MB")
        with paging_by_offset(data) as address:
            by_offset = checked("pages by offset", asyncio.run(in_turn(key, offsets(address))))
    if lines != PROFILES:
        raise RuntimeError(f"the export has {lines} rows")
    name = "api, a page of 1,000 results"
    ms = Series("ours", "ms", (by_key.p99_ms,))
    yield Comparison(f"{name}, p99", ms, target=Target("most", 50))
    yield Comparison(f"{name}, p99", ms, Series("by offset", "ms", (by_offset.p99_ms,)))
    yield Comparison(
        "api, how a job stands, p99",
        Series("ours", "ms", (standing.p99_ms,)),
        target=Target("most", 10),
    )
    yield Comparison(
        "api, 10,000 accounts handed in, p99",
        Series("ours", "ms", (accepted.p99_ms,)),
        target=Target("most", 200),
    )
    yield Comparison(
        "api, 200 requests a second, that failed",
        Series("ours", "requests", (len(many.failed),)),
        target=Target("most", 0),
    )
    yield Comparison("api, 200 requests a second, p99", Series("ours", "ms", (many.p99_ms,)))
    yield Comparison("api, export of 500,000 rows", Series("ours", "rows/s", (lines / seconds,)))
    yield Comparison(
        "api, peak memory with the export",
        Series("ours", "MB", (after,)),
        Series("before it", "MB", (before,)),
        Target("most", 1.1),
    )
