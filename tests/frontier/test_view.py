"""What ``scrapy frontier`` shows of a job: on a terminal, of hosts, on pages of any size."""

import asyncio
import fcntl
import os
import signal
import struct
import subprocess
import termios
import time
from codecs import getincrementaldecoder
from io import StringIO
from typing import Any

import pytest
from redis.asyncio import Redis
from rich.console import Console

from crawlers.frontier.overview import Counts, Host, Overviews, Rate, View, Worker, plain
from crawlers.frontier.queue import Rules
from crawlers.storage.jobs import Jobs
from crawlers.terminal.pages import page
from tests.crawls.run import Crawls
from tests.frontier.by_hand import HOST, lease, pages, seed
from tests.frontier.conftest import PREFIX, NewQueue


class Terminal:
    """A terminal with a command on it."""

    def __init__(self, user: Crawls, *words: str) -> None:
        """Start the command, 80 characters wide."""
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            user.command(*words),
            env=user.full_environment | {"TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        os.set_blocking(ours, False)
        self._ours = ours
        self.shown = ""
        self._decoder = getincrementaldecoder("utf-8")()  # what is there may end in mid-letter

    async def until(self, text: str) -> None:
        """Wait for *text*."""
        ends = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < ends, self.shown
            await asyncio.sleep(0.05)
            self._read()

    async def close(self) -> int:
        """Wait until the command has ended; return its exit code."""
        while self.process.poll() is None:
            await asyncio.sleep(0.05)
            self._read()
        self._read()
        os.close(self._ours)
        assert self.process.stderr is not None
        assert self.process.stderr.read() == b""
        self.process.stderr.close()
        return self.process.returncode

    def _read(self) -> None:
        try:
            self.shown += self._decoder.decode(os.read(self._ours, 1 << 20))
        except OSError:  # nothing yet, or nothing more
            return


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_who_leaves_gets_his_terminal_back(
    user: Crawls, new_queue: NewQueue, how: signal.Signals
) -> None:
    await seed(new_queue(), pages(3), [1, 2, 3])
    terminal = Terminal(user, "frontier", "j")
    await terminal.until("Ctrl-C leaves")
    terminal.process.send_signal(how)
    assert await terminal.close() == 0
    left = terminal.shown.rpartition("\x1b[?1049l")[2]
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l")
    assert "running" in left
    assert HOST in left


async def test_a_view_ends_with_its_job(
    user: Crawls, redis: Redis, new_queue: NewQueue, records: Jobs
) -> None:
    await records.enter("j", "pages", {})
    await seed(new_queue(), pages(3), [1, 2, 3])
    terminal = Terminal(user, "frontier", "j")
    await terminal.until("Ctrl-C leaves")
    await records.end("j", "completed", None, requests=3, rows=5)
    await redis.flushall()
    assert await terminal.close() == 0
    left = terminal.shown.rpartition("\x1b[?1049l")[2]
    assert "completed (3 requests, 5 rows)" in left


async def test_hosts_are_as_the_program_sees_them(redis: Redis, new_queue: NewQueue) -> None:
    queue = new_queue()
    await queue.ask("join")
    for place, (name, limit, delay_ms) in enumerate(
        [("free", 2, 0), ("full", 1, 0), ("slow", 2, 2000), ("later", 2, 0), ("odd", 2, 0)]
    ):
        await queue.ask("host", name, limit, delay_ms)
        await queue.ask("seed", 2 * place, f"{name} 1", name, 0, 0, "")
        await queue.ask("seed", 2 * place + 1, f"{name} 2", name, 0, 0, "")
        if name in {"full", "slow"}:
            await queue.ask("leave", "free", 60_000)
            assert len((await lease(queue, 1)).leased) == 1
    await redis.hset(f"{PREFIX}host:free", "next", 0)
    await queue.ask("leave", "later", 60_000)
    await redis.hset(f"{PREFIX}host:odd", mapping={"limit": "many", "delay": "nan", "next": "inf"})
    view = await Overviews(redis, PREFIX, Rules()).view("j")
    assert view is not None
    seen = {one.name: (one.ready, one.used, one.limit, one.delay_s, one.next) for one in view.hosts}
    assert view.hosts_in_all == 5
    assert seen.pop("later")[-1].startswith(("in 60.0", "in 5"))
    assert seen == {
        "free": (2, 0, 2, 0.0, "now"),
        "full": (1, 1, 1, 0.0, "when one ends"),
        "slow": (1, 1, 2, 2.0, "closed until sent"),
        "odd": (2, 0, 0, 0.0, "when one ends"),
    }


def test_the_rate_is_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.per_minute is None
    for second in range(40):
        counts = counted(at_ms=second * 1000.0, done=2 * max(0, second - 20))
        rate.add(counts)
        rate.add(counts)  # as where Redis does not answer
    assert rate.per_minute == 120


def counted(**values: Any) -> Counts:
    """Return counts of a running job."""
    names = ("open", "done", "failed", "blocked", "lost", "waiting", "leased", "suspect")
    zero = dict.fromkeys(names, 0)
    given = {"job": "j", "at_ms": 0.0, "state": "running", "is_seeded": True}
    return Counts(**{**given, **zero, "dead": 0, "workers": 0, **values})


@pytest.mark.parametrize(("width", "height"), [(140, 50), (80, 24), (50, 20), (36, 20)])
def test_a_page_fits_its_terminal(width: int, height: int) -> None:
    workers = tuple(Worker(f"worker-{n}-{'x' * 60}", 1234.5) for n in range(10))
    hosts = tuple(
        Host(f"https://[red]{n}.{'x' * 60}.test:443", 12345, 16, 1.5, 16, 0.0, is_unsent=False)
        for n in range(20)
    )
    view = View(counted(open=123_456_789), workers, 123, hosts, 4567)
    screen = Console(file=StringIO(), width=width, height=height, markup=False)
    with screen.capture() as captured:
        screen.print(page(view, Rate(), width, height, "a note"))
    lines = captured.get().splitlines()
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert lines[-1] == "a note"
    assert "123,456,789" in captured.get()
    assert "and 4,5" in captured.get()
    assert "[red]" in captured.get() or width < 50


def test_text_of_others_is_plain_and_short() -> None:
    assert plain("a\tb\n\x1b[1m\x9b\u202e\udcffé") == r"a\tb\n\x1b[1m\x9b\u202e\udcffé"
    assert plain(b"\xff\0") == r"\xff\x00"
    assert plain("x" * 500, 10) == "xxxxxxx..."
    assert len(plain(b"\x1b" * 500)) == 200
