"""A site of pages that only a browser can read: each test writes its own."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.replica.http import Request, Response, json_response
from tests.replica.server import Site

Answer = Callable[[Request], Awaitable[Response]]
NUMBER = """<p id=shown></p><script>
fetch("/number" + location.pathname).then(answer => answer.text())
  .then(text => { document.getElementById("shown").textContent = text })
</script>"""
"""A page that shows the number of its path once its own call has been answered."""


class PagesSite(Site):
    """Serves `pages` (path to HTML) and `answers` (path to a function); ``/number/7`` says 7.

    Every other path that is a number is the page `NUMBER`. A path in `held` waits for its event.
    """

    def __init__(self) -> None:
        """Begin with nothing but numbers."""
        super().__init__()
        self.pages: dict[str, str] = {}
        self.answers: dict[str, Answer] = {}
        self.held: dict[str, asyncio.Event] = {}
        self.requests: list[Request] = []

    def clear(self) -> None:
        """Forget everything, and let go what is held."""
        for event in self.held.values():
            event.set()
        for memory in (self.pages, self.answers, self.held, self.requests):
            memory.clear()

    def hold(self, path: str) -> asyncio.Event:
        """Let *path* wait until the event is set, or the next test begins."""
        self.held[path] = asyncio.Event()
        return self.held[path]

    def page(self, path: str, body: str) -> str:
        """Serve *body* as a page at *path*, and return its address."""
        self.pages[path] = f"<!doctype html><title>{path}</title><body>{body}"
        return self.origin + path

    async def until(self, path: str, count: int = 1) -> None:
        """Wait until *path* has been asked for *count* times."""
        await self.log.until(lambda _: self.asked(path) >= count)

    def asked(self, path: str) -> int:
        """Count the requests for *path*."""
        return sum(request.path == path for request in self.requests)

    async def respond(self, request: Request) -> Response:
        """Answer from what the test has written."""
        self.requests.append(request)
        self.log.changed()
        path = request.path
        if path in self.held:
            await self.held[path].wait()
        if path in self.answers:
            return await self.answers[path](request)
        if path.startswith("/number/"):
            return html(path.removeprefix("/number/"), "text/plain")
        if path in self.pages:
            return html(self.pages[path])
        if path[1:].isdecimal():
            return html(f"<!doctype html><title>{path}</title><body>{NUMBER}")
        return json_response({"error": "Not found"}, 404)


def html(text: str, kind: str = "text/html; charset=utf-8", status: int = 200) -> Response:
    """Answer with *text*."""
    return Response(text.encode(), status, {"Content-Type": kind})
