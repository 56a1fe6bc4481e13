"""A middleware that sits after the circuit breaker and puts every request off once."""

import time

from scrapy import Request

from middlewares.postpone import postponed


class TardyMiddleware:
    """Give each request back once, as one does that waits for a proxy."""

    def process_request(self, request: Request) -> Request | None:
        """Put *request* off, for a moment, when it comes for the first time."""
        if request.meta.get("tardy") or request.meta.get("dont_obey_robotstxt"):
            return None
        request.meta["tardy"] = True
        return postponed(request, int(time.time() * 1000) + 20, "tardy")
