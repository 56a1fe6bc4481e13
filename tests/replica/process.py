"""A stand-in in a process of its own, for tests that must not share its event loop."""

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parents[2]


class HasJson(Protocol):
    """Any site's world."""

    def to_json(self) -> str:
        """Write it for the command line."""
        ...


class ReplicaProcess:
    """The running process, as the test sees it."""

    def __init__(self, origin: str, pid: int) -> None:
        """Speak to the replica at *origin*."""
        self.origin = origin
        self.pid = pid

    def control(self, call: str, value: object = None, timeout: float = 60) -> Any:
        """Make one control call, for example ``control("add", {"user": "Bob", "games": 3})``."""
        request = urllib.request.Request(  # noqa: S310 - always http on loopback
            f"{self.origin}/_replica/{call}", json.dumps(value).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - the same
            return json.load(answer)

    @property
    def state(self) -> dict[str, Any]:
        """Counts, violations and open transfers."""
        state: dict[str, Any] = self.control("state")
        return state

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every transfer so far."""
        log: list[dict[str, Any]] = self.control("log")
        return log

    def add_fault(self, kind: str, path: str = "", **options: Any) -> None:
        """Script a fault, as `Faults.add` does."""
        self.control("faults", [{"kind": kind, "path": path, **options}])

    def release(self) -> None:
        """Script no more faults, and let go on what stalls for want of this call."""
        self.control("release")

    def wait(self, **counts: int) -> dict[str, Any]:
        """Wait for *begun* and *ended* transfers and for bytes *sending* in open ones."""
        state: dict[str, Any] = self.control("wait", counts)
        return state


@contextlib.contextmanager
def replica_process(
    site: str, world: HasJson | None = None, *arguments: str
) -> Iterator[ReplicaProcess]:
    """Run ``python -m tests.replica`` for the block; it dies with this process."""
    command = [sys.executable, "-m", "tests.replica", site, "--until-eof", *arguments]
    if world:
        command += ["--world", world.to_json()]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield _checked(process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _checked(process: subprocess.Popen[str]) -> ReplicaProcess:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(f"the replica did not start: {process.args!r}")
    replica = ReplicaProcess(json.loads(line)["origin"], process.pid)
    if replica.state["pid"] != process.pid:
        raise RuntimeError(f"somebody else answers at {replica.origin}")
    return replica
