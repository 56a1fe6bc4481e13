"""PostgreSQL's programs, and our end of the pipe of one that writes. Memory stays the same."""

import asyncio
import fcntl
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from tempfile import TemporaryFile
from typing import IO

from crawlers.errors import BackupError
from crawlers.storage.backups.programs import Program, Target

PIPE_BYTES = 1024 * 1024
SAID_BYTES = 16 * 1024


class Running:
    """A program that runs."""

    def __init__(self, process: Process, said: IO[bytes]) -> None:
        """Know the *process*, and the file that it complains to."""
        self._process = process
        self._said = said

    async def end(self) -> None:
        """Wait for its end. Raises BackupError with what it said, if that was not a good one."""
        if await self._process.wait():
            raise BackupError(self.complaint())

    async def stop(self) -> None:
        """End it and all that it started, whatever they do: who waits for it goes on then."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    def complaint(self) -> str:
        """Return the line that tells most."""
        self._said.seek(0)
        lines = self._said.read(SAID_BYTES).decode(errors="replace").splitlines()
        telling = [line for line in lines if "error:" in line] or lines
        return telling[0].strip() if telling else "it ended, and did not say why"


class Reading(Running):
    """One whose output is read."""

    def __init__(self, process: Process, said: IO[bytes], pipe: IO[bytes]) -> None:
        """Read it from *pipe*."""
        super().__init__(process, said)
        self._pipe = pipe

    def read_into(self, buffer: memoryview) -> int:
        """Fill *buffer*, as far as there is something to come; return how many bytes that was."""
        filled = 0
        while filled < len(buffer) and (count := os.readv(self._pipe.fileno(), [buffer[filled:]])):
            filled += count
        return filled


@asynccontextmanager
async def reading(program: Program, target: Target, words: Sequence[str]) -> AsyncIterator[Reading]:
    """Run *program* on *target*; what it writes is read from its pipe."""
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as pipe, TemporaryFile() as said:
        try:
            with suppress(OSError, AttributeError):  # fewer turns of threads; Linux alone can
                fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            process = await _started(program, target, words, said, theirs)
        finally:
            os.close(theirs)
        one = Reading(process, said, pipe)
        try:
            yield one
        finally:
            await asyncio.shield(one.stop())


@asynccontextmanager
async def running(program: Program, target: Target, words: Sequence[str]) -> AsyncIterator[Running]:
    """Run *program* on *target*."""
    with TemporaryFile() as said:
        one = Running(await _started(program, target, words, said, DEVNULL), said)
        try:
            yield one
        finally:
            await asyncio.shield(one.stop())


async def _started(
    program: Program, target: Target, words: Sequence[str], said: IO[bytes], output: int
) -> Process:
    return await asyncio.create_subprocess_exec(
        program.path, *words, "--no-password", f"--dbname={target.words}",
        env=target.environment, stdin=DEVNULL, stdout=output, stderr=said, start_new_session=True,
    )  # fmt: skip
