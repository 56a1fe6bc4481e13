"""Callbacks of spiders that take a page instead of a response."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from http.cookies import CookieError, SimpleCookie
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response

from crawlers.page import Page


def reads(
    page_class: type[Page], *, cookies: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a callback of a method that takes a *page_class* instead of a response.

    With *cookies* the method also gets the argument ``cookies``: those that the answer sets.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def callback(spider: Spider, response: Response, **kwargs: Any) -> Any:
            if cookies:
                kwargs["cookies"] = cookies_of(response)
            return method(spider, page_class(response.url, response.body), **kwargs)

        return marked(callback, page_class)

    return decorate


def marked(callback: Callable[..., Any], page_class: type[Page]) -> Callable[..., Any]:
    """Return *callback*, known from now on to read *page_class*: see `page_class_of`."""
    callback.page_class = page_class  # type: ignore[attr-defined]  # a function may have any
    return callback


def cookies_of(response: Response) -> dict[str, str]:
    """Return the cookies that *response* sets, by name; what is malformed is left out."""
    found: SimpleCookie = SimpleCookie()
    for header in response.headers.getlist("Set-Cookie"):
        with suppress(CookieError):
            found.load(header.decode("latin-1"))
    return {name: cookie.value for name, cookie in found.items()}


def page_class_of(request: Request | None) -> type[Page] | None:
    """Return the page class that reads the answer to *request*.

    It is the one that the callback `reads`, or the one that ``meta["page"]`` names.
    """
    if request is None:
        return None
    named = request.meta.get("page")
    page_class: type[Page] | None = getattr(request.callback, "page_class", None)
    return Page.registry[named] if named else page_class
