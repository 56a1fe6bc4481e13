"""Make the file of `crawlers.gender.data`: ``python build.py SOURCE TARGET COUNT_MIN``.

A program of its own, with nothing but the standard library.
"""

import fcntl
import re
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

ENTRY = re.compile(r'(?<!\\)"([^"\\ ]+)": \[\d+, (\d+), ([\d.e-]+)')
"""An entry of the source: name, sources, count, share of women. What has spaces is left out: names
are looked up word by word. JSON proper would take ten times as long, and 260 MB."""


def entries(source: Path, count_min: int) -> list[tuple[str, float]]:
    """Return names that were seen *count_min* times or more, sorted. ValueError for no names."""
    found = ENTRY.findall(source.read_text(encoding="utf-8"))
    names = sorted((name, float(share)) for name, count, share in found if int(count) >= count_min)
    if not names:
        raise ValueError("it holds no names in the form that is expected")
    return names


def write(names: Iterable[tuple[str, float]], path: Path) -> None:
    """Write *names* to a new database at *path*."""
    path.unlink(missing_ok=True)  # of a run that was killed
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "create table names (name text primary key, female real not null) without rowid"
        )
        database.executemany("insert into names values (?, ?)", names)


def build(source: Path, target: Path, count_min: int) -> None:
    """Make *target* out of *source*, unless another process has by now. It is there whole or not.

    Raises OSError, sqlite3.Error, ValueError.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_file():
            new = target.with_suffix(".new")
            write(entries(source, count_min), new)
            new.replace(target)


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    except (OSError, sqlite3.Error, ValueError) as error:
        sys.exit(str(error))
