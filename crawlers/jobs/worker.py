"""A crawl that works on a job: signs of life, a lock, its part of the end."""

import asyncio
import logging
import socket
from collections import deque
from typing import Self
from uuid import uuid4

import psycopg
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, NotConfigured

from crawlers import logs
from crawlers.config import config
from crawlers.errors import CrawlersError, JobError, StorageError
from crawlers.jobs.orders import end_if_cancelled
from crawlers.spider import SourceSpider
from crawlers.stopping import close, stop
from crawlers.storage.database import database_for
from crawlers.storage.job_workers import JobLock, Workers
from crawlers.storage.jobs import jobs_for
from crawlers.unit_counts import UnitCounts, keep_counts
from crawlers.units import UnitEnd  # noqa: TC001 - as everywhere here, imported for annotations
from crawlers.verdict import verdict, verdict_of_job

AT_ONCE = 500
"""Ends of units that are told in one statement."""

logger = logging.getLogger(__name__)


class JobWorker:
    """Listens to a crawl with a job; without Redis it is the only worker, and ends the job."""

    def __init__(self, crawler: Crawler) -> None:
        """Listen, and let the scheduler count units where nobody else does."""
        self.job: str = crawler.settings.get("JOB") or ""
        if not self.job:
            raise NotConfigured
        self.crawler = crawler
        self._is_alone = config().redis_url is None
        self._has_entered = False
        self._ends: deque[UnitEnd] = deque()
        self._lock: JobLock | None = None
        self._task: asyncio.Task[None] | None = None
        if self._is_alone:
            keep_counts(crawler, UnitCounts(self._ends.append))
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def spider_opened(self, spider: Spider) -> None:
        """Enter the job, and begin to give signs of life. What is in the way ends the crawl."""
        if not isinstance(spider, SourceSpider):
            raise CloseSpider("no_source")
        if self.crawler.stats.get_value("stop_reason") is not None:
            return  # the frontier could not enter it
        database = database_for(self.crawler)
        self._jobs = jobs_for(self.crawler)
        worker = spider.worker or f"{socket.gethostname()}-{uuid4().hex[:12]}"
        self._workers = Workers(database, self.job, worker, socket.gethostname())
        try:
            if self._is_alone:
                self._lock = JobLock(database, self.job)
                await self._enter(self._lock, spider)
            await self._workers.beat(is_first=True)
        except (CrawlersError, psycopg.Error) as error:
            self.crawler.stats.set_value("stop_reason", str(error))
            raise CloseSpider("job_refused") from error
        self._has_entered = True
        logs.note(job=self.job, worker=worker)
        self._task = asyncio.create_task(self._live(), name="signs of life")

    async def _enter(self, lock: JobLock, spider: SourceSpider) -> None:
        silence_s = self.crawler.settings.getfloat("DISPATCH_SILENCE_S")
        if not await lock.take() and not await lock.seize(silence_s):
            raise JobError(f"job {self.job!r} has a worker; more of them need REDIS_URL")
        args = spider.args
        await self._jobs.enter(self.job, spider.name, args.without_units(), args.unit_names())

    async def _live(self) -> None:
        """Give signs of life, tell of units, and see whether somebody wants the end."""
        beat_s = self.crawler.settings.getfloat("JOB_HEARTBEAT_S")
        while True:
            await asyncio.sleep(beat_s)
            try:
                if self._lock is not None and not await self._lock.take():
                    stop(self.crawler, f"job {self.job} has another worker", "job_lost")
                    return
                await self._tell()
                heard = await self._workers.beat()
                if heard.is_cancelled:
                    close(self.crawler, "cancelled")
                    return
                if self._is_alone and heard.has_ended:
                    stop(self.crawler, f"job {self.job} has ended without this worker", "job_lost")
                    return
            except (StorageError, psycopg.Error, OSError) as error:
                logger.warning("No sign of life: %s", error)

    async def _tell(self) -> None:
        while self._ends:
            ends = [self._ends.popleft() for _ in range(min(AT_ONCE, len(self._ends)))]
            try:
                await self._jobs.end_units(self.job, ends)
            except BaseException:
                self._ends.extendleft(reversed(ends))
                raise

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """Tell how the job stands, if this worker is the one who knows; then leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            if self._has_entered and isinstance(spider, SourceSpider):
                await self._leave(spider, reason)
        except (CrawlersError, psycopg.Error, OSError) as error:
            logger.warning("Job %s: the next worker has to tell the rest: %s", self.job, error)
        finally:
            if self._lock is not None:
                await self._lock.release()

    async def _leave(self, spider: SourceSpider, reason: str) -> None:
        stats = self.crawler.stats
        if self._lock is not None and await self._lock.take():
            await self._tell()
            if reason == "finished" and not stats.get_value("stop_reason"):
                await self._end(spider)
        end = verdict(stats.get_stats(), reason, spider.expects)
        await self._workers.leave(end.status, end.reason or None)
        if reason == "cancelled":
            await end_if_cancelled(database_for(self.crawler), self.job, self.crawler.settings)

    async def _end(self, spider: SourceSpider) -> None:
        """Write the verdict of a job that is done."""
        await self._jobs.give_up_units(self.job)
        units, sums = await self._jobs.count_units(self.job), await self._jobs.count(self.job)
        rows = sum(n for name, n in sums.items() if name.startswith("rows/"))
        end = verdict_of_job(units, rows, spider.card.expects)
        requests = sums.get("requests", 0)
        await self._jobs.end(self.job, end.status, end.reason or None, requests=requests, rows=rows)
        if end.status == "failed":
            why = f"job {self.job} has failed: {end.reason}"
            self.crawler.stats.set_value("stop_reason", why)
