"""Starting what is measured, in processes of its own, and ending it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from resource import struct_rusage
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
STOCK = ROOT / "benchmarks" / "peers" / "stock"
OURS = re.compile(r"(DATABASE|RAW_STORE|REDIS)_URL|CRAWLERS_.*|LOG_FORMAT|SCRAPY_.*|PYTHON.*")
"""Variables that would make one machine's runs differ from another's."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """How a ``scrapy crawl`` process went. Times are in seconds."""

    began: float = field(repr=False)
    """The monotonic clock just before the process was started."""
    wall_s: float
    """From the start of the process to its end."""
    elapsed_s: float
    """Scrapy's own elapsed_time_seconds: spider opened to spider closed, commits included."""
    cpu_s: float
    """Processor time of the process: what a crowded machine hardly changes."""
    items: int
    rss_mb: float
    """Peak resident memory of the process."""
    log: str = field(repr=False)

    def __str__(self) -> str:
        """Be short, for lines of progress."""
        return (
            f"{self.items} items in {self.elapsed_s:.1f} s ({self.items / self.elapsed_s:.0f}/s),"
            f" process {self.wall_s:.1f} s, processor {self.cpu_s:.1f} s, {self.rss_mb:.0f} MB"
        )


@contextmanager
def shop(pages: int, items: int, *options: str) -> Iterator[tuple[str, IO[str]]]:
    """Run the static server; yield its address and what else it prints."""
    command = [sys.executable, "-m", "benchmarks.server", str(pages), str(items), *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None  # noqa: S101 - both are pipes
        assert server.stdout is not None  # noqa: S101
        try:
            yield server.stdout.readline().strip(), server.stdout
        finally:
            server.stdin.close()


def crawl(
    folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    ends: str | None = "finished",
) -> Crawl:
    """Run ``scrapy crawl`` in the project of *folder*; RuntimeError unless it *ends* so.

    None: however it ends.
    """
    command = [sys.executable, "-m", "scrapy", "crawl", *arguments]
    with TemporaryFile("w+") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment() | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        rss_mb, status, usage = watch(process.pid)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        text = log.read()
    if ends and (f"'finish_reason': '{ends}'" not in text or "log_count/ERROR" in text):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-6000:]}")
    elapsed, items = stat(text, "elapsed_time_seconds"), stat(text, "item_scraped_count")
    cpu = usage.ru_utime + usage.ru_stime
    return Crawl(began, wall, elapsed, cpu, int(items), rss_mb, text)


def clean_environment() -> dict[str, str]:
    """Return the environment of every crawl: nothing of ours, and byte code that is kept."""
    kept = {name: value for name, value in os.environ.items() if not OURS.fullmatch(name)}
    return kept | {"PYTHONPYCACHEPREFIX": _byte_code().name}


@cache
def _byte_code() -> TemporaryDirectory[str]:
    """Where compiled modules are kept for the time of the benchmarks, as an installation has."""
    return TemporaryDirectory(prefix="bench-")


def watch(pid: int) -> tuple[float, int, struct_rusage]:
    """Wait for the end of *pid*; return its peak memory in MB, its status and its usage.

    The usage's own ru_maxrss begins with the memory of the process that forked: ours.
    """
    rss_mb = 0.0
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return rss_mb, status, usage
        if found := re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()):
            rss_mb = int(found[1]) / 1024
        time.sleep(0.02)


def stat(log: str, name: str) -> float:
    """Return a number from the statistics that Scrapy wrote at the end of *log*, or 0."""
    found = re.search(rf"'{re.escape(name)}': ([\d.]+)", log)
    return float(found[1]) if found else 0.0
