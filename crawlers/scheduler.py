"""The in-process scheduler: Scrapy's, plus three promises.

A request waits for its ``meta["not_before"]`` (epoch ms) without holding a download slot.
Children are admitted, and de-duplicated, when what their parent yielded is stored; a parent
that could not be stored has none. What is unfinished is bounded, so that a slow store slows
the downloads.
"""

import asyncio
import heapq
import itertools
import time
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import Scheduler
from scrapy.http import Response
from twisted.internet.defer import Deferred

from crawlers.engine import EngineView, is_closing
from crawlers.harvest import Harvest
from crawlers.unit_counts import Trouble, counts_of
from crawlers.units import UNIT

PARENT = "_parent"
"""The meta key under which a child carries its parent's request as far as the scheduler."""

ENDED = "_ended"
"""The meta key of an `asyncio.Event` that is set when what the request brought is stored."""


class WaitingScheduler(Scheduler):
    """Scrapy's scheduler with waiting requests, held children and a bound."""

    def open(self, spider: Spider) -> Deferred[None] | None:
        """Learn of the engine's own end of each request: after callback and pipelines."""
        assert self.crawler is not None  # noqa: S101 - Scrapy's own type is too wide
        self._engine = EngineView(self.crawler, self._finished)
        self._limit = max(1, self.crawler.settings.getint("UNFINISHED_MAX"))
        self._held: WeakKeyDictionary[Request, list[Request]] = WeakKeyDictionary()
        self._failed: WeakSet[Request] = WeakSet()
        self._waiting: list[tuple[float, int, Request]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._units = counts_of(self.crawler)
        self._stored: WeakKeyDictionary[Request, Trouble | None] = WeakKeyDictionary()
        if self._units:
            self.crawler.signals.connect(self._item_stored, signals.item_scraped)
        self.crawler.signals.connect(self._item_failed, signals.item_error)
        self.crawler.signals.connect(self._item_failed, signals.item_dropped)
        return super().open(spider)

    def close(self, reason: str) -> Deferred[None] | None:
        """Stop the timer. What still waits is asked for again by the next crawl."""
        if self._timer is not None:
            self._timer.cancel()
        return super().close(reason)

    def enqueue_request(self, request: Request) -> bool:
        """Hold a child until its parent has ended; admit everything else."""
        parent = request.meta.pop(PARENT, None)
        if parent is not None and parent in self._held:
            if UNIT in parent.meta:
                request.meta[UNIT] = parent.meta[UNIT]
            self._held[parent].append(request)
            return True
        return self._admit(request)

    def next_request(self) -> Request | None:
        """Return the next request that is due, or None when too much is unfinished."""
        self._move_due()
        if self._engine.unfinished >= self._limit:
            return None
        request = super().next_request()
        if request is not None:
            self._held[request] = []
            assert self.stats is not None  # noqa: S101 - Scrapy's own type is too wide
            self.stats.max_value("scheduler/unfinished_max", self._engine.unfinished + 1)
        return request

    def __len__(self) -> int:
        """Count what is queued and what waits for its time."""
        return super().__len__() + len(self._waiting)

    def _admit(self, request: Request) -> bool:
        if not request.dont_filter and self.df.request_seen(request):
            self.df.log(request, self.spider)
            if self._units and UNIT in request.meta:
                self._units.refuse(request.meta[UNIT])
            return False
        if self._units and UNIT in request.meta:
            self._units.admit(request.meta[UNIT])
        if request.meta.get("not_before", 0) > time.time() * 1000:
            due = request.meta["not_before"] / 1000
            heapq.heappush(self._waiting, (due, next(self._order), request))
            self._arm()
        else:
            self._push(request)
        return True

    def _push(self, request: Request) -> None:
        """Queue *request* as Scrapy does, without asking the dupefilter again."""
        stats = self.stats
        assert stats is not None  # noqa: S101 - Scrapy's own type is too wide
        where = "disk" if self._dqpush(request) else "memory"
        if where == "memory":
            self._mqpush(request)
        stats.inc_value(f"scheduler/enqueued/{where}")
        stats.inc_value("scheduler/enqueued")

    def _move_due(self) -> None:
        now = time.time()
        while self._waiting and self._waiting[0][0] <= now:
            self._push(heapq.heappop(self._waiting)[2])
        self._arm()

    def _arm(self) -> None:
        """Wake the engine once, when the first waiting request is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            delay = max(0.0, self._waiting[0][0] - time.time())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay, self._engine.wake)

    def _item_failed(self, response: Response | None, **_: Any) -> None:
        if response is not None and response.request is not None:
            self._failed.add(response.request)

    def _finished(self, request: Request) -> None:
        """Admit the children of *request*, unless what it yielded could not be stored."""
        if (ended := request.meta.get(ENDED)) is not None:
            ended.set()
        children = self._held.pop(request, None)
        if children is None:  # robots.txt and the like are not ours
            return
        if request not in self._failed:
            for child in children:
                self._admit(child)
        if self._units and UNIT in request.meta:
            self._count(request)

    def _item_stored(self, item: Any, response: Response | None, **_: Any) -> None:
        if isinstance(item, Harvest) and response is not None and response.request is not None:
            self._stored[response.request] = item.trouble

    def _count(self, request: Request) -> None:
        assert self._units is not None  # noqa: S101 - whoever calls has looked
        assert self.crawler is not None  # noqa: S101 - Scrapy's own type is too wide
        unit = request.meta[UNIT]
        if request in self._failed:
            self._units.note(unit, ("failed", "what it yielded could not be stored"))
        elif request in self._stored:
            self._units.note(unit, self._stored[request])
        elif is_closing(self.crawler):
            return  # the next worker begins its unit again
        self._units.close(unit)
