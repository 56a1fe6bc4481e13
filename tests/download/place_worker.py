"""A process that takes places and makes one request in each; for tests that kill it.

Arguments, as one JSON object: url (of the database), origin (of the site), places, delay_s,
requests, lanes (requests at once). Prints one line for each event.
"""

import asyncio
import json
import sys

from crawlers.storage.places import Places
from tests.download.turn_worker import fetch, say


async def work(  # noqa: PLR0913 - what the test says
    *, url: str, origin: str, places: int, delay_s: float, requests: int, lanes: int
) -> None:
    """Make *requests*, each in a place."""

    async def get_url() -> str:
        return url

    shared = Places("test", get_url, places, delay_s)
    left = iter(range(requests))

    async def lane() -> None:
        for _ in left:
            async with shared.place() as place:
                say("taken", place.taken_at)
                await fetch(origin)

    await asyncio.gather(*(lane() for _ in range(lanes)))
    await shared.close()
    say("end")


if __name__ == "__main__":
    asyncio.run(work(**json.loads(sys.argv[1])))
