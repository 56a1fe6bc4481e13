"""PostgreSQL's programs at one end of a pipe, and zstd at ours. Memory stays the same."""

import asyncio
import fcntl
import os
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from tempfile import TemporaryFile
from typing import IO, Any

from crawlers.errors import BackupError
from crawlers.storage.backups.programs import Program, Target

PIPE_BYTES = 1024 * 1024
SAID_BYTES = 16 * 1024
NOTHING = {"stdin": DEVNULL, "stdout": DEVNULL}


class Running:
    """A program that runs, and the file at our end of its pipe."""

    def __init__(
        self, process: asyncio.subprocess.Process, pipe: IO[bytes], said: IO[bytes]
    ) -> None:
        """Know the *process*, its *pipe*, and the file that it complains to."""
        self.pipe = pipe
        self._process = process
        self._said = said

    def read_into(self, buffer: memoryview) -> int:
        """Fill *buffer*, as far as there is something to come; return how many bytes that was."""
        filled = 0
        while filled < len(buffer) and (count := os.readv(self.pipe.fileno(), [buffer[filled:]])):
            filled += count
        return filled

    def write(self, data: bytes) -> int:
        """Write all of *data*, however slowly it is taken."""
        left = memoryview(data)
        while left:
            left = left[os.write(self.pipe.fileno(), left) :]
        return len(data)

    async def end(self) -> None:
        """Wait for its end. Raises BackupError with what it said, if that was not a good one."""
        if await self._process.wait():
            raise BackupError(self.complaint())

    async def stop(self) -> None:
        """End it, whatever it does: threads that wait for it go on then."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def complaint(self) -> str:
        """Return the line that tells most."""
        self._said.seek(0)
        lines = self._said.read(SAID_BYTES).decode(errors="replace").splitlines()
        telling = [line for line in lines if "error:" in line] or lines
        return telling[0].strip() if telling else "it ended, and did not say why"


@asynccontextmanager
async def reading(program: Program, target: Target, words: Sequence[str]) -> AsyncIterator[Running]:
    """Run *program* on *target*; what it writes is read from its pipe."""
    ours, theirs = os.pipe()
    async with _running(program, target, words, (ours, "rb"), {"stdout": theirs}) as running:
        yield running


@asynccontextmanager
async def writing(program: Program, target: Target, words: Sequence[str]) -> AsyncIterator[Running]:
    """Run *program* on *target*; what is written to its pipe is what it reads."""
    theirs, ours = os.pipe()
    async with _running(program, target, words, (ours, "wb"), {"stdin": theirs}) as running:
        yield running


@asynccontextmanager
async def _running(
    program: Program,
    target: Target,
    words: Sequence[str],
    end: tuple[int, str],
    ends: dict[str, Any],
) -> AsyncIterator[Running]:
    (theirs,) = ends.values()
    with os.fdopen(end[0], end[1], buffering=0) as pipe, TemporaryFile() as said:
        try:
            with suppress(OSError, AttributeError):  # fewer turns of threads; Linux alone can
                fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            process = await asyncio.create_subprocess_exec(
                program.path, *words, "--no-password", f"--dbname={target.words}",
                env=target.environment, stderr=said, start_new_session=True, **NOTHING | ends,
            )  # fmt: skip
        finally:
            os.close(theirs)
        running = Running(process, pipe, said)
        try:
            yield running
        finally:
            await asyncio.shield(running.stop())
