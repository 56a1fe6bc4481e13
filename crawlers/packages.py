"""Install packages of the machine's distribution, where that can be done, for ``make setup``."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

APT_S = 900
APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "--yes")

Way = tuple[tuple[tuple[str, ...], int], ...]
"""Commands that all must succeed, each with its limit in seconds."""


def apt(*packages: str) -> Iterator[Way]:
    """Yield ways to install *packages* of Debian: with the lists that there are, with new ones."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = (*APT, "install", "--no-install-recommends", *packages)
        yield ((install, APT_S),)
        yield (((*APT, "update"), APT_S), (install, APT_S))


def works(way: Way) -> bool:
    """Go *way*; tell whether all of it succeeded."""
    return all(run(*command, limit_s=limit_s) for command, limit_s in way)


def run(*command: str, limit_s: int) -> str:
    """Run *command* quietly; return what it printed, "" when it failed or took too long."""
    try:
        process = subprocess.Popen(  # noqa: S603 - commands of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
    except OSError:
        return ""
    with process:
        try:
            printed, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            printed = ""
        finally:
            with suppress(ProcessLookupError):  # it and whatever it started
                os.killpg(process.pid, signal.SIGKILL)
    return (printed or "done") if process.returncode == 0 else ""
