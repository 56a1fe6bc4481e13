"""What the steps of a batch have in common: requests of the API, and answers that are none."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawlers.config import config
from crawlers.errors import PageError, UpstreamError
from crawlers.items.base import Mark
from crawlers.items.profiles import ApifyRun, Follow, Profile
from crawlers.page import Found, Page
from crawlers.spider import SourceSpider
from crawlers.stopping import stop
from spiders.instagram.actors import Actor
from spiders.instagram.answers import ApiError, json_in
from spiders.instagram.arguments import InstagramArguments
from spiders.instagram.batch import Batch, Caps
from spiders.instagram.refusals import FATAL

Results = Iterator[Found | Mark | Request]
AsyncResults = AsyncIterator[Found | Mark | Request]

TIMEOUT, SERVER_ERROR = 408, 500
AT_ONCE = 8
"""Batches that are open in this process; a run waits for the platform most of the time."""


def step(page_class: type[Page], otherwise: str = "refused") -> Callable[..., Any]:
    """Make a callback of an asynchronous method that takes a page, its response and a batch.

    An answer that cannot be used goes to the method called *otherwise*, which yields what to do
    instead, or raises the error again: then the batch goes no further in this crawl.
    """

    def decorate(method: Callable[..., AsyncResults]) -> Callable[..., AsyncResults]:
        @wraps(method)
        async def callback(
            spider: "ApifySpider", response: Response, batch: dict[str, Any], **more: Any
        ) -> AsyncResults:
            found = Batch.of(batch)
            try:
                try:
                    check(response)
                    page = page_class(response.url, response.body)
                    async for one in method(spider, page, response, found, **more):
                        yield one
                except PageError as error:
                    for one in getattr(spider, otherwise)(error, found, **more):
                        yield one
            except Exception:
                spider.room.release()
                raise

        callback.page_class = page_class  # type: ignore[attr-defined]
        return callback

    return decorate


def check(response: Response) -> None:
    """Raise ApiError, or UpstreamError where nobody knows what the API has done."""
    assert response.request is not None  # noqa: S101 - the engine sets it
    if why := response.request.meta.get("gave_up"):
        raise UpstreamError(response.url, why)
    status = response.status
    if status >= SERVER_ERROR or status == TIMEOUT:
        raise UpstreamError(response.url, f"HTTP {status}")
    if not 200 <= status < 300:  # noqa: PLR2004 - success, whichever
        try:
            json_in(response.url, response.body)
        except ApiError:
            raise
        except PageError:
            pass
        raise UpstreamError(response.url, f"HTTP {status}")


class ApifySpider(SourceSpider):
    """What knows the API, and what a batch is."""

    Arguments = InstagramArguments
    items = (Profile, Follow, ApifyRun)
    args: InstagramArguments
    custom_settings = {"REDIRECT_ENABLED": False}  # noqa: RUF012 - as Scrapy declares it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave room for so many batches at once."""
        super().__init__(*args, **kwargs)
        self.room = asyncio.Semaphore(AT_ONCE)

    @classmethod
    def problem_with(cls, arguments: dict[str, Any]) -> str | None:
        """Say what is wrong with the arguments, or that there is no token."""
        problem = super().problem_with(arguments)
        if problem is None and config().apify_token is None:
            return "set APIFY_TOKEN: a token of the account that pays for the runs"
        return problem

    def secret_headers(self) -> dict[str, str]:
        """Send the token."""
        token = config().apify_token
        return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    @property
    def actor(self) -> Actor:
        """The actor whose runs are paid for."""
        return self.args.runs_of

    @property
    def caps(self) -> Caps:
        """What a batch may bring and cost."""
        return Caps(
            max_followers=self.args.max_followers, max_cost_microusd=self.args.max_cost_microusd
        )

    def refused(self, error: PageError, _: Batch, **__: Any) -> Results:
        """Raise *error*; stop where every other batch would meet it, too."""
        if isinstance(error, ApiError) and error.kind in FATAL:
            stop(self.crawler, f"Apify: {FATAL[error.kind]} ({error.problem})", "apify")
        raise error

    def ask(
        self,
        path: str,
        callback: Callable[..., Any],
        batch: Batch,
        *,
        wait_s: float = 0,
        **more: Any,
    ) -> Request:
        """Return a request of the API, sent after *wait_s*; its callback judges the status."""
        due = {"not_before": later_ms(wait_s)} if wait_s else {}
        return Request(
            f"{self.origin}{path}",
            callback,
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            meta={"handle_httpstatus_all": True} | due,
            cb_kwargs={"batch": batch.data()} | more,
            dont_filter=True,
        )

    def remember(self, batch: Batch) -> Mark:
        """Return the mark of *batch* as it is."""
        return Mark(batch_key(batch.name), batch.kept())

    def account_key(self, account: str) -> str:
        """Return the key of an account's mark."""
        return f"account/{self.question}/{account}"

    @property
    def question(self) -> str:
        """What is asked about each account."""
        return f"{self.args.actor}/{self.args.max_followers}/{self.args.gender}"


def batch_key(name: str) -> str:
    """Return the key of a batch's mark."""
    return f"batch/{name}"


def start_key(name: str) -> str:
    """Return the key of the mark by which a start is claimed."""
    return f"start/{name}"


def later_ms(wait_s: float) -> int:
    """Return the epoch ms after *wait_s*, in test mode after a short time."""
    return int((time.time() + wait_s * config().wait_share) * 1000) + 1
