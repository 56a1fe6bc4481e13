"""A site for the tests of manners: what it sends is in the path, and it can be down."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class MoodySite:
    """``/7`` sends 7. Redirects: ``/to?u=<url>`` there, ``/loop/<n>`` on, ``/circle`` to itself."""

    def __init__(self) -> None:
        """Be up, and allow everything."""
        self.origin = ""
        self.robots = "User-agent: *\nDisallow: /private"
        self.robots_statuses: list[int] = []
        """What robots.txt answers at first, before its text."""
        self.robots_location = ""
        self.links: list[str] = []
        """What ``/links`` holds, one a line."""
        self.headers: dict[str, str] = {}
        """Of every answer that is an error."""
        self.paths: list[str] = []
        self.times: list[float] = []
        self.failed: Counter[str] = Counter()
        self.failing: Counter[str] = Counter()
        """How often a path answers 502 before it is well."""
        self.down_after: int | None = None
        """Pages that are answered before the site goes down."""
        self.down_for_s = 0.0
        self.is_down = False

    async def answer(self, request: web.Request) -> web.Response:
        """Note the request, and answer as the site feels."""
        path = request.path
        self.paths.append(path)
        self.times.append(asyncio.get_running_loop().time())
        if len(self.paths) - 1 == self.down_after:
            self.is_down = True
            if self.down_for_s:
                asyncio.get_running_loop().call_later(self.down_for_s, self.come_back)
        if self.is_down:
            self.failed[path] += 1
            return web.Response(status=502, headers=self.headers)
        if self.failing[path]:
            self.failing[path] -= 1
            return web.Response(status=502)
        if path == "/robots.txt":
            return self.answer_robots()
        if path == "/circle":
            raise web.HTTPFound(path)
        if path == "/to":
            raise web.HTTPFound(request.query["u"])
        if path.startswith("/loop/"):
            raise web.HTTPFound(f"/loop/{int(path.rpartition('/')[2]) + 1}")
        return web.Response(text="\n".join(self.links) if path == "/links" else path.strip("/"))

    def answer_robots(self) -> web.Response:
        """Answer with the next scripted status, or with the rules."""
        if self.robots_statuses:
            status = self.robots_statuses.pop(0)
            where = {"Location": self.robots_location} if self.robots_location else {}
            return web.Response(status=status, headers=self.headers | where)
        return web.Response(text=self.robots)

    def come_back(self) -> None:
        """Be up again."""
        self.is_down = False

    def gaps(self) -> list[float]:
        """Return the seconds between the arrivals of requests, robots.txt included."""
        return [after - before for before, after in itertools.pairwise(self.times)]


@asynccontextmanager
async def moody_site() -> AsyncIterator[MoodySite]:
    """Serve on a free port of the loopback interface."""
    one = MoodySite()
    app = web.Application()
    app.router.add_get("/{tail:.*}", one.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    one.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()
