"""The maze as a site: one process, a port for each host. ``python -m tests.chaos.site PAGES``.

Prints its addresses as JSON, and ends when standard input does.
"""

import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from itertools import count

from tests.chaos.graph import HOSTS, Maze
from tests.replica.http import Request, Response
from tests.replica.log import Transfer, TransferLog
from tests.replica.server import Site

TICK_S = 0.002
SLOWEST_S = 0.02
"""No page takes longer, so that several are under way at once."""


class Clock:
    """How late the process is: what comes in may have waited since the last tick but one.

    After a pause of the process a connection is accepted first, then comes a tick, and what the
    client has sent is read only after that.
    """

    def __init__(self) -> None:
        """Begin now."""
        self.awake_at = self._latest = time.monotonic()

    async def tick(self) -> None:
        """Note again and again that the event loop turns."""
        while True:
            await asyncio.sleep(TICK_S)
            self.awake_at, self._latest = self._latest, time.monotonic()


class LatenessLog(TransferLog):
    """A log that also knows how much earlier each request may have come in."""

    def __init__(self, clock: Clock) -> None:
        """Ask *clock*."""
        super().__init__()
        self.clock = clock
        self.lateness: list[float] = []

    def begin(self, request: Request) -> Transfer:
        """Note that too."""
        self.lateness.append(max(0.0, request.started - self.clock.awake_at))
        return super().begin(request)


class MazeSite(Site):
    """One host. Each page is another one whenever it is served: it has a new token."""

    def __init__(self, maze: Maze, origins: list[str], clock: Clock, tokens: "count[int]") -> None:
        """Link to the hosts at *origins*; take *tokens* that no other host has."""
        super().__init__()
        self.maze = maze
        self.origins = origins
        self.log: LatenessLog = LatenessLog(clock)
        self.tokens = tokens
        self.served: defaultdict[int, list[int]] = defaultdict(list)
        self.controls |= {
            "count": self._control_count,
            "visits": self._control_visits,
            "served": self._control_served,
        }

    async def respond(self, request: Request) -> Response:
        """Serve a page or a redirect, after a moment."""
        await asyncio.sleep(random.uniform(0, SLOWEST_S))  # noqa: S311 - spreads transfers
        name = request.path.rpartition("/")[2]
        if request.path.startswith("/moved/"):
            return Response(status=302, headers={"Location": f"/{name}"})
        if not name.isdigit() or int(name) >= self.maze.pages:
            return Response(status=404)
        page, token = int(name), next(self.tokens)
        self.served[page].append(token)
        links = (f"{self.origins[host]}{path}" for host, path in self.maze.paths(page))
        body = "\n".join([f"page {page} token {token}", *links])
        return Response(body.encode(), headers={"Content-Type": "text/plain"})

    async def _control_count(self, _: object) -> object:
        """Return how many pages were served at least once."""
        return len(self.served)

    async def _control_visits(self, _: object) -> object:
        """Return target, start, end and lateness of each transfer."""
        both = zip(self.log.transfers, self.log.lateness, strict=True)
        return [[one.target, one.start, one.end, late] for one, late in both]

    async def _control_served(self, _: object) -> object:
        """Return the tokens with which each page was served."""
        return list(self.served.items())


async def main() -> None:
    """Serve until standard input ends."""
    maze, origins, clock, tokens = Maze(int(sys.argv[1])), list[str](), Clock(), count(1)
    async with AsyncExitStack() as stack:
        for _ in HOSTS:
            site = await stack.enter_async_context(MazeSite(maze, origins, clock, tokens))
            origins.append(site.origin)
        ticking = asyncio.create_task(clock.tick())
        sys.stdout.write(json.dumps(origins) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.buffer.read)
        ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main())
