"""Crawls that are killed at any moment: run again, they end as one that nobody has disturbed.

Of every source: a crawl, or some by the clock of the site. The tables are compared without times
and sequence numbers; for Instagram also what each run was charged for.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.alerts.watched import WatchedShopee
from tests.conftest import Server
from tests.crawls.source import Source, source_at
from tests.duelingbook.site import DuelingBook
from tests.instagram.site import Apify
from tests.lichess.brisk import BACKOFF_S
from tests.lichess.site import Lichess
from tests.replica import DuelWorld, UserSpec, World
from tests.replica.apify import ApifyWorld
from tests.replica.market import DAY_S, NOUNS
from tests.replica.process import HasJson
from tests.replica.shopee import ShopeeWorld
from tests.replica.tiktok_shop import TikTokShopWorld
from tests.shopee.site import Shopee
from tests.tiktok_shop.site import TikTokShop
from tests.vlr.site import SMALL, Vlr

PARTIAL = 3
EARLY = 0.8
"""Kills come in this part of a crawl, by its requests: their number is not always the same."""
POLL_S = 0.005
LATE_S = 0.05
"""A kill comes up to so long after the moment that the site has seen."""


@dataclass(frozen=True)
class Plan:
    """What is crawled: *asked* are the arguments, *days* when, *code* is how each crawl ends."""

    kind: type[Source[Any]]
    world: HasJson
    asked: Callable[[Any], dict[str, Any]]
    days: tuple[int, ...] = (0,)
    code: int = 0
    options: tuple[str, ...] = ()


ODD_ACCOUNTS = {"a3": "private", "a5": "repeat", "a7": "absent", "a9": "half"}
"""None on which a run fails: after that many tries, the next crawl tries anew, killed or not."""
FOLLOWERS = {
    "accounts": ",".join(f"a{number}" for number in range(1, 11)),
    "batch": 2,
    "max_followers": 40,
}


def lists_and_pages(shop: Shopee) -> dict[str, Any]:
    """Return a keyword, shops, and the pages of some of their products."""
    some = list(shop.market.goods.values())[:40]
    wanted = {"keywords": "*", "shops": "shop_0,shop_1", "pages": 4, "fetch": "http"}
    return wanted | {"urls": shop.urls(*some), "settings": {"SIMULATED_CLOCK": 1}}


def replays(book: DuelingBook) -> dict[str, Any]:
    """Return all replays of the world."""
    return {"ids": ",".join(str(70_000_001 + number) for number in range(book.world.replays))}


PLANS = {
    "lichess": Plan(
        Lichess,
        World(users=(UserSpec("Alice", 120, ongoing=2), UserSpec("Bob", 40))),
        lambda _: {"players": "Alice,Bob"},
        options=("--backoff", str(BACKOFF_S - 0.1)),
    ),
    "duelingbook": Plan(DuelingBook, DuelWorld(replays=6), replays),
    "vlr": Plan(Vlr, SMALL, lambda _: {"section": "results,events", "pages": 2}),
    "shopee": Plan(
        Shopee, ShopeeWorld(products=190, changes_per_day=0.5), lists_and_pages, days=(0, 1)
    ),
    "shopee, with rules": Plan(
        WatchedShopee,
        ShopeeWorld(products=120, changes_per_day=0.7),
        lambda _: {
            "keywords": ",".join(NOUNS).lower(),
            "fetch": "http",
            "settings": {"SIMULATED_CLOCK": 1},
        },
        days=(0, 1),
    ),
    "shopee, browser": Plan(
        Shopee, ShopeeWorld(products=8), lambda shop: {"urls": shop.urls(), "fetch": "browser"}
    ),
    "tiktok_shop": Plan(
        TikTokShop,
        TikTokShopWorld(products=40, changes_per_day=1),
        lambda shop: {"urls": shop.urls(), "keywords": "no", "region": "us"},
        days=(0, 1),
    ),
    "tiktok_shop, browser": Plan(
        TikTokShop,
        TikTokShopWorld(products=8),
        lambda shop: {"urls": shop.urls(), "fetch": "browser"},
    ),
    "instagram": Plan(
        Apify,
        ApifyWorld(followers=40, odd=ODD_ACCOUNTS, start_s=0.05, rows_per_s=400),
        lambda _: dict(FOLLOWERS),
        code=PARTIAL,
    ),
}


class DifferentError(AssertionError):
    """A crawl that did not end as it must."""


def kills(plan: Plan, server: Server, folder: Path, seeds: range) -> Iterator[str]:
    """Kill a crawl at one moment for each seed; yield what was done. Raises `DifferentError`."""
    with source_at(plan.kind, plan.world, server, folder / "whole", options=plan.options) as whole:
        requests = [crawl(plan, whole, day) for day in plan.days]
        tables = whole.tables()
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 - the same in every run
        day = chance.randrange(len(plan.days))
        moment = chance.randrange(1, max(2, round(EARLY * requests[day])))
        what = f"killed at request {moment} of {requests[day]}, day {plan.days[day]}"
        home = folder / f"killed-{seed}"
        with source_at(plan.kind, plan.world, server, home, options=plan.options) as killed:
            for number, at in enumerate(plan.days):
                if number == day:
                    kill(plan, killed, at, (moment, requests[day]), chance)
                crawl(plan, killed, at)
            check(killed.tables(), tables, what)
        yield what


def crawl(plan: Plan, source: Source[Any], day: int) -> int:
    """Crawl to the end; return how many requests the site has seen of it."""
    before = source.site.state["transfers"]
    set_clock(source, day)
    done = source.crawl(**plan.asked(source))
    if done.returncode != plan.code:
        raise DifferentError(f"exit code {done.returncode}: {done.stderr}")
    seen: int = source.site.state["transfers"] - before
    return seen


def kill(
    plan: Plan, source: Source[Any], day: int, place: tuple[int, int], chance: random.Random
) -> None:
    """Start a crawl, and kill it soon after the site has seen request *place*: so many of so many.

    The site answers only half of the rest before that, so that there is somebody to kill, however
    late it comes.
    """
    moment, of = place
    before = source.site.state["transfers"]
    set_clock(source, day)
    source.site.add_fault("stall", skip=moment + (of - moment) // 2, times=None)
    with source.start(**plan.asked(source)) as process:
        while process.poll() is None and source.site.state["transfers"] < before + moment:
            time.sleep(POLL_S)
        time.sleep(chance.uniform(0, LATE_S))
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
    if process.returncode != -signal.SIGKILL:
        raise DifferentError(f"it ended before request {moment}: {said}")
    source.site.release()


def set_clock(source: Source[Any], day: int) -> None:
    """Let it be *day* days after the beginning, where the site has a clock."""
    if begin := getattr(source.world, "begin", None):
        source.site.control("clock", begin + day * DAY_S)


def check(found: dict[str, list[str]], expected: dict[str, list[str]], what: str) -> None:
    """Raise `DifferentError` with the first rows that differ."""
    for name, rows in expected.items():
        missing, more = Counter(rows) - Counter(found[name]), Counter(found[name]) - Counter(rows)
        if missing or more:
            rows_apart = f"{[*missing][:3]} missing, {[*more][:3]} more"
            raise DifferentError(f"{what}, {name}: {rows_apart}")
