"""A way to a Unix socket that takes longer: ``python -m benchmarks.delay SOCKET MS``.

Adds half of MS each way. Prints its port, and ends when standard input does.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from benchmarks.processes import ROOT
from tests.replica import FaultProxy


@contextmanager
def delayed(path: Path, added_ms: float) -> Iterator[str]:
    """Run it for the block; yield its address as REDIS_URL has it."""
    command = [sys.executable, "-m", "benchmarks.delay", str(path), str(added_ms)]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            yield f"redis://127.0.0.1:{process.stdout.readline().strip()}/0"
        finally:
            process.stdin.close()


async def main() -> None:
    """Serve until standard input ends."""
    async with FaultProxy(sys.argv[1], 0) as way:
        way.up.delay = way.down.delay = float(sys.argv[2]) / 2000
        print(way.port, flush=True)
        await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(main())
