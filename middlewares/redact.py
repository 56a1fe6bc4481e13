"""Private data is removed before anybody sees the response: spider, log or store."""

from scrapy import Request
from scrapy.http import Response

from crawlers.spider import page_class_of


class RedactMiddleware:
    """Replace the body of a response by what its page class leaves of it."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Redact; a page class without private data gives back the very same bytes."""
        page_class = page_class_of(request)
        if page_class is None:
            return response
        body = page_class.redact(response.body)
        return response if body is response.body else response.replace(body=body)
