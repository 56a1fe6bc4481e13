"""A small site for the kernel's tests: what it sends is in the path."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class Site:
    """``/7`` sends 7, ``/3/child`` sends 1003, ``/words/a+b`` sends a and b."""

    def __init__(self) -> None:
        """Count requests; fail where told to."""
        self.paths: list[str] = []
        self.times: list[float] = []
        self.statuses: dict[str, list[int]] = {}
        self.gates: dict[str, asyncio.Event] = {}
        """Paths that are answered once their event is set."""
        self.answer_s = 0.0
        """How long each answer takes."""
        self.most_open = 0
        self._open = 0
        self.robots = "User-agent: *\nDisallow: /private"
        self.robots_moved: str | None = None
        """Where robots.txt is instead: an origin."""
        self.retry_after: str | None = None
        self.origin = ""
        self.port = 0
        self.arrived = asyncio.Condition()

    async def saw(self, count: int) -> None:
        """Wait until *count* requests have come."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.paths) >= count)

    async def until(self, path: str) -> None:
        """Wait until *path* has been asked for."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: path in self.paths)

    async def answer(self, request: web.Request) -> web.Response:
        """Count, and take the time that it takes."""
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            return await self._answer(request)
        finally:
            self._open -= 1

    async def _answer(self, request: web.Request) -> web.Response:
        """Send what the path says, or the next scripted status."""
        path = request.path
        self.paths.append(path)
        self.times.append(asyncio.get_running_loop().time())
        async with self.arrived:
            self.arrived.notify_all()
        if gate := self.gates.get(path):
            await gate.wait()
        await asyncio.sleep(self.answer_s)
        if scripted := self.statuses.get(path):
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=scripted.pop(0), headers=headers)
        if path == "/robots.txt" and self.robots_moved is not None:
            raise web.HTTPFound(f"{self.robots_moved}/moved/robots.txt")
        if path.endswith("/robots.txt"):
            return web.Response(text=self.robots)
        if path == "/home":
            raise web.HTTPFound("/1")
        if path.startswith("/words/"):
            return web.Response(text=path.removeprefix("/words/").replace("+", "\n"))
        number = int(path.split("/")[1])
        return web.Response(text=str(number + 1000 if path.endswith("/child") else number))


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Serve on a free port of the loopback interface."""
    one = Site()
    app = web.Application()
    app.router.add_get("/{tail:.*}", one.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    one.port = runner.addresses[0][1]
    one.origin = f"http://127.0.0.1:{one.port}"
    try:
        yield one
    finally:
        await runner.cleanup()
