"""Gather what one response yielded into one harvest. The middleware nearest to the spider.

It also decides what becomes of an error: quarantine, blocked, refused. A second middleware
for that would swallow the error before this one sees it.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from crawlers.callbacks import page_class_of
from crawlers.config import config
from crawlers.errors import (
    BlockedError,
    MissingError,
    NotReadyError,
    PageError,
    RegionError,
    UpstreamError,
)
from crawlers.fingerprint import first
from crawlers.harvest import Harvest, Outcome
from crawlers.headers import header
from crawlers.items.base import Ended, Known, Mark, Reject, Unknown
from crawlers.scheduler import PARENT
from crawlers.spider import SourceSpider
from crawlers.units import UNIT


class HarvestMiddleware:
    """One harvest for each response, whatever happened to it."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler; its spider names the source."""
        self.crawler = crawler
        self._reading: set[int] = set()
        simulated = crawler.settings.getbool("SIMULATED_CLOCK")
        self._is_simulated = simulated and config().crawlers_test

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Let requests pass; an item from ``start()`` has no response, but is one unit too."""
        async for found in start:
            if isinstance(found, Request):
                yield found
            else:
                harvest = Harvest(self._source, "", datetime.now(UTC), job=self._job)
                gather(harvest, found)
                yield harvest

    async def process_spider_output(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        """Pass requests on as they come, with their parent; everything else at the end."""
        harvest, raised = self._begin(response), None
        self._reading.add(id(response))
        try:
            async for found in result:
                if isinstance(found, Request):
                    found.meta[PARENT] = response.request
                    yield found
                else:
                    gather(harvest, found)
        except Exception as error:  # noqa: BLE001 - sorted below; bugs are raised again
            raised = error
        finally:
            self._reading.discard(id(response))
        self._judge(harvest, response, raised)
        yield harvest
        if raised is not None and not isinstance(raised, PageError):
            raise raised

    def process_spider_exception(
        self, response: Response, exception: Exception
    ) -> Iterable[Any] | None:
        """Make a harvest of an error that came before any output: HttpError, a plain callback."""
        if id(response) in self._reading or isinstance(exception, CloseSpider):
            return None
        return self._lone(response, exception)

    def _lone(self, response: Response, error: Exception) -> Iterable[Any]:
        harvest = self._begin(response)
        self._judge(harvest, response, error)
        yield harvest
        if not isinstance(error, PageError | HttpError):
            raise error

    def _begin(self, response: Response) -> Harvest:
        request = response.request
        assert request is not None  # noqa: S101 - the engine sets it before the spider is called
        page = page_class_of(request)
        at = request.meta.get("fetched_at") or self._told_s(response)
        content_type = response.headers.get("Content-Type")
        return Harvest(
            source=self._source,
            url=response.url,
            fetched_at=datetime.fromtimestamp(at, UTC) if at else datetime.now(UTC),
            request_key=request.meta.get("request_key") or first(request).hex(),
            status=response.status,
            content_type=content_type.decode("latin-1") if content_type else None,
            page=page.__name__ if page else None,
            page_version=page.version if page else 1,
            body=response.body if page and page.keep_raw else None,
            sha256=request.meta.get("stored"),
            job=self._job,
            unit=request.meta.get(UNIT),
        )

    def _judge(self, harvest: Harvest, response: Response, error: Exception | None) -> None:
        """Set the outcome. A mark promises completeness, so an error takes the marks away."""
        if error is None or isinstance(error, CloseSpider):
            return
        harvest.marks.clear()
        harvest.ended.clear()
        page = page_class_of(response.request)
        if page is None or not page.is_list:
            harvest.items.clear()
        harvest.outcome, harvest.reason = outcome_of(error, self._blocking_statuses)
        if harvest.outcome in {Outcome.BLOCKED, Outcome.REFUSED}:
            harvest.body = None
            harvest.history = history_of(response)

    def _told_s(self, response: Response) -> float | None:
        """Return when *response* was answered by the clock of a stand-in, in epoch seconds.

        A download that was given up has no answer, and so no `Date`.
        """
        told = header(response, "Date") if self._is_simulated else None
        return parsedate_to_datetime(told).timestamp() if told else None

    @property
    def _blocking_statuses(self) -> frozenset[int]:
        spider = self.crawler.spider
        return spider.blocking_statuses if isinstance(spider, SourceSpider) else frozenset()

    @property
    def _job(self) -> str | None:
        job: str | None = self.crawler.settings.get("JOB")
        return job

    @property
    def _source(self) -> str:
        assert self.crawler.spider is not None  # noqa: S101 - set before any middleware runs
        return self.crawler.spider.name


def gather(harvest: Harvest, found: Any) -> None:
    """Put *found* where it belongs."""
    if isinstance(found, Mark):
        harvest.marks.append(found)
    elif isinstance(found, Reject):
        harvest.rejects.append(found)
    elif isinstance(found, Known):
        harvest.known.append(found)
    elif isinstance(found, Ended):
        harvest.ended.append(found)
    elif isinstance(found, Unknown):
        harvest.unknown[f"{found.category}/{found.value}"] += 1
    else:
        harvest.items.append(found)


def history_of(response: Response) -> list[Any]:
    """Return what happened at each try, if the download was given up."""
    meta = response.request.meta if response.request else {}
    return list(meta.get("history", [])) if meta.get("gave_up") else []


def outcome_of(error: Exception, blocking: frozenset[int] = frozenset()) -> tuple[Outcome, str]:
    """Sort an error: blocked, refused, or a page that broke an assumption.

    An HTTP status out of *blocking* says that the site takes us for a robot.
    """
    reason = str(error).split("\n", 1)[0][:500]
    if isinstance(error, BlockedError):
        return Outcome.BLOCKED, error.problem[:500]
    if isinstance(error, MissingError | RegionError | NotReadyError | UpstreamError):
        return Outcome.REFUSED, error.problem[:500]
    if isinstance(error, HttpError):
        response = error.response
        meta = response.request.meta if response.request else {}
        is_blocked = meta.get("blocked") or response.status in blocking
        outcome = Outcome.BLOCKED if is_blocked else Outcome.REFUSED
        return outcome, str(meta.get("gave_up") or f"HTTP {response.status}")[:500]
    return Outcome.QUARANTINED, reason if isinstance(error, PageError) else repr(error)[:500]
