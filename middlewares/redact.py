"""Private data is removed before anybody sees the response: spider, log or store."""

from scrapy import Request
from scrapy.http import Response

from crawlers.callbacks import page_class_of


class RedactMiddleware:
    """Replace the body and the address of a response by what its page class leaves of them."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Redact; a page class without private data gives back the very same bytes."""
        page_class = page_class_of(request)
        if page_class is None:
            return response
        body, url = page_class.redact(response.body), page_class.redact_url(response.url)
        if body is response.body and url == response.url:
            return response
        return response.replace(body=body, url=url)
