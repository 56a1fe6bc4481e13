"""Reading stored pages again, in a process beside the server: one for each source at a time."""

import asyncio
import logging
import sys
from typing import Annotated

from fastapi import Depends, Request
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from crawlers.api.problems import Problem

logger = logging.getLogger(__name__)

AT_ONCE = 2
GRACE_S = 10


class Parsing:
    """What reads again here. What another server started is in the list of crawls, as these are."""

    def __init__(self, settings: BaseSettings) -> None:
        """Give every process those of *settings* that somebody gave the server by ``-s``."""
        self.running: dict[str, asyncio.Task[None]] = {}
        given = SETTINGS_PRIORITIES["cmdline"]
        self._options = [
            word
            for name, value in settings.items()
            if settings.getpriority(name) == given
            for word in ("-s", f"{name}={value}")
        ]

    def start(self, source: str) -> None:
        """Run ``scrapy reparse`` for *source*, which is the name of one. Raises Problem (409)."""
        if source in self.running:
            raise Problem(409, f"the pages of {source} are being read again already")
        if len(self.running) >= AT_ONCE:
            raise Problem(409, "enough is being read again: wait for the end of one")
        task = self.running[source] = asyncio.create_task(self._reparse(source))
        task.add_done_callback(lambda _: self.running.pop(source, None))

    async def _reparse(self, source: str) -> None:
        """Wait for the end of the process; when the server ends, end it: it may go on later."""
        words = ["-m", "scrapy", "reparse", source, *self._options]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is told to it once, by us
        )
        try:
            code = await process.wait()
            logger.info("Stored pages of %s were read again: exit code %d", source, code)
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), GRACE_S)
                except TimeoutError:
                    process.kill()
                    await process.wait()


def parsing(request: Request) -> Parsing:
    """Return what reads again in this process."""
    found: Parsing = request.app.state.parsing
    return found


TheParsing = Annotated[Parsing, Depends(parsing)]
