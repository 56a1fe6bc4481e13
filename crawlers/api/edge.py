"""What every answer has: headers that keep browsers careful, a line in the log, an end."""

import logging
import re
import time
from urllib.parse import quote, unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawlers.api.gate import with_headers
from crawlers.api.problems import Problem, problem_of, response_of
from crawlers.errors import StorageError

logger = logging.getLogger("crawlers.api.access")

SECRETS = re.compile(r"\bcr[a-z]_[\w-]+")
"""API keys and links' tokens: whoever reads a log is not to use them."""

CAREFUL = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Edge:
    """The outermost: nothing that is raised gets past it before an answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand around *app*."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered, and say so in the log."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        meter = scope["app"].state.meter  # the dashboard is another app, and says so here
        began, status = time.monotonic(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        sending = with_headers(watched, CAREFUL)
        try:
            await self._answer(scope, receive, sending)
        except Exception as error:
            if not status:
                await response_of(problem_of(error))(scope, receive, sending)
            elif (why := expected(error)) is None:  # the server cuts the answer off, and logs it
                raise
            else:  # it does so when we leave, too
                logger.warning("an answer is cut off: %s", why)
        finally:
            seconds = time.monotonic() - began
            meter.measure(scope, status, seconds)
            log(scope, status, seconds)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what no text of PostgreSQL can hold, wherever it is in the address."""
        if b"\0" in unquote_to_bytes(scope.get("query_string", b"")) or "\0" in scope["path"]:
            raise Problem(400, "an address has no character NUL")
        await self.app(scope, receive, send)


def expected(error: Exception) -> str | None:
    """Say what has ended an answer that had begun; None for what nobody expects."""
    cause = error.__cause__ if isinstance(error, RuntimeError) else error  # Starlette's wrapping
    match cause:
        case Problem():
            return str(cause.detail)
        case StorageError():
            return str(cause)
    return None


def log(scope: Scope, status: int, seconds: float) -> None:
    """Write the line of one request: no query, which may hold anything, and no secret."""
    caller = scope.get("state", {}).get("caller")
    fields = {
        "method": scope["method"],
        "path": quote(SECRETS.sub("***", scope["path"])[:500], safe="/*", errors="replace"),
        "status": status,
        "ms": round(seconds * 1000),
        "key": (caller.key_id or caller.user_id) if caller else None,
        # A proxy on this machine says it, or somebody who says that he is one.
        "address": quote(scope["client"][0][:60], safe=":.") if scope.get("client") else None,
    }
    line = " ".join("-" if value is None else str(value) for value in fields.values())
    logger.info("%s", line, extra={"fields": fields})
