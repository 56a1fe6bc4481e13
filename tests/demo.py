"""``make demo``: crawl stand-in sites into an embedded database and show what was stored."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from crawlers.storage.embedded import drop
from tests.replica import Pair, UserSpec, World, replica_process

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".crawlers" / "demo"
WORLD = World(
    users=(
        UserSpec("Ada", games=400, ongoing=2),
        UserSpec("Boris", games=150, odd=0.4),
        UserSpec("Retired", closed=True),
    ),
    pairs=(Pair("Ada", "Boris", games=30),),
    pool=60,
)
OTHERS = re.compile("DATABASE_URL|LICHESS_TOKEN|LOG_FORMAT|AWS_")
"""Variables of the person's own crawls; the demo uses nothing of them."""

QUERIES = (
    (
        "How did each player's games end, by colour?",
        """select p.id as player,
       count(*) filter (where white_id = p.id and winner = 'white') as won_as_white,
       count(*) filter (where black_id = p.id and winner = 'black') as won_as_black,
       count(*) filter (where winner is null) as undecided, count(*) as games
from chess_players p join chess_games g on p.id in (g.white_id, g.black_id)
group by p.id order by games desc""",
    ),
    (
        "What are the most frequent first moves?",
        """select san as first_move, count(*) as games,
       round(avg(clock_cs) / 100) as seconds_left
from chess_moves where ply = 1 group by san order by games desc, san limit 5""",
    ),
)


def scrapy(*words: str) -> int:
    """Run a ``scrapy`` command on the demo's own data; its output is shown."""
    kept = {name: value for name, value in os.environ.items() if not OTHERS.match(name)}
    environment = kept | {
        "CRAWLERS_HOME": str(HOME),
        "CRAWLERS_TEST": "1",
        "RAW_STORE_URL": "",
    }
    shown = (f'"{word}"' if " " in word else word for word in words)
    say(f"\n$ scrapy {' '.join(shown)}")
    command = [sys.executable, "-m", "scrapy", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def say(text: str) -> None:
    """Print *text* before anything that a command prints."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Crawl, show the tables, answer two questions. Return the crawl's exit code."""
    drop(HOME)
    shutil.rmtree(HOME, ignore_errors=True)
    say("Starting a stand-in for lichess.org on this machine ...")
    with replica_process("lichess", WORLD, "--warm") as site:
        code = scrapy(
            "crawl", "lichess", "-a", "players=Ada,Boris,Retired", "-a", f"origin={site.origin}",
            "-s", "SERIAL_DELAY_S=0.1", "-L", "WARNING",
        )  # fmt: skip
        overlap = site.state["max_overlap"]
    scrapy("tables")
    for question, statement in QUERIES:
        say(f"\n{question}")
        scrapy("psql", "-c", statement)
    say(f"The site never saw more than {overlap} transfer at a time.")
    say(f"The rows and pages are in {HOME.relative_to(ROOT)}; `make clean` removes them.")
    return code


if __name__ == "__main__":
    sys.exit(main())
