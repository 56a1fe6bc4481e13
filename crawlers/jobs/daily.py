"""The backup of each day, beside the dispatcher that finds it due."""

import asyncio
import sys
import time
from collections.abc import Callable

from crawlers.storage.backups.daily import claim, done
from crawlers.storage.database import Database

LOOK_S = 10.0
"""So often the database is asked whether one is due."""
COMMAND = ("-m", "scrapy", "backup", "run")
SAID_BYTES = 2000


class DailyBackup:
    """A chore of the dispatcher: starts ``scrapy backup run``, and says how it went."""

    def __init__(self, at: str, say: Callable[[str], None]) -> None:
        """Make one a day, *at* hours and minutes (UTC)."""
        self._at = at
        self._say = say
        self._look_at = 0.0
        self._making: asyncio.Task[bool] | None = None
        self._day = ""

    async def __call__(self, database: Database) -> None:
        """Look whether one is due, or has been made. Waits for neither."""
        if self._making is not None:
            if self._making.done():
                making, self._making = self._making, None
                if making.result():
                    await done(database, self._day)
        elif time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_S
            if day := await claim(database, self._at):
                self._day = day
                self._making = asyncio.create_task(self._make())

    async def close(self) -> None:
        """End one that is being made: nothing of it counts, and it is made again later."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait([self._making])

    async def _make(self) -> bool:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *COMMAND, stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            said, _ = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        lines = said.decode(errors="replace")[-SAID_BYTES:].splitlines()
        for line in lines or ["it said nothing"]:
            self._say(f"backup: {line.removeprefix('scrapy backup: ')}")
        return process.returncode == 0
