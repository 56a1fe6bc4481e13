"""The long storm, and the control: ``python -m tests.chaos``. Writes docs/chaos.md.

Exits with 1 when anything was wrong that must not be.
"""

import argparse
import asyncio
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.chaos.check import Findings
from tests.chaos.run import LEASE_S, Storms, storm
from tests.chaos.stock import control
from tests.crawls.run import ROOT

REPORT = ROOT / "docs" / "chaos.md"
WORDS = {
    "kill": "`kill -9` of a worker that works; another takes its place",
    "freeze": "SIGSTOP for longer than the lease, then SIGCONT",
    "cut_redis": "nothing passes between a worker and Redis: up, down, or both",
    "cut_postgres": "the same between a worker and PostgreSQL",
    "reset": "all connections of a worker end, by RST or FIN",
    "restart_redis": "Redis is killed or ended, and started again",
    "restart_postgres": "PostgreSQL is ended at once, and started again",
    "terminate": "SIGTERM; another takes the worker's place",
    "terminate_twice": "SIGTERM twice",
    "add": "one more worker",
    "remove": "one worker less",
}


def say(text: str) -> None:
    """Write a line of progress."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--pages", type=int, default=50_000, help="of the maze (default 50000)")
    parser.add_argument("--kills", type=int, default=200, help="kill -9 of workers (default 200)")
    parser.add_argument("--seed", type=int, help="repeat the faults of an earlier run")
    parser.add_argument("--no-report", action="store_true", help="leave docs/chaos.md as it is")
    parser.add_argument("--no-control", action="store_true", help="without scrapy-redis")
    parser.add_argument("--hours", type=float, default=2, help="give up after so long (default 2)")
    return parser.parse_args()


async def main(asked: argparse.Namespace) -> int:
    """Run the storm, then the control; return the exit code."""
    if (task := asyncio.current_task()) is not None:  # no worker stays behind
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    seed = int(time.time()) if asked.seed is None else asked.seed
    say(f"seed {seed}: {asked.pages:,} pages, {asked.kills} kills")
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    after = await storm(
        home, asked.pages, asked.kills, seed=seed, patience_s=asked.hours * 3600, say=say
    )
    for what, found in after.findings.facts.items():
        say(f"  {what}: {found}")
    for wrong in after.findings.wrong:
        say(f"WRONG: {wrong}")
    say("" if after.findings.wrong else "nothing was wrong")
    if after.findings.wrong:
        say(f"the logs of the workers are in {home}")
    else:
        shutil.rmtree(home)
    peer = None if asked.no_control else await control(asked.pages, asked.kills, seed, say)
    if not asked.no_report:
        REPORT.write_text("\n".join([*report(asked, after, peer), ""]), encoding="utf-8")
    return 1 if after.findings.wrong else 0


def report(asked: argparse.Namespace, after: Storms, peer: Findings | None) -> Iterator[str]:
    """Yield the lines of docs/chaos.md."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    yield from ("# A storm over the frontier", "")
    yield "<!-- Written by `make chaos`. -->"
    yield ""
    yield f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GB, Python"
    yield f"{platform.python_version()}, Scrapy {version('scrapy')}. {asked.pages:,} pages on three"
    minutes = f"{after.seconds / 60:.0f} minutes"
    yield f"hosts, three workers (two to five), leases of {LEASE_S:g} s, {minutes}."
    yield f"The same faults again: `python -m tests.chaos --seed {after.seed}`."
    yield ""
    yield from ("## What was done to it", "", "| fault | times |", "|---|---|")
    for name, words in WORDS.items():
        yield f"| {words} | {after.storm.done[name]} |"
    yield ""
    yield f"{after.storm.started} workers were started in all."
    yield from ("", "## What was found afterwards", "")
    yield "By the site's own log, the database and Redis; everything is checked, nothing sampled."
    yield from ("", "| | |", "|---|---|")
    for what, found in after.findings.facts.items():
        yield f"| {what} | {found} |"
    yield ""
    wrong = after.findings.wrong
    yield "Nothing was wrong." if not wrong else f"**Wrong:** {'; '.join(wrong)}"
    if peer is not None:
        yield from ("", "## The control: stock Scrapy and scrapy-redis", "")
        yield "The same maze and kills, no other faults. There each worker has limits of its own."
        yield from ("", "| | |", "|---|---|")
        for what, found in peer.facts.items():
            yield f"| {what} | {found} |"


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
