"""Redirects as Scrapy follows them, but none is forgotten: one too many is a failed download."""

import logging
import re
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from middlewares.giveup import GAVE_UP

logger = logging.getLogger(__name__)


class CountedRedirectMiddleware(RedirectMiddleware):
    """Every request has a harvest, wherever it is led.

    Scrapy's drops a request that is led to an address which another one, or the very same, has had
    already. And of an error while a response is processed no other middleware hears.
    """

    def process_response(  # type: ignore[override]  # Scrapy's third argument is deprecated
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the next request, the response, or at the end of the patience a stand-in."""
        try:
            following = super().process_response(request, response)
            if isinstance(following, Response):
                return following
            if self._turns_away(following.url):
                reason = f"led to {urlsplit(following.url).path}"
                request.meta.update(gave_up=reason, blocked=True)
                return Response(request.url, status=GAVE_UP, request=request)
            return kept(following)
        except (IgnoreRequest, ValueError) as error:  # too many; an address that is none
            reason = f"HTTP {response.status}: {error}"
            request.meta["gave_up"] = reason
            logger.warning("Gave up %s: %s", request, reason)
            return Response(request.url, status=GAVE_UP, request=request)

    def _turns_away(self, url: str) -> bool:
        """Tell whether a captcha or a login is at *url*: robots.txt may forbid to look."""
        wanted = getattr(self.crawler.spider, "turned_away", "")
        return bool(wanted and re.search(wanted, url))


def kept(following: Request) -> Request:
    """Return the next request so that it is asked for; ValueError when it was on the way here."""
    if following.url in following.meta["redirect_urls"]:
        raise ValueError(f"a redirect in a circle, to {following.url}")
    following.dont_filter = True
    return following
