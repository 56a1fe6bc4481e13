"""Lichess from its replica: speed against replaying alone, the first rows, memory."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
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
    data.empty(CHESS)
    options = ["-a", f"players={player}", "-a", f"origin={origin}", "-s", "SERIAL_DELAY_S=0"]
    home = {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1"}
    return crawl(ROOT, ["lichess", *options], home)


def crawled(data: Store, origin: str) -> float:
    """Return our games a second."""
    done = ours(data, origin, "Alice")
    return round(int(data.ask("select count(*) from chess_games")) / done.elapsed_s)


def replayed(games: Path) -> float:
    """Return the games a second of python-chess alone."""
    command = [sys.executable, "-m", "benchmarks.peers.replay", str(games)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return round(GAMES / float(done.stdout))


def download(origin: str, path: Path) -> None:
    """Keep all games of Alice as NDJSON."""
    headers = {"Accept": "application/x-ndjson", "User-Agent": "bench"}
    request = Request(f"{origin}/api/games/user/Alice?max={GAMES}", headers=headers)  # noqa: S310 - http on loopback
    with urlopen(request) as answer:  # noqa: S310 - the same
        path.write_bytes(answer.read())


def first_rows(data: Store, site: ReplicaProcess) -> float:
    """Return the seconds from the end of the first window to the sight of its rows."""
    before = len(site.log)
    data.empty(CHESS)
    with ThreadPoolExecutor(1) as watcher:
        seen = watcher.submit(_seen_at, data)
        ours(data, site.origin, "Alice")
    windows = [one for one in site.log[before:] if "&max=20&" in f"&{one['target']}&"]
    return round(float(seen.result() - windows[0]["end"]), 3)


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
        download(site.origin, games)
        ways: dict[str, Callable[[], float]] = {
            "ours": partial(crawled, data, site.origin),
            "python-chess alone": partial(replayed, games),
        }
        rates = in_turns(runs, ways)
        waits = in_turns(runs, {"first rows": partial(first_rows, data, site)})["first rows"]
    mine, alone = (Series(name, "games/s", tuple(values)) for name, values in rates.items())
    yield Comparison("lichess, 1,000 games", mine, alone, Target("least", 0.6))
    first = Series("ours", "s", tuple(waits))
    yield Comparison("lichess, first window to its commit", first, target=Target("most", 1))


def measure_long() -> Iterator[Comparison]:
    """Yield the memory of 50,000 games against that of 1,000."""
    with store() as data, replica_process("lichess", WORLD, "--warm") as site:
        few = ours(data, site.origin, "Alice")
        say(f"  {GAMES} games: {few}")
        many = ours(data, site.origin, "Bob")
        say(f"  {MANY} games: {many}")
        stored = int(data.ask("select count(*) from chess_games"))
    if stored != MANY:
        raise RuntimeError(f"stored {stored} games of {MANY}")
    yield Comparison(
        "lichess, peak memory of 50,000 games",
        Series("ours", "MB", (many.rss_mb,)),
        Series("ours, 1,000 games", "MB", (few.rss_mb,)),
        Target("most", 60),
        versus="difference",
    )
    rate = Series("ours", "games/s", (MANY / many.elapsed_s,))
    yield Comparison("lichess, 50,000 games", rate)
