"""Workers as processes of the dispatcher's own, on its machine."""

import asyncio
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from socket import gethostname

from crawlers.errors import NodeError
from crawlers.jobs.nodes import Ending, State, Task, last_words

COMMAND = (sys.executable, "-m", "scrapy", "crawl")
LOG_TAIL = 8192
LOG_DAYS = 30
"""Logs of jobs that ended longer ago are removed by the next dispatcher that starts."""
REMEMBERED = 1000


class Processes:
    """This machine, with room for so many workers (*size*).

    Each worker has a session of its own: Ctrl-C in a terminal is for the dispatcher, which passes
    it on, and a dispatcher that is killed leaves its workers alive.
    """

    def __init__(self, logs: Path, size: int, ended: Callable[[], None]) -> None:
        """Keep the workers' *logs* in a folder; call *ended* whenever one has ended."""
        self.name = gethostname()
        self._logs = logs
        self._size = size
        self._ended = ended
        self._processes: dict[str, Process] = {}
        self._codes: dict[str, int] = {}
        """How those ended that have."""
        self._waiting: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> list[str]:
        """The workers that have not ended."""
        return list(self._processes)

    async def free(self, live: int) -> int:  # noqa: ARG002 - others' workers are theirs to count
        """Return how many more workers there is room for."""
        return self._size - len(self.running)

    async def start(self, task: Task) -> str:
        """Start *task*. Raises NodeError when the machine refuses."""
        path = self._log(task)
        command = [*COMMAND, task.source, "-a", f"job={task.job}", "-a", f"_job={task.id}"]
        for name, value in task.settings.items():
            command += ["-s", f"{name}={value}"]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *command, stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
        except OSError as error:
            raise NodeError(f"no process could be started: {error}") from error
        self._processes[task.id] = process
        waiting = asyncio.create_task(self._wait(task.id, process))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        return f"process {process.pid}"

    async def states(self) -> Mapping[str, State]:
        """Return the states of the processes that were started here."""
        running = dict.fromkeys(self._processes, State.RUNNING)
        return running | dict.fromkeys(self._codes, State.FINISHED)

    async def ending(self, task: Task) -> Ending:
        """Return exit code and last words."""
        return Ending(self._codes.get(task.id), last_words(self._tail(task)))

    async def stop(self, worker: str, *, force: bool) -> None:
        """Send SIGINT; by *force* SIGKILL, also to what the worker has started."""
        process = self._processes.get(worker)
        if process is not None:
            with suppress(ProcessLookupError):
                if force:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    # Its own send_signal() would ask whether it lives, and so take its exit code.
                    os.kill(process.pid, signal.SIGINT)

    async def close(self) -> None:
        """Wait for the processes no more."""
        for waiting in self._waiting:
            waiting.cancel()

    async def _wait(self, worker: str, process: Process) -> None:
        self._codes[worker] = await process.wait()
        del self._processes[worker]
        if len(self._codes) > REMEMBERED:
            del self._codes[next(iter(self._codes))]
        self._ended()

    def remove_old_logs(self) -> None:
        """Remove the logs of jobs that nobody has worked on for a long time."""
        oldest = time.time() - LOG_DAYS * 86_400
        for folder in self._logs.glob("*/"):
            logs = list(folder.glob("*.log"))
            with suppress(FileNotFoundError):  # another dispatcher tidies up, too
                if all(log.stat().st_mtime < oldest for log in logs):
                    shutil.rmtree(folder, ignore_errors=True)

    def _log(self, task: Task) -> Path:
        return self._logs / task.job / f"{task.id}.log"

    def _tail(self, task: Task) -> str:
        try:
            with self._log(task).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_TAIL))
                return log.read().decode(errors="replace")
        except OSError:
            return ""
