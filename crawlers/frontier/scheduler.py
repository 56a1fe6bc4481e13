"""The scheduler of a worker: Scrapy sees this, and behind it is a queue that all workers share."""

import logging
import os
import socket
from importlib import import_module
from typing import Self
from uuid import uuid4

from redis.exceptions import RedisError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.misc import build_from_crawler, load_object
from scrapy_redis.scheduler import Scheduler
from twisted.internet.defer import Deferred

from crawlers.config import config
from crawlers.delays import delays_for
from crawlers.engine import EngineView, is_closing
from crawlers.errors import CrawlersError, FrontierError, StorageError, WireError
from crawlers.fingerprint import unit_name
from crawlers.frontier.connection import connect
from crawlers.frontier.courier import Courier
from crawlers.frontier.ending import Ending, JobStore
from crawlers.frontier.entering import Source, enter
from crawlers.frontier.leases import Child, Lease
from crawlers.frontier.options import Options
from crawlers.frontier.outbox import Outbox
from crawlers.frontier.queue import Answer, Leased, LeaseQueue
from crawlers.frontier.seeds import Seeds
from crawlers.frontier.telling import Teller
from crawlers.frontier.work import LEASE, Work
from crawlers.scheduler import PARENT
from crawlers.stopping import close, stop
from crawlers.units import UNITS

FLUSH_S = 10.0
"""How long a worker that closes waits for a Redis that does not answer."""

STATES = frozenset({"running", "paused", "draining", "ended", "gone"})

logger = logging.getLogger(__name__)


