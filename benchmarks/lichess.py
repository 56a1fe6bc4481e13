"""Lichess from its replica: speed against replaying alone, the first rows, memory."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg

from benchmarks.measure import Comparison, Series, Target, in_turns, say
from benchmarks.processes import ROOT, Crawl, crawl
from benchmarks.store import Store, store
from tests.replica.process import ReplicaProcess, replica_process
from tests.replica.world import UserSpec, World

GAMES, MANY = 1_000, 50_000
CHESS = "chess_games, chess_players, chess_rating_points"
WORLD = World(users=(UserSpec("Alice", GAMES), UserSpec("Bob", MANY)))


def ours(data: Store, origin: str, player: str) -> Crawl:
    """Crawl all games of *player*, without the pauses that the real site asks for."""
    options = ["-a", f"players={player}", "-a", f"origin={origin}", "-s", "SERIAL_DELAY_S=0"]
    home = {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1"}
    return crawl(ROOT, ["lichess", *options], home)


def crawled(data: Store, site: ReplicaProcess, expected: int) -> tuple[float, float]:
    """Return our games a second, and the seconds from the end of the first window to its rows."""
    before = len(site.log)
    data.empty(CHESS)
    with ThreadPoolExecutor(1) as watcher:
        seen = watcher.submit(_seen_at, data)
        done = ours(data, site.origin, "Alice")
    check(data, expected)
    first = next(one for one in site.log[before:] if "&max=20&" in f"&{one['target']}&")
    return round(expected / done.elapsed_s), round(seen.result() - first["end"], 3)


def replayed(games: Path, expected: int) -> float:
    """Return the games a second of python-chess alone."""
    command = [sys.executable, "-m", "benchmarks.peers.replay", str(games)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return round(expected / float(done.stdout))


def check(data: Store, expected: int) -> None:
    """Raise RuntimeError unless *expected* games are stored."""
    stored = data.ask("select count(*) from chess_games")
    if stored != expected:
        raise RuntimeError(f"stored {stored} games of {expected}")


def download(origin: str, player: str, path: Path) -> int:
    """Keep the games of *player* as NDJSON; return how many are exported."""
    headers = {"Accept": "application/x-ndjson", "User-Agent": "bench"}
    request = Request(f"{origin}/api/games/user/{player}", headers=headers)  # noqa: S310 - http on loopback
    with urlopen(request) as answer:  # noqa: S310 - the same
        path.write_bytes(answer.read())
    return path.read_bytes().count(b"\n")


def _seen_at(data: Store) -> float:
    with psycopg.connect(data.url, autocommit=True) as connection:
        while True:
            row = connection.execute("select count(*) from chess_games").fetchone()
            if row and row[0]:
                return time.monotonic()
            time.sleep(0.005)


def measure(runs: int) -> Iterator[Comparison]:
    """Yield the comparisons for 1,000 games."""
    with store() as data, replica_process("lichess", WORLD, "--warm") as site:
        games = data.home / "games.ndjson"
        count = download(site.origin, "Alice", games)
        ways: dict[str, Callable[[], Any]] = {
            "ours": partial(crawled, data, site, count),
            "python-chess alone": partial(replayed, games, count),
        }
        runs_of = in_turns(runs, ways)
    rates, waits = zip(*runs_of["ours"], strict=True)
    mine = Series("ours", "games/s", rates)
    alone = Series("python-chess alone", "games/s", tuple(runs_of["python-chess alone"]))
    yield Comparison("lichess, 1,000 games", mine, alone, Target("least", 0.6))
    first = Series("ours", "s", waits)
    yield Comparison("lichess, first window to its commit", first, target=Target("most", 1))


def measure_long() -> Iterator[Comparison]:
    """Yield the memory of 50,000 games against that of 1,000."""
    with store() as data, replica_process("lichess", WORLD, "--warm") as site:
        count = download(site.origin, "Bob", data.home / "games.ndjson")
        few = ours(data, site.origin, "Alice")
        say(f"  {GAMES} games: {few}")
        data.empty(CHESS)
        many = ours(data, site.origin, "Bob")
        say(f"  {MANY} games: {many}")
        check(data, count)
    yield Comparison(
        "lichess, peak memory of 50,000 games",
        Series("ours", "MB", (many.rss_mb,)),
        Series("ours, 1,000 games", "MB", (few.rss_mb,)),
        Target("most", 60),
        versus="difference",
    )
    rate = Series("ours", "games/s", (count / many.elapsed_s,))
    yield Comparison("lichess, 50,000 games", rate)
