"""The queue alone, against scrapy-redis' own: requests a second, and bytes in Redis.

Both sides do what they do in a crawl: fingerprint, serialise, ask a real Redis, build the request.
Ours in batches of 16, as a worker's messages go; scrapy-redis has no batches.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from scrapy import Request, Spider
from scrapy.utils.test import get_crawler
from scrapy_redis.scheduler import Scheduler

from benchmarks.measure import Comparison, Series, Target, in_turns
from crawlers import wire
from crawlers.frontier.connection import connect
from crawlers.frontier.dupefilter import LeaseDupeFilter
from crawlers.frontier.leases import Child
from crawlers.frontier.limits import HostLimits
from crawlers.frontier.program import Argument, Operations
from crawlers.frontier.queue import Answer, Leased, LeaseQueue, Rules
from tests.redis_server import RedisServer

REQUESTS = 20_000
BATCH = 16
HOST = "https://example.org:443"


class Shop(Spider):
    """A spider with a callback."""

    name = "shop"

    def parse_page(self, response: Any) -> None:
        """Do nothing."""


def requests(spider: Shop) -> list[Request]:
    """Return different requests, as a spider yields them."""
    return [
        Request(
            f"https://example.org/list/{number}?page={number % 7}&sort=asc",
            spider.parse_page,
            meta={"depth": 2},
            cb_kwargs={"number": number},
        )
        for number in range(REQUESTS)
    ]


class Ours:
    """A worker's queue, its filter and its limits."""

    def __init__(self, server: RedisServer) -> None:
        """Connect to *server*, emptied."""
        with server.client() as client:
            client.flushall()
        self.spider = Shop()
        settings = {"REQUEST_FINGERPRINTER_CLASS": "crawlers.fingerprint.TryFingerprinter"}
        crawler = get_crawler(Shop, settings_dict=settings)
        self.filter = LeaseDupeFilter.from_crawler(crawler)
        self.limits = HostLimits(crawler.settings)
        self.redis = connect(server.url)
        rules = Rules(limit=10**6, delay_ms=0)
        self.queue = LeaseQueue(
            self.redis, self.spider, "{crawlers}:", wire, job="j", worker="w", rules=rules
        )

    async def root(self) -> Leased:
        """Lease the request that all others are children of."""
        await self.queue.ask("join")
        await self.queue.ask("seed", 1, b"root", HOST, 0, 0, b'{"url":"https://example.org"}')
        return Answer.read(await self.queue.ask("lease", 1, 0, 1)).leased[0]

    async def push(self, root: Leased, found: list[Request]) -> None:
        """Queue all of *found*."""
        for begin in range(0, len(found), BATCH):
            operations, fields = Operations(), list[Argument]()
            for place, request in enumerate(found[begin : begin + BATCH], begin):
                name = self.filter.name(request, root.id, place)
                host = self.limits.host(request.url)
                payload = self.queue.encode(request)
                fields += Child(name, host, request.priority, 0, payload).fields()
            operations.add("extend", root.id, root.token, root.units, len(fields) // 5, *fields)
            await self.queue.run(operations)

    async def work_off(self) -> int:
        """Lease, build and complete until nothing is left; return how many there were."""
        done, held = 0, tuple[Leased, ...]()
        while True:
            operations = Operations()
            for one in held:
                end = (one.id, one.token, one.host, one.units, "done", 1, "", 0)
                operations.add("complete", *end)
            operations.add("lease", BATCH, 0, 1)
            held = Answer.read((await self.queue.run(operations))[-1]).leased
            for one in held:
                self.queue.decode(one.payload)
            done += len(held)
            if not held:
                return done


async def ours(server: RedisServer, memory: dict[str, float] | None = None) -> dict[str, float]:
    """Return the seconds that our queue takes; note the bytes in *memory*."""
    worker, found = Ours(server), requests(Shop())
    for request in found:
        request.callback = worker.spider.parse_page
    before, root = used(server), await worker.root()
    seconds = {"push": await timed(partial(worker.push, root, found))}
    if memory is not None:
        memory["queued"] = (used(server) - before) / REQUESTS
    seconds["pop"] = await timed(worker.work_off)
    if memory is not None:
        memory["finished"] = (used(server) - before) / REQUESTS
    again = requests(worker.spider)
    began = time.perf_counter()
    for request in again:
        worker.filter.request_fingerprint(request)
    seconds["fingerprint"] = time.perf_counter() - began
    await worker.redis.aclose()
    return seconds


def theirs(server: RedisServer, memory: dict[str, float] | None = None) -> dict[str, float]:
    """Return the same of scrapy-redis' scheduler."""
    settings = {
        "REDIS_URL": server.url,
        "SCHEDULER_PERSIST": True,
        "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
    }
    crawler, spider = get_crawler(Shop, settings_dict=settings), Shop()
    spider.crawler, spider.settings = crawler, crawler.settings
    scheduler = Scheduler.from_settings(crawler.settings)
    scheduler.server.flushall()
    scheduler.open(spider)
    found, before = requests(spider), used(server)
    began = time.perf_counter()
    for request in found:
        scheduler.enqueue_request(request)
    pushed = time.perf_counter()
    if memory is not None:
        memory["queued"] = (used(server) - before) / REQUESTS
    begin_pop = time.perf_counter()
    while scheduler.next_request() is not None:
        pass
    popped = time.perf_counter()
    if memory is not None:
        memory["finished"] = (used(server) - before) / REQUESTS
    again, begin_names = requests(spider), time.perf_counter()
    for request in again:
        scheduler.df.request_fingerprint(request)
    names = time.perf_counter() - begin_names
    return {"push": pushed - began, "pop": popped - begin_pop, "fingerprint": names}


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds that *work* takes."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def used(server: RedisServer) -> int:
    """Return the bytes that Redis has allocated for all it holds."""
    with server.client() as client:
        return int(client.info("memory")["used_memory_dataset"])


def measure(runs: int) -> Iterator[Comparison]:
    """Yield the comparisons."""
    names = {
        "push": ("push and filter", Target("least", 3)),
        "pop": ("lease and complete", Target("least", 3.5)),
        "fingerprint": ("fingerprint alone", None),
    }
    with RedisServer() as server:
        ways = {"ours": lambda: asyncio.run(ours(server)), "scrapy-redis": lambda: theirs(server)}
        found = in_turns(runs, ways)
        mine, peer = dict[str, float](), dict[str, float]()
        asyncio.run(ours(server, mine))
        theirs(server, peer)
    for key, (what, target) in names.items():
        series = [
            Series(name, "requests/s", tuple(REQUESTS / one[key] for one in found[name]))
            for name in ways
        ]
        yield Comparison(f"frontier, {what}", series[0], series[1], target)
    for key in mine:
        both = (
            Series("ours", "bytes", (mine[key],)),
            Series("scrapy-redis", "bytes", (peer[key],)),
        )
        yield Comparison(f"frontier, Redis for each {key} request", *both)
