"""The data behind the estimate: made once, whole, by another process; small in memory."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import distribution
from pathlib import Path

import pytest

from crawlers.gender import build
from crawlers.gender.data import BUILDER, COUNT_MIN, female_share, prepare

ROOT = Path(__file__).parents[2]
SOURCE = Path(str(distribution("nomquamgender").locate_file("nomquamgender/name_data.json")))

PREPARE = "from crawlers.gender import gender_of; print(gender_of('Maria').gender)"
GROWTH = """
import sys
from crawlers.config import config

def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

config()
names = [f"{n:x}".translate(str.maketrans("0123456789", "ghijklmnop")) for n in range(200_000)]
before = resident()
from crawlers.gender import gender_of
answered = sum(gender_of(f"{name} {name[::-1]}").gender != "unknown" for name in names)
print(answered, resident() - before, {"numpy", "pandas", "nomquamgender"} & sys.modules.keys())
"""
HALF = """
import runpy, sqlite3, sys, time

class Half(sqlite3.Connection):
    def executemany(self, statement, rows):
        super().executemany(statement, rows[: len(rows) // 2])
        print("half", flush=True)
        time.sleep(600)

connect = sqlite3.connect
sqlite3.connect = lambda path: connect(path, factory=Half)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""The builder, which stops when it has half of the names."""


def start(program: str, home: Path) -> subprocess.Popen[str]:
    """Start Python with *program* and a home of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        env=os.environ | {"CRAWLERS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files(home: Path) -> dict[str, int]:
    """Return what is in the cache, by name, with the number of the file."""
    return {path.name: path.stat().st_ino for path in (home / "cache").iterdir()}


def test_it_holds_what_the_library_says_of_every_name_seen_often_enough(tmp_path: Path) -> None:
    data = json.loads(SOURCE.read_text(encoding="utf-8"))
    expected = {
        name: share
        for name, (_, count, share, *_) in data.items()
        if count >= COUNT_MIN and not {" ", '"'} & set(name)
    }
    target = tmp_path / "cache" / "names.sqlite3"
    build.build(SOURCE, target, COUNT_MIN)
    with closing(sqlite3.connect(target)) as database:
        found = dict(database.execute("select name, female from names").fetchall())
    assert len(found) > 140_000
    assert found == expected
    assert target.stat().st_size < 4 * 1024**2


def test_processes_that_start_at_once_make_it_once(tmp_path: Path) -> None:
    started = [start(PREPARE, tmp_path) for _ in range(4)]
    assert [process.communicate()[0] for process in started] == ["female\n"] * 4
    before = files(tmp_path)
    version = distribution("nomquamgender").version
    assert set(before) == {f"nomquamgender-{version}{end}" for end in (".sqlite3", ".lock")}
    assert start(PREPARE, tmp_path).communicate()[0] == "female\n"
    assert files(tmp_path) == before


def test_one_that_is_killed_while_it_makes_it_leaves_nothing_half(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "names.sqlite3"
    command = [sys.executable, "-I", "-c", HALF, str(BUILDER), str(SOURCE), str(target)]
    new = target.with_suffix(".new")
    with subprocess.Popen([*command, str(COUNT_MIN)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert new.exists()
    assert not target.exists()
    build.build(SOURCE, target, COUNT_MIN)
    assert target.exists()
    assert not new.exists()


def test_a_crawl_grows_by_less_than_20_mb_and_imports_no_pandas(tmp_path: Path) -> None:
    with start(GROWTH, tmp_path) as process:
        out, error = process.communicate()
    assert process.returncode == 0, error
    answered, grown, imported = out.split(maxsplit=2)
    assert int(answered) > 1_000
    assert int(grown) < 20 * 1024**2
    assert imported.strip() == "set()"


def test_what_is_remembered_is_bounded() -> None:
    assert female_share.cache_info().maxsize == 2**13


@pytest.mark.parametrize("body", ["", "{}", '{"maria": "female"}'])
def test_a_source_in_another_form_is_an_error(tmp_path: Path, body: str) -> None:
    source, target = tmp_path / "name_data.json", tmp_path / "names.sqlite3"
    source.write_text(body)
    with pytest.raises(ValueError, match="no names in the form"):
        build.build(source, target, COUNT_MIN)
    assert not target.exists()


def test_a_home_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with start(PREPARE, tmp_path) as process:
        _, error = process.communicate()
    assert process.returncode == 1
    line = error.splitlines()[-1]
    assert line.startswith("crawlers.errors.NamesError: the names in ")
    assert "could not be made ready: " in line
    assert str(tmp_path / "cache") in line


def test_it_can_be_made_ready_before_the_first_name() -> None:
    assert prepare().is_file()
