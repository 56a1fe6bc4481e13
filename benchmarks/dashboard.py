"""The dashboard with 500,000 profiles and 300,000 prices stored; a crawl that somebody watches."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event, Thread

import httpx
import psycopg

from benchmarks.api import checked, fill, new_key, serving
from benchmarks.api_load import Request, in_turn
from benchmarks.crawls import OURS, asked, speed
from benchmarks.measure import Comparison, Series, Target, in_turns, say
from benchmarks.processes import ROOT, Crawl, crawl, shop
from benchmarks.store import Store, store

ASKED = 300
PAGES, ITEMS = 3000, 60
RUNS = 5
PRODUCTS = """
insert into products (platform, id, region, name, price_minor, currency, source, source_url,
                      fetched_at, first_seen_at, changed_at, checked_at)
select 'shopee', n::text, 'sg', 'Lamp ' || n, 1000, 'SGD', 'shopee', 'https://shopee.sg/p/' || n,
       now(), now(), now(), now()
from generate_series(1, 10000) as n;
insert into price_snapshots (platform, product_id, at, price_minor, currency, availability)
select 'shopee', n::text, now() - day * interval '1 day', 1000 + n % 7 * day, 'SGD', 'in_stock'
from generate_series(1, 10000) as n, generate_series(1, 30) as day;
insert into crawls (source, arguments, finished_at, status)
select 'instagram', '{}', now(), 'completed' from generate_series(1, 10000);
analyze
"""
SHOWN = {
    "first page": "/",
    "a job": "/jobs/big",
    "a list of profiles": "/data/profiles-profiles",
    "a product with its prices": "/products/product?platform=shopee&product=77",
    "what is stored": "/stored",
}
_jobs = count(1)


def measure_long() -> Iterator[Comparison]:
    """Yield the comparisons."""
    with store() as data:
        fill(data)
        with psycopg.connect(data.url, autocommit=True) as connection:
            for statement in PRODUCTS.split(";\n"):
                connection.execute(statement.encode())
        key = new_key(data)
        with serving(data) as (address, pid):
            time.sleep(1)
            yield from _pages(address, key)
            yield from _watched(data, address, key, pid)


def _pages(address: str, key: str) -> Iterator[Comparison]:
    for name, path in SHOWN.items():
        asked_for: list[Request] = [("GET", f"{address}{path}", None)] * ASKED
        load = checked(name, asyncio.run(in_turn(key, asked_for)))
        target = Target("most", 200) if path == "/" else None
        ms = Series("ours", "ms", (load.p99_ms,))
        yield Comparison(f"dashboard, {name}, p99", ms, target=target)


def _watched(data: Store, address: str, key: str, pid: int) -> Iterator[Comparison]:
    """Compare speeds, which vary by more than the target, and what the live page costs itself."""
    shares: list[float] = []
    with shop(PAGES, ITEMS) as (origin, _):
        ways: dict[str, Callable[[], Crawl]] = {
            "watched": partial(_crawl, data, origin, partial(_watch, data, address, key)),
            "unwatched": partial(_crawl, data, origin, None),
        }

        def watched() -> Crawl:
            before = _cpu_s(data, pid)
            done = ways["watched"]()
            shares.append(100 * (_cpu_s(data, pid) - before) / done.elapsed_s)
            return done

        turns = in_turns(RUNS, ways | {"watched": watched})
        found = {name: speed(name, crawls) for name, crawls in turns.items()}
    name = "dashboard, a crawl whose page is live"
    yield Comparison(name, found["watched"], found["unwatched"])
    yield Comparison(
        f"{name}: processor time of server and database for it, of the crawl's time",
        Series("ours", "%", tuple(shares)),
        target=Target("most", 1),
    )


def _cpu_s(data: Store, pid: int) -> float:
    """Return the processor time of the server and its connections so far, when nobody crawls."""
    query = """select string_agg(pid::text, ' ') from pg_stat_activity
               where backend_type = 'client backend' and pid <> pg_backend_pid()"""
    pids = [str(pid), *str(data.ask(query) or "").split()]
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def _crawl(data: Store, origin: str, watch: Callable[[str, Event], None] | None) -> Crawl:
    """Crawl a job to its end while somebody looks at its page, or nobody does."""
    data.empty("bench_products")
    job, ended = f"bench-{next(_jobs)}", Event()
    thread = Thread(target=watch, args=(job, ended)) if watch else None
    if thread is not None:
        thread.start()
    environment = {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1"}
    try:
        return crawl(ROOT, [*OURS, *asked(origin, PAGES), "-a", f"job={job}"], environment)
    finally:
        ended.set()
        if thread is not None:
            thread.join()


def _watch(data: Store, address: str, key: str, job: str, ended: Event) -> None:
    """Open the page of *job* as soon as there is one, and follow its events as its script does."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=address, headers=headers, timeout=None) as client:  # noqa: S113 - it lasts
        while not data.ask(f"select count(*) from jobs where id = '{job}'"):  # noqa: S608 - our own
            if ended.wait(0.1):
                raise RuntimeError(f"there was no job {job}")
        client.get(f"/jobs/{job}").raise_for_status()
        with client.stream("GET", f"/v1/jobs/{job}/events") as events:
            told = sum(line.startswith("event: progress") for line in events.iter_lines())
    say(f"  {job}: {told} changes were shown")
