"""What the steps of a batch share: what is asked for, requests of the API, memory and room."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from scrapy import Request

from crawlers.config import config
from crawlers.items.base import Mark
from crawlers.memory import Memory
from crawlers.page import Found
from crawlers.spider import SourceSpider
from crawlers.stopping import stop
from spiders.instagram.arguments import InstagramArguments
from spiders.instagram.batch import Batch, Caps

Results = Iterable[Found | Mark | Request]

AT_ONCE = 8
"""Batches that are open in this process; a run waits for the platform most of the time."""


class Api:
    """The API as *spider* uses it with *args*.

    A batch takes a place in *room* when it begins, and gives it back once, when it goes no further.
    """

    def __init__(self, spider: SourceSpider, args: InstagramArguments) -> None:
        """Leave room for so many batches at once."""
        self._spider = spider
        self.args = args
        self.actor = args.runs_of
        self.caps = Caps(max_followers=args.max_followers, max_cost_microusd=args.max_cost_microusd)
        self.room = asyncio.Semaphore(AT_ONCE)

    @property
    def memory(self) -> Memory:
        """What is stored; the spider has it once it has a crawler."""
        return self._spider.memory

    def ask(
        self, path: str, callback: str, batch: Batch, *, wait_s: float = 0, **more: Any
    ) -> Request:
        """Return a request of the API, sent after *wait_s*; *callback* names the spider's method.

        That is called with *batch* and *more*, plain JSON, and judges the status.
        """
        due = {"not_before": later_ms(wait_s)} if wait_s else {}
        return Request(
            f"{self._spider.origin}{path}",
            getattr(self._spider, callback),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            meta={"handle_httpstatus_all": True} | due,
            cb_kwargs={"batch": batch.data()} | more,
            dont_filter=True,
        )

    def stop(self, reason: str) -> None:
        """Stop the crawl for *reason*: every other batch would meet the same."""
        stop(self._spider.crawler, reason, "apify")

    def account_key(self, account: str) -> str:
        """Return the key of an account's mark."""
        return f"account/{self.question}/{account}"

    @property
    def question(self) -> str:
        """What is asked about each account."""
        return f"{self.args.actor}/{self.args.max_followers}/{self.args.gender}"


def remember(batch: Batch) -> Mark:
    """Return the mark of *batch* as it is."""
    return Mark(batch_key(batch.name), batch.kept())


def batch_key(name: str) -> str:
    """Return the key of a batch's mark."""
    return f"batch/{name}"


def start_key(name: str) -> str:
    """Return the key of the mark by which a start is claimed."""
    return f"start/{name}"


def later_ms(wait_s: float) -> int:
    """Return the epoch ms after *wait_s*, in test mode after a short time."""
    return int((time.time() + wait_s * config().wait_share) * 1000) + 1
