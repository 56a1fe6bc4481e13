"""Ten kills of a crawl of each source: ``python -m tests.chaos.sources``. Writes docs/kills.md.

Exits with 1 when a crawl that was killed and run again did not end like one that was not.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.chaos.kills import PLANS, DifferentError, kills
from tests.conftest import Server
from tests.crawls.run import ROOT

REPORT = ROOT / "docs" / "kills.md"


def say(text: str) -> None:
    """Write a line of progress."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.sources", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of: {'; '.join(PLANS)} (default: all)")
    parser.add_argument("--kills", type=int, default=10, help="of each (default 10)")
    parser.add_argument("--seed", type=int, default=100, help="of the first kill (default 100)")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(PLANS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return asked


def run(name: str, server: Server, folder: Path, seeds: range) -> tuple[int, str]:
    """Kill crawls of one source; return how many ended as they must, and what one did not."""
    done = 0
    try:
        for line in kills(PLANS[name], server, folder, seeds):
            done += 1
            say(f"  {name}: {line}")
    except DifferentError as error:
        say(f"WRONG: {name}: {error}")
        return done, str(error).splitlines()[0]
    return done, ""


def main(asked: argparse.Namespace) -> int:
    """Run them one after the other; return the exit code."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="kills-") as home:
        server = Server(Path(home) / "server")
        with closing(server.embedded):
            for number, name in enumerate(asked.names or PLANS):
                folder = Path(home) / str(number)
                folder.mkdir()
                seeds = range(asked.seed, asked.seed + asked.kills)
                found[name] = run(name, server, folder, seeds)
    if not asked.names:
        REPORT.write_text("\n".join([*report(found), ""]), encoding="utf-8")
    return 1 if any(wrong for _, wrong in found.values()) else 0


def report(found: dict[str, tuple[int, str]]) -> Iterator[str]:
    """Yield the lines of docs/kills.md."""
    yield from ("# Crawls that are killed", "", "<!-- Written by `make chaos`. -->", "")
    yield f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python"
    yield f"{platform.python_version()}, Scrapy {version('scrapy')}. A crawl of each source gets"
    yield "`kill -9` at a random moment and is run again. Afterwards all its tables are compared"
    yield "with those of a crawl that nobody disturbed: every row, but for times and sequence"
    yield "numbers; for Instagram also what each run was charged for."
    yield from ("", "| source | ended with the same tables | wrong |", "|---|---|---|")
    for name, (done, wrong) in found.items():
        yield f"| {name} | {done} | {wrong or '-'} |"


if __name__ == "__main__":
    sys.exit(main(arguments()))
