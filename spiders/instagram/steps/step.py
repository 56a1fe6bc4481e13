"""Callbacks of answers: what is no answer, or cannot be used, goes another way."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from typing import Any, NoReturn, Protocol

from scrapy import Request
from scrapy.http import Response

from crawlers.callbacks import marked
from crawlers.errors import PageError, UpstreamError
from crawlers.items.base import Mark
from crawlers.page import Found, Page
from spiders.instagram.answers import ApiError, json_in
from spiders.instagram.batch import Batch
from spiders.instagram.refusals import FATAL
from spiders.instagram.steps.api import Api, Results

TIMEOUT, SERVER_ERROR = 408, 500


class HasApi(Protocol):
    """The spider."""

    api: Api


def refused(api: Api, error: PageError, _: Batch, **__: Any) -> NoReturn:
    """Raise *error*; stop where every other batch would meet it, too."""
    if isinstance(error, ApiError) and error.kind in FATAL:
        api.stop(f"Apify: {FATAL[error.kind]} ({error.problem})")
    raise error


def step(page_class: type[Page], otherwise: Callable[..., Results] = refused) -> Callable[..., Any]:
    """Make a callback of a method that takes a page, its response, a batch and what was asked with.

    The method returns what follows. Where the answer cannot be used (PageError), *otherwise* says
    it instead, by the `Api`, the error and the rest; or it raises: then the batch goes no further
    in this crawl.
    """

    def decorate(method: Callable[..., Awaitable[Results]]) -> Callable[..., Any]:
        @wraps(method)
        async def callback(
            spider: HasApi, response: Response, batch: dict[str, Any], **more: Any
        ) -> AsyncIterator[Found | Mark | Request]:
            found = Batch.of(batch)
            try:
                try:
                    check(response)
                    page = page_class(response.url, response.body)
                    for one in await method(spider, page, response, found, **more):
                        yield one
                except PageError as error:
                    for one in otherwise(spider.api, error, found, **more):
                        yield one
            except Exception:
                spider.api.room.release()
                raise

        return marked(callback, page_class)

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
