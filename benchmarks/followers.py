"""Followers of 10,000 accounts from the stand-in: speed against a plain script, memory, growth."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Comparison, Series, Target, say
from benchmarks.processes import ROOT, Crawl, crawl
from benchmarks.store import Store, store
from tests.replica.apify import ApifyWorld
from tests.replica.process import ReplicaProcess, replica_process

FOLLOWERS, FEW, MANY = 50, 1_000, 10_000
TABLES = "profiles, follows, apify_runs"
WORLD = ApifyWorld(followers=FOLLOWERS, shared=0)


def ours(data: Store, site: ReplicaProcess, accounts: Path) -> Crawl:
    """Crawl the followers of all *accounts* with one worker; the waits are those of test mode."""
    data.empty(TABLES)
    options = ["-a", f"accounts_file={accounts}", "-a", f"origin={site.origin}"]
    home = {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1", "APIFY_TOKEN": WORLD.token}
    done = crawl(ROOT, ["instagram", *options], home)
    check(data, accounts)
    return done


def peer(data: Store, site: ReplicaProcess, accounts: Path) -> float:
    """Return the seconds of the script."""
    data.empty(TABLES)
    command = [sys.executable, "-m", "benchmarks.peers.followers"]
    command += [site.origin, WORLD.token, data.url, str(accounts), str(FOLLOWERS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    check(data, accounts)
    return float(done.stdout)


def check(data: Store, accounts: Path) -> None:
    """Raise RuntimeError unless everything is stored."""
    expected = followers_of(accounts)
    for table in ("profiles", "follows"):
        stored = data.ask(f"select count(*) from {table}")  # noqa: S608 - our own names
        if stored != expected:
            raise RuntimeError(f"stored {stored} {table} of {expected}")


def followers_of(accounts: Path) -> int:
    """Return how many followers *accounts* have, all together."""
    return len(accounts.read_text().split()) * FOLLOWERS


def listed(folder: Path, count: int) -> Path:
    """Write a list of accounts."""
    path = folder / f"accounts-{count}"
    path.write_text("\n".join(f"brand_{number}" for number in range(count)))
    return path


def measure_long() -> Iterator[Comparison]:
    """Yield the comparisons."""
    with store() as data, replica_process("apify", WORLD) as site:
        few_accounts, many_accounts = listed(data.home, FEW), listed(data.home, MANY)
        few = ours(data, site, few_accounts)
        say(f"  {FEW * FOLLOWERS} profiles: {few}")
        many = ours(data, site, many_accounts)
        say(f"  {MANY * FOLLOWERS} profiles: {many}")
        seconds = peer(data, site, many_accounts)
        say(f"  {MANY * FOLLOWERS} profiles, peer: {seconds:.1f} s")
    total = MANY * FOLLOWERS
    name = f"followers, {total:,} profiles"
    yield Comparison(
        name,
        Series("ours", "profiles/s", (total / many.elapsed_s,)),
        Series("requests in turn, executemany", "profiles/s", (total / seconds,)),
    )
    memory = Series("ours", "MB", (many.rss_mb,))
    yield Comparison(f"{name}, peak memory", memory, target=Target("most", 300))
    yield Comparison(
        f"{name}, peak memory against a tenth",
        memory,
        Series("ours, a tenth", "MB", (few.rss_mb,)),
        Target("most", 1.15),
    )
    yield Comparison(
        f"{name}, time against a tenth",
        Series("ours", "s", (many.elapsed_s,)),
        Series("ours, a tenth", "s", (few.elapsed_s,)),
        Target("most", 11),
    )
