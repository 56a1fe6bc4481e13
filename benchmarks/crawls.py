"""Whole crawls of a local shop: ours, which stores, against stock Scrapy, which does not."""

import json
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.measure import Comparison, Series, Target, in_turns
from benchmarks.processes import ROOT, STOCK, Crawl, crawl, shop
from benchmarks.store import Store, store

OURS = ["ours", "-s", "SPIDER_MODULES=benchmarks"]
COMMITTING = {"stock.pipelines.PostgresPipeline": 300}


def ours(data: Store, origin: str, pages: int, *options: str) -> Crawl:
    """Crawl with the project: rows and raw pages, durably."""
    data.empty()
    done = crawl(
        ROOT,
        [*OURS, *asked(origin, pages), *options],
        {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1"},
    )
    rows = data.ask("select count(*) from bench_products")
    raw = data.ask("select count(*) from raw_pages")
    if (rows, raw) != (done.items, pages):
        raise RuntimeError(f"{done.items} items of {pages} pages, stored {rows} and {raw}")
    return done


def stock(origin: str, pages: int, *options: str) -> Crawl:
    """Crawl with stock Scrapy, and store nothing."""
    return crawl(STOCK, ["shop", *asked(origin, pages), *options])


def committing(data: Store, origin: str, pages: int) -> Crawl:
    """Crawl with stock Scrapy and one commit for each item."""
    data.empty()
    options = [f"STOCK_DATABASE={data.url}", f"ITEM_PIPELINES={json.dumps(COMMITTING)}"]
    done = stock(origin, pages, *(part for option in options for part in ("-s", option)))
    if data.ask("select count(*) from stock_products") != done.items:
        raise RuntimeError("the peer did not store what it scraped")
    return done


def asked(origin: str, pages: int) -> list[str]:
    """Return the arguments that all spiders take."""
    return ["-a", f"origin={origin}", "-a", f"pages={pages}"]


def speed(name: str, crawls: list[Crawl]) -> Series:
    """Return items a second of Scrapy's own elapsed time, start-up excluded for all."""
    return Series(name, "items/s", tuple(done.items / done.elapsed_s for done in crawls))


def measure(runs: int) -> Iterator[Comparison]:
    """Yield the comparisons."""
    with store() as data:
        yield from _full_pages(data, runs)
        yield from _small_pages(data, runs)


def _full_pages(data: Store, runs: int) -> Iterator[Comparison]:
    feed = data.home / "items.jsonl"
    with shop(pages=1000, items=60) as (origin, _):
        ways: dict[str, Callable[[], Crawl]] = {
            "ours": partial(ours, data, origin, 1000),
            "stock, no storage": partial(stock, origin, 500),
            "ours with a feed": partial(ours, data, origin, 1000, "-O", str(feed)),
            "stock, one commit an item": partial(committing, data, origin, 200),
        }
        series = {name: speed(name, crawls) for name, crawls in in_turns(runs, ways).items()}
    mine = series["ours"]
    name = "crawl, 60 items a page"
    yield Comparison(name, mine, series["stock, no storage"], Target("least", 2))
    yield Comparison(name, mine, series["stock, one commit an item"], Target("least", 5))
    yield Comparison(
        f"{name}, with a feed", series["ours with a feed"], mine, Target("least", 0.67)
    )


def _small_pages(data: Store, runs: int) -> Iterator[Comparison]:
    with shop(pages=2000, items=1) as (origin, _):
        ways: dict[str, Callable[[], Crawl]] = {
            "ours": partial(ours, data, origin, 2000),
            "stock, no storage": partial(stock, origin, 2000),
        }
        series = {name: speed(name, crawls) for name, crawls in in_turns(runs, ways).items()}
    yield Comparison(
        "crawl, 1 item a page", series["ours"], series["stock, no storage"], Target("least", 1)
    )