class LeaseScheduler(Scheduler):  # type: ignore[misc]  # scrapy-redis has no types
    """scrapy-redis' scheduler with leases in the place of pops.

    A request is leased, and completed in one step with all that it led to, once its harvest is
    committed. What ends otherwise goes back. Stats: ``scheduler/dequeued/redis``,
    ``scheduler/unfinished_max``, ``dupefilter/filtered``, ``frontier/...``.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Read the settings; nothing is connected yet."""
        settings = crawler.settings
        url = config().redis_url
        if url is None:
            raise FrontierError("set REDIS_URL")
        super().__init__(
            connect(url.get_secret_value(), **settings.getdict("REDIS_PARAMS")),
            persist=True,
            queue_key=settings["FRONTIER_KEY_PREFIX"],
            queue_cls=settings["SCHEDULER_QUEUE_CLASS"],
            dupefilter=build_from_crawler(load_object(settings["DUPEFILTER_CLASS"]), crawler),
            serializer=import_module(settings["SCHEDULER_SERIALIZER"]),
        )
        self.crawler = crawler
        self.stats = crawler.stats
        self.is_seeded = False
        self.job: str = settings["JOB"]
        self._is_over = False
        self._is_open = False
        self._open_requests = 0
        self._options = Options.read(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def open(self, spider: Source) -> Deferred[None]:
        """Enter the job. When that is not possible the crawl ends, and has failed."""
        return deferred_from_coro(self._open(spider))

    async def _open(self, spider: Source) -> None:
        options = self._options
        worker = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        queue_class: type[LeaseQueue] = load_object(self.queue_cls)
        self.spider = spider
        self.queue = queue_class(
            self.server, spider, self.queue_key, self.serializer,
            job=self.job, worker=worker, rules=options.rules,
        )  # fmt: skip
        jobs: JobStore = load_object(self.crawler.settings["FRONTIER_JOBS"])(self.crawler)
        outbox = Outbox()
        self._teller = Teller(outbox, options.limits, self._completed)
        self._work = Work(self.crawler, self._teller)
        self._courier = Courier(self.queue, self, self._work.leases, outbox)
        self.seeds = Seeds(self.job, jobs, outbox, self.broken)
        self._ending = Ending(
            self.queue, jobs, self.broken,
            expects=spider.card.expects, dead_days=options.dead_days,
        )  # fmt: skip
        try:
            self._engine = EngineView(self.crawler, self._work.finished)
            self.is_seeded = await enter(self.queue, jobs, spider)
        except CrawlersError as error:
            self._refuse(error)
            return
        delays_for(self.crawler).follower = self._teller
        self._courier.open()
        self._is_open = True

    def _refuse(self, error: CrawlersError) -> None:
        """Let the crawl end at once, in good order, and say why."""
        logger.error("%s", error)
        self.stats.set_value("stop_reason", str(error))
        self.is_seeded = self._is_over = True

    def close(self, reason: str) -> Deferred[None]:  # noqa: ARG002 - Scrapy's signature
        """Give back what was not begun, tell the rest, and end the job if this was its end."""
        return deferred_from_coro(self._close())

    async def _close(self) -> None:
        try:
            if self._is_open:
                await self._leave()
        finally:
            await self.server.aclose()

    async def _leave(self) -> None:
        await self.seeds.close()
        self._work.give_back(unsent_s=0)
        await self._courier.close(FLUSH_S)
        self.stats.set_value("frontier/calls", self.queue.calls)
        try:
            await self._ending.close()
            if self._is_over:
                why = await self._ending.job_ended(self._work.newly_known())
                if why is not None:
                    self.stats.set_value("stop_reason", f"job {self.job} has failed: {why}")
            await self.queue.ask("part")
        except (RedisError, FrontierError, StorageError, OSError) as error:
            # Of a job that has ended an error: nobody may come and tell it.
            level = logging.ERROR if self._is_over else logging.WARNING
            logger.log(level, "Job %s: the next worker has to tell the rest: %s", self.job, error)

    def flush(self) -> None:
        """Remove nothing: others work on the job, too."""

    def __len__(self) -> int:
        """Count the requests of the job that are not done, by the last answer of Redis."""
        return self._open_requests

    def has_pending_requests(self) -> bool:
        """Tell whether the job goes on: from another worker's leases new requests may come."""
        return not self._is_over

    def enqueue_request(self, request: Request) -> bool:
        """Keep a child with its parent's lease; any other request is a seed, and begins a unit.

        Raises WireError for a seed that is no plain data.
        """
        parent, token = request.meta.pop(PARENT, None), request.meta.pop(LEASE, None)
        if parent is None and token is None:
            named = request.meta.pop(UNITS, None)
            child = self._child(request, b"", 0)
            self.seeds.add(tuple(named) if named else (unit_name(request, child.id),), child)
            return True
        lease = self._work.parent(parent, token)
        if lease is None:
            return False  # whoever has its parent now finds it, too
        try:
            child = self._child(request, lease.id, len(lease.children))
        except WireError as error:
            logger.error("Not sent on: %s", error)  # noqa: TRY400 - the line says all
            lease.fail(f"a request could not be sent on: {error}")
            return False
        self._work.add_child(lease, child, replaces=parent is None)
        return True

    def _child(self, request: Request, parent: bytes, place: int) -> Child:
        payload = self.queue.encode(request)
        host = self._options.limits.host(request.url)
        self._teller.announce(host)
        name = self.df.name(request, parent, place)
        return Child(name, host, request.priority, request.meta.get("not_before", 0), payload)

    def next_request(self) -> Request | None:
        """Return the next request in stock, unless too much is unfinished."""
        if not self._is_open or self._engine.unfinished >= self._options.unfinished:
            return None
        request = self._work.begin()
        if request is not None:
            self.stats.max_value("scheduler/unfinished_max", self._engine.unfinished + 1)
        return request

    def room(self) -> tuple[int, int]:
        """Return how many requests can be sent at once, and how many more to have in stock."""
        if self._is_over or is_closing(self.crawler) or self._work.leases.want_no_more:
            return 0, 0
        free = min(self._options.unfinished - self._engine.unfinished, self._engine.idle_downloads)
        stock = self._work.in_stock
        return max(0, free - stock), max(0, self._options.prefetch - max(0, stock - free))

    def take(self, answer: Answer, ends_at: float) -> None:
        """Take what Redis gave, give back what lies here too long, and see how the job stands."""
        self._open_requests = answer.open
        if self.is_seeded and not answer.is_seeded and answer.state not in {"ended", "gone"}:
            self._teller.seeded()
        self.is_seeded = self.is_seeded or answer.is_seeded
        for leased in answer.leased:
            self._take(leased, ends_at)
        self._work.give_back()
        if answer.telling:
            self._ending.units_ended(answer.telling, is_last=answer.open == 0)
        if answer.state == "ended":
            self._is_over = True
        elif answer.state == "gone":
            self._ending.job_gone(self._gone)
        elif answer.state == "draining" and not is_closing(self.crawler):
            close(self.crawler, "drained")
        elif answer.state not in STATES:
            raise FrontierError(f"Redis says that job {self.job} is {answer.state!r}")
        if answer.leased or self._is_over:
            self._engine.wake()

    def _take(self, leased: Leased, ends_at: float) -> None:
        self._teller.announce(leased.host)
        try:
            request = self.queue.decode(leased.payload)
            if self._options.limits.host(request.url) != leased.host:
                raise WireError("not a request of ours: it is queued for another host")  # noqa: TRY301
        except WireError as error:
            logger.warning("Refused a request from Redis: %s", error)
            self.stats.inc_value("frontier/refused")
            self._teller.refuse(leased, str(error))
        else:
            self._work.take(Lease(leased, ends_at, self._teller), request)

    def _gone(self, *, has_ended: bool) -> None:
        """Leave as all others have, or stop where Redis lost what it held."""
        if has_ended:
            self._is_over = True
            self._engine.wake()
        elif not self._is_over:
            reason = f"Redis has lost job {self.job}; start it again, and it is seeded anew"
            stop(self.crawler, reason, "frontier_lost")

    def redis_is_back(self) -> None:
        """Say once more what it may have lost."""
        self._teller.repeat()

    def broken(self, error: BaseException) -> None:
        """Stop: this worker cannot go on."""
        stop(self.crawler, f"frontier: {error}", "frontier_failed")

    def give_up_seeding(self) -> None:
        """Leave the job when ``start()`` has failed: others may do better."""
        self._is_over = True

    def _completed(self, *, is_ours: bool, filtered: int) -> None:
        if not is_ours:
            self.stats.inc_value("frontier/stale")
        elif filtered:
            self.df.count(filtered)
