"""How often a name belongs to women: the data of `nomquamgender`, in a read-only file of SQLite.

The file is made once for each version of the library, below CRAWLERS_HOME, by another process: what
the making takes in memory ends with it.
"""

import sqlite3
import subprocess
import sys
from functools import cache, lru_cache
from importlib.metadata import distribution
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from crawlers.config import config
from crawlers.errors import NamesError

LIBRARY: Final = "nomquamgender"
COUNT_MIN: Final = 10
"""Names that were seen more rarely are not known."""
REMEMBERED: Final = 2**13
BUILDER: Final = files("crawlers.gender") / "build.py"


@lru_cache(REMEMBERED)
def female_share(name: str) -> float | None:
    """Return the probability that a bearer of *name* (plain, lower case) is a woman.

    None for a name that is not known. Raises NamesError.
    """
    row = _opened().execute("select female from names where name = ?", [name]).fetchone()
    return row[0] if row else None


def prepare() -> Path:
    """Make the file unless it is there, and return its path. Blocks for a second or so.

    Of several processes one makes it, the others wait. Raises NamesError.
    """
    found = distribution(LIBRARY)
    path = config().home / "cache" / f"{LIBRARY}-{found.version}.sqlite3"
    if not path.is_file():
        source = found.locate_file(f"{LIBRARY}/name_data.json")
        # By path and isolated: it needs nothing but the standard library.
        with as_file(BUILDER) as builder:
            command = [sys.executable, "-I", str(builder), str(source), str(path), str(COUNT_MIN)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ours
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["killed"])[-1]
            raise NamesError(f"the names in {source} could not be made ready: {reason}")
    return path


@cache
def _opened() -> sqlite3.Connection:
    # Nobody writes to it, so threads may share it.
    return sqlite3.connect(
        f"{prepare().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
