"""Whole crawls with the shared frontier, against stock Scrapy in memory and scrapy-redis."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import psutil

from benchmarks import queues
from benchmarks.crawls import OURS, asked, speed, stock
from benchmarks.delay import delayed
from benchmarks.measure import Comparison, Series, Target, in_turns, say
from benchmarks.processes import ROOT, Crawl, crawl, shop
from benchmarks.store import Store, store
from tests.redis_server import RedisServer

TABLES = "bench_products, jobs, job_units, job_results"
ITEMS = 60
ADDED_MS = 2
_jobs = count(1)


@dataclass(frozen=True, slots=True)
class Bench:
    """What the crawls of this benchmark use."""

    data: Store
    redis: RedisServer
    origin: str

    def empty(self) -> None:
        """Remove what is stored and queued."""
        self.data.empty(TABLES)
        with self.redis.client() as client:
            client.flushall()

    def reads(self) -> int:
        """Return how often Redis has read from a client: once for each round trip."""
        with self.redis.client() as client:
            return int(client.info("stats")["total_reads_processed"])


def ours(bench: Bench, pages: int, url: str | None = None) -> Crawl:
    """Crawl with one worker, and store everything."""
    bench.empty()
    done = worker(bench, pages, f"bench-{next(_jobs)}", url)
    rows = bench.data.ask("select count(*) from bench_products")
    if (rows, bench.data.ask("select status from jobs")) != (pages * ITEMS, "completed"):
        raise RuntimeError(f"{rows} rows of {pages} pages")
    return done


def worker(bench: Bench, pages: int, job: str, url: str | None = None) -> Crawl:
    """Run one worker of *job*."""
    environment = {
        "CRAWLERS_HOME": str(bench.data.home),
        "CRAWLERS_TEST": "1",
        "REDIS_URL": url or bench.redis.url,
    }
    return crawl(ROOT, [*OURS, *asked(bench.origin, pages), "-a", f"job={job}"], environment)


def scrapy_redis(bench: Bench, pages: int) -> Crawl:
    """Crawl with stock Scrapy on scrapy-redis, and store nothing."""
    bench.empty()
    settings = {
        "SCHEDULER": "scrapy_redis.scheduler.Scheduler",
        "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
        "REDIS_URL": bench.redis.url,
    }
    words = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
    return stock(bench.origin, pages, *words)


def two(bench: Bench, pages: int) -> Crawl:
    """Crawl with two workers of one job."""
    bench.empty()
    job = f"bench-{next(_jobs)}"
    done = at_once(partial(worker, bench, pages, job))
    if done.items != pages * ITEMS:
        raise RuntimeError(f"two workers read {done.items} items of {pages} pages")
    return done


def at_once(work: Callable[[], Crawl]) -> Crawl:
    """Do *work* twice at once; return both as one, which took as long as the longer."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: work(), range(2)))
    say("  at once: " + " and ".join(map(str, both)))
    longer = max(both, key=lambda one: one.elapsed_s)
    items, cpu = (sum(getattr(one, name) for one in both) for name in ("items", "cpu_s"))
    return replace(longer, items=int(items), cpu_s=cpu)


def measure(runs: int) -> Iterator[Comparison]:
    """Yield the comparisons."""
    yield from queues.measure(runs)
    with store() as data, RedisServer() as redis, shop(2000, ITEMS) as (origin, _):
        bench = Bench(data, redis, origin)
        yield from _whole(bench, runs)
        yield from _trips(bench)
        yield from _late(bench, runs)
        yield from _two(bench, runs)


def _whole(bench: Bench, runs: int) -> Iterator[Comparison]:
    ways: dict[str, Callable[[], Crawl]] = {
        "ours": partial(ours, bench, 1000),
        "stock, in memory, no storage": partial(stock, bench.origin, 1000),
        "scrapy-redis, no storage": partial(scrapy_redis, bench, 1000),
    }
    series = {name: speed(name, crawls) for name, crawls in in_turns(runs, ways).items()}
    mine, stocks, peer = series.values()
    yield Comparison("frontier, whole crawl", mine, stocks, Target("least", 1))
    yield Comparison("frontier, whole crawl", mine, peer, Target("least", 2))


