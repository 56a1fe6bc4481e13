"""A middleware that sits after the circuit breaker and puts requests off."""

import time

from scrapy import Request

from middlewares.postpone import postponed


class TardyMiddleware:
    """Give each request back once after the breaker let it go, as one does without a proxy."""

    def process_request(self, request: Request) -> Request | None:
        """Put *request* off for a moment, unless that was the last thing that happened to it."""
        asked_for_itself = request.meta.get("dont_obey_robotstxt")
        if asked_for_itself or request.meta.get("tardy") == request.meta.get("postponed", 0):
            return None
        copy = postponed(request, int(time.time() * 1000) + 20, "tardy")
        copy.meta["tardy"] = copy.meta["postponed"]
        return copy
