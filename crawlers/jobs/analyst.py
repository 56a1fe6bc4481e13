"""The process beside a dispatcher that does the engine analyses that were asked for over HTTP."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from crawlers.analysis.find import find_engine
from crawlers.errors import AnalysisError
from crawlers.storage.analysis_requests import count_waiting
from crawlers.storage.database import Database

COMMAND = (sys.executable, "-m", "scrapy", "analyse", "chess", "--waiting")
NICE = 10
"""Crawls come first."""
AGAIN_S = 60.0
"""After a failure the next process is started so much later."""
END_S = 15.0


class Analyst:
    """Starts ``scrapy analyse chess --waiting`` when something waits and nothing runs."""

    def __init__(self, log: Path, say: Callable[[str], None]) -> None:
        """Let the process write to *log*; *say* what goes wrong."""
        self._log = log
        self._say = say
        self._process: Process | None = None
        self._not_before = 0.0

    async def look(self, database: Database) -> None:
        """Start the process if there is something to do."""
        if self._is_running() or time.monotonic() < self._not_before:
            return
        if await count_waiting(database, 1):
            await self._start()

    async def finish(self) -> None:
        """Wait until the process has done what waits."""
        if self._process is not None:
            await self._process.wait()

    async def close(self) -> None:
        """End the process, if it runs: what it has searched is stored."""
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(self._process.wait(), END_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()

    def _is_running(self) -> bool:
        if self._process is None:
            return False
        code = self._process.returncode
        if code is not None:
            self._process = None
            if code:
                self._fail(f"the process has ended with {code}: {self._log}")
        return code is None

    async def _start(self) -> None:
        try:
            find_engine()
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("wb") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *COMMAND, stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, NICE)
        except (AnalysisError, OSError) as error:
            self._fail(str(error))

    def _fail(self, reason: str) -> None:
        self._not_before = time.monotonic() + AGAIN_S
        self._say(f"analyses wait: {reason}")
