"""Answer from the raw store instead of the site: the two halves of ``scrapy reparse``."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.config import config
from crawlers.page import Page
from crawlers.storage.database import database_for
from crawlers.storage.queries import stored_pages
from crawlers.storage.raw import raw_store_for


class StoredStartMiddleware:
    """Begin with every stored page whose class has moved since, not with the spider's start."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler; its spider names the source."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:  # noqa: ARG002 - replaced
        """Yield one request for each page; the database keeps the latest reading."""
        assert self.crawler.spider is not None  # noqa: S101 - set before any middleware runs
        source = self.crawler.spider.name
        since = self.crawler.settings.get("REPARSE_SINCE")
        for name, page_class in Page.registry.items():
            if not name.startswith(f"{source}/"):
                continue
            pages = stored_pages(
                database_for(self.crawler),
                source,
                page_class.__name__,
                page_class.version,
                datetime.fromisoformat(since) if since else None,
            )
            async for row in pages:
                yield Request(
                    row.url,
                    dont_filter=True,
                    meta={
                        "page": name,
                        "stored": row.sha256,
                        "request_key": row.request_key,
                        "fetched_at": row.fetched_at.timestamp(),
                        "status": row.status,
                        "content_type": row.content_type,
                    },
                )


class StoredMiddleware:
    """Give the stored body as the response."""

    def __init__(self) -> None:
        """Open the raw store that the crawls write to."""
        self.store = raw_store_for(config())

    async def process_request(self, request: Request) -> Response:
        """Answer every request from the raw store; nothing goes out."""
        body = await self.store.get(request.meta["stored"])
        headers = {"Content-Type": request.meta["content_type"] or "application/octet-stream"}
        return Response(request.url, request.meta["status"] or 200, headers, body, request=request)
