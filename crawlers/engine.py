"""Scrapy's engine, where no public hook reaches: the one module that touches its private parts.

`check` looks at the start whether they are as they were in the Scrapy that this was written for.
"""

import inspect
import time
from collections.abc import Callable
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler

from crawlers.errors import EngineError

PARTS = {
    "engine._slot": "its slot",
    "engine._slot.closing": "whether it closes",
    "engine._slot.inprogress": "its unfinished requests",
    "engine._slot.nextcall.schedule": "the call that wakes it",
    "engine._slot.remove_request": "the end of a request",
    "engine._slot.scheduler": "its scheduler",
    "engine.downloader.active": "its downloads",
    "engine.downloader.total_concurrency": "the limit of its downloads",
    "engine.downloader.slots": "its download slots",
    "engine.downloader.per_slot_settings": "the settings of its download slots",
    "engine.downloader._delay": "the delay of its download slots",
}


def check(crawler: Crawler) -> None:
    """Raise EngineError, which names what is missing, unless the engine is as expected."""
    for path, what in PARTS.items():
        part: Any = crawler
        for name in path.split("."):
            if not hasattr(part, name):
                raise EngineError(f"this Scrapy's engine does not show {what} ({path})")
            part = getattr(part, name)
    end = _slot(crawler).remove_request
    if list(inspect.signature(end).parameters) != ["request"]:
        raise EngineError("this Scrapy's engine ends requests in another way than expected")


class EngineView:
    """The engine as a scheduler sees it."""

    def __init__(self, crawler: Crawler, finished: Callable[[Request], None]) -> None:
        """Call *finished* when a request has ended: after callback and pipelines, in any case.

        Make it when the scheduler opens: the slot exists by then. Raises EngineError.
        """
        check(crawler)
        self._slot = _slot(crawler)
        self._downloader = crawler.engine.downloader
        end = self._slot.remove_request

        def remove_request(request: Request) -> None:
            try:
                finished(request)
            finally:
                end(request)

        self._slot.remove_request = remove_request

    def wake(self) -> None:
        """Make the engine ask for the next request soon."""
        self._slot.nextcall.schedule()

    @property
    def unfinished(self) -> int:
        """How many requests have begun and have not ended."""
        return len(self._slot.inprogress)

    @property
    def idle_downloads(self) -> int:
        """How many more downloads the engine would begin now."""
        return max(0, self._downloader.total_concurrency - len(self._downloader.active))


def is_closing(crawler: Crawler) -> bool:
    """Tell whether the crawl ends: Scrapy waits for its requests before it tells anybody."""
    slot = crawler.engine and _slot(crawler)
    return not slot or slot.closing is not None


def scheduler_of(crawler: Crawler) -> Any:
    """Return the scheduler; None before the spider is opened, and after."""
    slot = crawler.engine and _slot(crawler)
    return slot.scheduler if slot else None


def slow_down(crawler: Crawler, key: str, delay_s: float) -> None:
    """Leave at least *delay_s* between two requests of the download slot *key*, from now on."""
    downloader = crawler.engine.downloader
    slot = downloader.slots.get(key)
    delay_s = max(delay_s, slot.delay if slot else downloader._delay)  # noqa: SLF001 - see above
    # An idle slot is thrown away and made anew: from these settings.
    downloader.per_slot_settings.setdefault(key, {}).update(delay=delay_s, jitter=0)
    if slot:
        slot.delay, slot.jitter = delay_s, 0


def rest(crawler: Crawler, key: str) -> None:
    """Let the delay of the download slot *key* begin now, when an answer has come.

    Scrapy counts it from when a request leaves the slot, and a connection takes time after that.
    """
    if slot := crawler.engine.downloader.slots.get(key):
        slot.lastseen = time.monotonic()  # the clock of the downloader


def _slot(crawler: Crawler) -> Any:
    return crawler.engine._slot  # noqa: SLF001 - see above