def _trips(bench: Bench) -> Iterator[Comparison]:
    """Count what Redis read for 1,000 pages, start and end of the crawl included."""
    found = []
    for way in (ours, scrapy_redis):
        before = bench.reads()
        done = way(bench, 1000)
        found.append((bench.reads() - before) / (done.items / ITEMS))
    both = [
        Series(name, "a page", (each,))
        for name, each in zip(("ours", "scrapy-redis"), found, strict=True)
    ]
    yield Comparison("frontier, round trips to Redis", both[0], target=Target("most", 0.2))
    yield Comparison("frontier, round trips to Redis, scrapy-redis", both[1])


def _late(bench: Bench, runs: int) -> Iterator[Comparison]:
    with (
        delayed(bench.redis.socket, 0) as near,
        delayed(bench.redis.socket, ADDED_MS) as far,
    ):
        ways: dict[str, Callable[[], Crawl]] = {
            f"{ADDED_MS} ms added": partial(ours, bench, 1000, far),
            "none added": partial(ours, bench, 1000, near),
        }
        late, soon = (speed(name, crawls) for name, crawls in in_turns(runs, ways).items())
    yield Comparison("frontier, a slow Redis", late, soon, Target("least", 0.9))


def _two(bench: Bench, runs: int) -> Iterator[Comparison]:
    shares: list[float] = []
    ways: dict[str, Callable[[], Crawl]] = {
        "two workers": lambda: _with_shares(bench, shares, partial(two, bench, 2000)),
        "one worker": partial(ours, bench, 2000),
    }
    both, one = (speed(name, crawls) for name, crawls in in_turns(runs, ways).items())
    yield Comparison("frontier, two workers", both, one, Target("least", 1.7))
    used = Series("Redis, PostgreSQL and the shop", "cores", tuple(shares))
    yield Comparison("frontier, two workers, the servers' share", used)
    yield from _alone(bench, runs)


def _alone(bench: Bench, runs: int) -> Iterator[Comparison]:
    """Yield what the machine gives to two processes that share nothing but itself."""
    # Two consoles would want one port.
    work = partial(stock, bench.origin, 500, "-s", "TELNETCONSOLE_ENABLED=0")
    ways: dict[str, Callable[[], Crawl]] = {
        "two crawls, nothing shared": partial(at_once, work),
        "one crawl": work,
    }
    both, one = (speed(name, crawls) for name, crawls in in_turns(runs, ways).items())
    yield Comparison("frontier, two crawls of stock Scrapy, nothing shared", both, one)


def _with_shares(bench: Bench, shares: list[float], work: Callable[[], Crawl]) -> Crawl:
    """Do *work*, and note how many cores the servers took meanwhile."""
    before = _processor_s(bench)
    done = work()
    shares.append((_processor_s(bench) - before) / done.elapsed_s)
    return done


def _processor_s(bench: Bench) -> float:
    """Return the processor time of all servers so far, ended children of PostgreSQL included."""
    total = 0.0
    postmaster = (bench.data.home / "postgres").resolve() / "data" / "postmaster.pid"
    servers = [psutil.Process(int(postmaster.read_text().split()[0]))]
    servers += [psutil.Process(bench.redis.process.pid), _shop()]
    for one in servers:
        for process in (one, *one.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # its parent has counted it by then
                times = process.cpu_times()
                total += times.user + times.system
        total += one.cpu_times().children_user + one.cpu_times().children_system
    return total


def _shop() -> psutil.Process:
    """Return the process of the shop, a child of ours."""
    children = psutil.Process().children()
    return next(one for one in children if "benchmarks.server" in one.cmdline())
