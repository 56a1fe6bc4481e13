"""``make serve``: dashboard, API and dispatcher; where nothing is stored, over the demo's data."""

import os
import sys
from pathlib import Path

from tests.demo import HOME, ROOT, say
from tests.demo import main as demo

OWN = ("DATABASE_URL", "CRAWLERS_HOME")


def main() -> None:
    """Make the demo's data if there are none of any kind, then become ``scrapy serve``."""
    has_own = any(os.environ.get(name) for name in OWN) or is_there(HOME.parent)
    if not has_own:
        is_first = not is_there(HOME)
        if is_first:
            say("Nothing is stored here yet: the demo goes first.")
            demo()
        say("\nThis is the demo's data. Once you have crawled something, make serve shows that.")
        if not is_first:
            home = HOME.relative_to(ROOT)
            say(f"Another password for admin: CRAWLERS_HOME={home} scrapy user password admin")
        os.environ["CRAWLERS_HOME"] = str(HOME)
    words = [sys.executable, "-m", "scrapy", "serve", "--with-dispatcher"]
    os.chdir(ROOT)
    os.execv(words[0], words)  # noqa: S606 - no shell is wanted


def is_there(home: Path) -> bool:
    """Tell whether *home* has a database."""
    return (home / "postgres").exists()


if __name__ == "__main__":
    main()
