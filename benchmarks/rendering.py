"""A real browser: pages a second, and whether its memory grows, at 4 pages at once."""

import asyncio
import os
import time
from collections.abc import Iterator
from statistics import median

import psutil
from scrapy import Request
from scrapy.utils.reactor import install_reactor
from scrapy.utils.test import get_crawler

from benchmarks.measure import Comparison, Series, Target, say
from benchmarks.processes import shop

PAGES = 500
ITEMS = 60
EARLY = 100
"""The memory after so many pages is what that at the end is compared with."""
SERVER = "benchmarks.server"
"""The other child of this process."""
SAMPLED = 5
"""One page in so many is followed by a look at the memory, which takes about 0.1 s."""
WINDOW = 6
"""Samples whose median counts: one of them alone says how far four pages have come."""


def measure_long() -> Iterator[Comparison]:
    """Yield pages a second, the peak memory and its growth."""
    with shop(PAGES, ITEMS) as (origin, _):
        rate, memory = asyncio.run(render(origin))
    early = median(memory[EARLY // SAMPLED - WINDOW : EARLY // SAMPLED])
    late = median(memory[-WINDOW:])
    yield Comparison("rendering, 4 pages at once", Series("ours", "pages/s", (rate,)))
    yield Comparison("rendering, peak memory", Series("browser", "MB", (max(memory),)))
    yield Comparison(
        f"rendering, memory at page {PAGES}",
        Series("browser", "MB", (late,)),
        Series(f"at page {EARLY}", "MB", (early,)),
        Target("most", 1.2),
    )


async def render(origin: str) -> tuple[float, list[float]]:
    """Render all pages; return pages a second, and the memory in MB at every fifth."""
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from crawlers.browser.rendering import Rendering  # noqa: PLC0415 - after the reactor

    rendering = Rendering(get_crawler(settings_dict={"BROWSER_PAGES_AT_ONCE": 4}), [origin])
    memory: list[float] = []

    async def get(number: int) -> None:
        request = Request(f"{origin}/list/{number}", meta={"render": "page"})
        response = await rendering.download_request(request)
        if response.status != 200 or response.body.count(b"<li") < ITEMS:  # noqa: PLR2004 - OK
            raise RuntimeError(f"{response}: not the page")
        if number % SAMPLED == 0:
            memory.append(await asyncio.to_thread(memory_mb))

    try:
        await get(0)  # the browser's start
        memory.clear()
        began = time.monotonic()
        await asyncio.gather(*map(get, range(PAGES)))
        rate = PAGES / (time.monotonic() - began)
    finally:
        await rendering.close()
    say(f"  {rate:.2f} pages/s, {max(memory):,.0f} MB")
    return rate, memory


def memory_mb() -> float:
    """Return the memory of the browser's processes, Playwright's included, shared pages once."""
    total = 0
    for process in psutil.Process(os.getpid()).children(recursive=True):
        try:
            if SERVER not in process.cmdline():
                total += process.memory_full_info().pss
        except psutil.Error:  # a page's process that has just ended
            continue
    return total / 1e6
