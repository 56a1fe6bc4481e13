"""Backup and restore of 500,000 profiles and 300,000 snapshots, beside bare pg_dump, pg_restore."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg

from benchmarks.api import fill
from benchmarks.measure import Comparison, Series, Target, in_turns
from benchmarks.processes import ROOT, clean_environment, watch
from benchmarks.store import Store, store
from crawlers.config import Config
from crawlers.storage.backups.dumping import back_up
from crawlers.storage.backups.manifest import Manifest
from crawlers.storage.backups.restoring import restore, verify
from crawlers.storage.backups.shelf import Shelf
from crawlers.storage.system import programs

SNAPSHOTS = """
insert into price_snapshots (platform, product_id, at, price_minor, list_price_minor, currency,
                             sold, rating, availability)
select 'shopee', 'sg/' || n / 30, now() - make_interval(days => n % 30),
       1000 + abs(hashint4(n)) % 5000, 6000, 'SGD', abs(hashint4(n)) % 1000, 4.8, 'in_stock'
from generate_series(1, 300000) as n
"""
MEGA = 1_000_000
COMMANDS = (
    ("backup", "run"),
    ("backup", "verify"),
    ("retain", "--dry-run", "--results-days", "1", "--raw-days", "1"),
    ("retain", "--results-days", "1", "--raw-days", "1"),
)
PLAIN = "bare pg_dump --format=custom"
UNPACKED = "bare pg_dump --format=custom --compress=none"


def measure_long(runs: int = 5) -> Iterator[Comparison]:
    """Measure megabytes of dump a second, in turns."""
    with store() as data:
        small = {words: _peak_mb(data, *words) for words in COMMANDS}
        fill(data)
        with psycopg.connect(data.url, autocommit=True) as connection:
            connection.execute(SNAPSHOTS.encode())
            connection.execute("vacuum analyze price_snapshots")
            connection.execute("update jobs set finished_at = now() - interval '9 days'")
        config = Config(crawlers_home=data.home)
        shelf = Shelf(config)
        made = asyncio.run(back_up(config, shelf))
        bare = data.home / "bare.dump"
        times = in_turns(
            runs,
            {
                "backup": partial(_timed, lambda: asyncio.run(back_up(config, shelf))),
                PLAIN: partial(_timed, partial(_dump, data, bare)),
                UNPACKED: partial(_timed, partial(_dump, data, bare, "--compress=none")),
            },
        )
        times |= in_turns(
            runs,
            {
                "restore": partial(_timed, partial(_restore, config, shelf, made)),
                "bare pg_restore": partial(_timed, partial(_bare_restore, data, bare)),
                "verify": partial(_timed, lambda: asyncio.run(verify(config, shelf, made.id))),
            },
        )
        large = {words: _peak_mb(data, *words) for words in COMMANDS}
    speed = {
        name: Series(name, "MB/s", tuple(made.dump_bytes / MEGA / one for one in seconds))
        for name, seconds in times.items()
    }
    what = f"{made.dump_bytes / MEGA:,.0f} MB, {made.rows / MEGA:.1f} million rows"
    least = Target("least", 0.9)
    yield Comparison(f"backup of {what}", speed["backup"], speed[PLAIN], least)
    yield Comparison(f"backup of {what}", speed["backup"], speed[UNPACKED])
    yield Comparison(f"restore of {what}", speed["restore"], speed["bare pg_restore"], least)
    yield Comparison(f"verify of {what}", speed["verify"], speed["bare pg_restore"])
    for words, peak in large.items():
        mine = Series("ours", "MB", (peak,))
        empty = Series("ours, an empty database", "MB", (small[words],))
        name = f"scrapy {words[0]} {words[1]}, peak memory, {what}"
        yield Comparison(name, mine, empty, Target("most", 1.2))


def _peak_mb(data: Store, *words: str) -> float:
    """Run ``scrapy`` with *words*; return the most memory that its process had."""
    environment = clean_environment() | {"CRAWLERS_HOME": str(data.home)}
    command = [sys.executable, "-m", "scrapy", *words]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    peak_mb, status, _ = watch(process.pid)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"scrapy {' '.join(words)} ended with {process.returncode}")
    return peak_mb


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _dump(data: Store, path: Path, *words: str) -> None:
    command: list[str | Path] = [
        programs() / "pg_dump",
        "--format=custom",
        *words,
        f"--file={path}",
        data.url,
    ]
    subprocess.run(command, check=True)


def _restore(config: Config, shelf: Shelf, made: Manifest) -> None:
    asyncio.run(restore(config, shelf, made.id, overwrite=True))


def _bare_restore(data: Store, path: Path) -> None:
    with psycopg.connect(data.url, autocommit=True) as connection:
        connection.execute("drop database if exists bare")
        connection.execute("create database bare template template0")
    where = data.url.replace("/postgres?", "/bare?")
    subprocess.run([programs() / "pg_restore", f"--dbname={where}", path], check=True)
