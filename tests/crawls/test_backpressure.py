"""A store that stalls slows the downloads; nothing piles up behind it."""

import asyncio

import psycopg

from tests.crawls.run import Crawls
from tests.crawls.site import site

PAGES = 400
BOUND = 32
"""UNFINISHED_MAX of the settings."""


async def test_a_stalled_store_bounds_what_is_unfinished_and_the_overshoot(crawls: Crawls) -> None:
    settings = {"SPIDER_MODULES": "tests.crawls", "CLOSESPIDER_ITEMCOUNT": 20}
    settings |= {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16}
    paths = ",".join(f"/{number}" for number in range(1, PAGES + 1))
    url = crawls.environment["DATABASE_URL"]
    async with site() as one, await psycopg.AsyncConnection.connect(url) as blocker:
        await blocker.execute("lock table chess_rating_points in access exclusive mode")
        crawl = asyncio.create_task(
            crawls.run_async("crawl", "walk", settings=settings, origin=one.origin, paths=paths)
        )
        async with asyncio.timeout(60):
            await one.saw(BOUND + 1)  # robots.txt is one more
        await asyncio.sleep(2)
        assert len(one.paths) == BOUND + 1
        await blocker.rollback()
        done = await crawl
    assert done.returncode == 0, done.stderr
    assert crawls.stats["reason"] == "closespider_itemcount"
    assert crawls.stats["scheduler/unfinished_max"] <= BOUND
    assert 20 <= crawls.stats["item_scraped_count"] <= 20 + BOUND
