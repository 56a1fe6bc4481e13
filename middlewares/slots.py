"""One download slot for each limit key, so that limits hold per scheme, host and port."""

from scrapy import Request

from crawlers.limits import limit_key


class SlotMiddleware:
    """Name the download slot of every request."""

    def process_request(self, request: Request) -> None:
        """Set ``download_slot``; it survives retries and is set anew on a redirect."""
        request.meta["download_slot"] = limit_key(request.url)
