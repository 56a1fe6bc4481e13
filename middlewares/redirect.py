"""Redirects as Scrapy follows them; one too many ends as every other download that failed."""

import logging

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from middlewares.giveup import GAVE_UP

logger = logging.getLogger(__name__)


class CountedRedirectMiddleware(RedirectMiddleware):
    """Of an error while a response is processed no other middleware hears, and no harvest."""

    def process_response(  # type: ignore[override]  # Scrapy's third argument is deprecated
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the next request, the response, or at the end of the patience a stand-in."""
        try:
            return super().process_response(request, response)
        except (IgnoreRequest, ValueError) as error:  # too many; an address that is none
            reason = f"HTTP {response.status}: {error}"
            request.meta["gave_up"] = reason
            logger.warning("Gave up %s: %s", request, reason)
            return Response(request.url, status=GAVE_UP, request=request)
