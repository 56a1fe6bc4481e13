"""A process that takes turns and makes one request in each; for tests that kill it.

Arguments, as one JSON object: url (of the database), origin (of the site), folder (of the lock
files), times (of TurnTimes), count, hold (stop for ever before sending). Prints one line for each
event.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawlers.errors import TurnLostError
from crawlers.storage.turns import SerialTurns, TurnTimes


def say(*words: object) -> None:
    """Print one event."""
    print(*words, flush=True)  # noqa: T201 - the test reads it


async def fetch(origin: str) -> int:
    """Return the status of one request, after the whole body."""
    parts = urlsplit(origin)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        answer = await reader.read()
        if b"\r\n\r\n" not in answer:
            raise ConnectionResetError(origin)
        return int(answer.split(b" ")[1])
    finally:
        writer.transport.abort()


async def work(  # noqa: PLR0913 - what the test says
    url: str, origin: str, folder: str, times: dict[str, Any], count: int, *, hold: bool = False
) -> None:
    """Make *count* requests, each in its turn, lost ones again."""

    async def get_url() -> str:
        return url

    turns = SerialTurns("test", get_url, TurnTimes(**times), folder=Path(folder))
    while count:
        async with turns.turn() as turn:
            say("turn", turn.epoch)
            if hold:
                await asyncio.Event().wait()
            try:
                status = await turn.guard(fetch(origin))
            except TurnLostError as error:
                say("lost", error)
                continue
            except OSError as error:
                say("failed", error)
                continue
            turn.outcome(status)
            say("done", status)
            count -= 1
    await turns.close()
    say("end")


if __name__ == "__main__":
    asyncio.run(work(**json.loads(sys.argv[1])))
