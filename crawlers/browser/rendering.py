"""Rendering for the download handler: recipes by name, a bounded number of pages, one gate."""

import asyncio
import logging
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from functools import cached_property
from itertools import count
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.browser.appearance import context_options
from crawlers.browser.contexts import Context, Contexts, Visitor
from crawlers.browser.driver import Driver
from crawlers.browser.failures import place
from crawlers.browser.gate import Gate
from crawlers.browser.handler import BrowserDownloadHandler, Task
from crawlers.browser.launch import LocalBrowsers
from crawlers.browser.recipe import RECIPES, Recipe
from crawlers.browser.remote import RemoteBrowser
from crawlers.config import config
from crawlers.errors import BrowserError, ConfigError, RenderError
from crawlers.identities import TRUTHFUL
from crawlers.sessions import sessions_for
from crawlers.spider import SourceSpider
from crawlers.stopping import stop

logger = logging.getLogger(__name__)


class Rendering:
    """The browsers of one crawl: one here, or one connection for each host to a remote one.

    Settings: ``BROWSER_PAGES_AT_ONCE``, ``BROWSER_PAGES_PER_CONTEXT``, ``BROWSER_CONTEXT_IDLE_S``,
    ``BROWSER_HANG_S``, ``BROWSER_SANDBOX``.
    """

    def __init__(self, crawler: Crawler, allowed: Iterable[str]) -> None:
        """Let a local browser reach the private origins *allowed*. Needs a running event loop."""
        self._crawler = crawler
        self._stats = crawler.stats
        self._settings = crawler.settings
        self._sessions = sessions_for(crawler)
        self._pages_at_once = max(1, self._settings.getint("BROWSER_PAGES_AT_ONCE", 4))
        self._permits = asyncio.Semaphore(self._pages_at_once)
        self._driver = Driver()
        self._gate = Gate(self._sessions.proxy, frozenset(map(place, allowed)), self._count)
        self._browsers: dict[str, tuple[BrowserDownloadHandler, Contexts]] = {}
        self._numbers = count(1)
        self._kept_back: set[str] = set()

    async def download_request(self, request: Request) -> Response:
        """Render the page of *request*. Raises what `BrowserDownloadHandler.render` does."""
        recipe = self._recipe(request.meta["render"])
        async with self._permits:
            try:
                return await self._rendered(request, recipe)
            except ConfigError as error:
                stop(self._crawler, str(error), "no_browser")  # no page will ever be rendered
                raise

    async def close(self) -> None:
        """Close the browsers, then what they go out by."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._gate.close)
            stack.push_async_callback(self._driver.close)
            for browser, _ in self._browsers.values():
                stack.push_async_callback(browser.close)

    async def _rendered(self, request: Request, recipe: Recipe) -> Response:
        self._warn_of_secrets(request)
        session = request.meta.get("session")
        self._sessions.proxy(session)  # raises when the session has ended: nothing was sent
        if self._is_local:
            await self._gate.open()
        browser, contexts = self._browser_for(request.url)
        identity = self._sessions.identity(session) if self._is_local else TRUTHFUL
        context, gone = contexts.take((session, identity.user_agent), time.monotonic())
        try:
            await self._close(browser, gone)
            response = await browser.render(request, Task(recipe, context, identity))
        except BrowserError:
            contexts.spend(context)  # a page of it may have been left behind
            raise
        finally:
            await self._close(browser, contexts.give_back(context, time.monotonic()))
        self._stats.inc_value("browser/pages")
        return response

    async def _close(self, browser: BrowserDownloadHandler, gone: Iterable[Context]) -> None:
        for context in gone:
            if context.way is not None:
                self._gate.close_way(context.way)
            await browser.close_context(context)

    def _recipe(self, name: Any) -> Recipe:
        recipes = self._recipes
        if name not in recipes:
            raise RenderError(f"unknown recipe {name!r} (known: {', '.join(sorted(recipes))})")
        return recipes[name]

    @property
    def _recipes(self) -> Mapping[str, Recipe]:
        spider = self._crawler.spider
        return {**RECIPES, **(spider.recipes if isinstance(spider, SourceSpider) else {})}

    @cached_property
    def _is_local(self) -> bool:
        return config().browser_cdp_url is None

    def _browser_for(self, url: str) -> tuple[BrowserDownloadHandler, Contexts]:
        """Return the browser for *url*: vendors end a connection that visits several hosts."""
        key = "" if self._is_local else place(url)[0]
        if key not in self._browsers:
            contexts = Contexts(
                self._context,
                self._settings.getint("BROWSER_PAGES_PER_CONTEXT", 50),
                self._pages_at_once,
                self._settings.getfloat("BROWSER_CONTEXT_IDLE_S", 60),
            )
            handler = BrowserDownloadHandler(self._crawler, self._provider(), self._pages_at_once)
            self._browsers[key] = handler, contexts
        return self._browsers[key]

    def _provider(self) -> LocalBrowsers | RemoteBrowser:
        if (address := config().browser_cdp_url) is None:
            sandbox = self._settings.getbool("BROWSER_SANDBOX", os.geteuid() != 0)
            images = any("image" not in recipe.blocks for recipe in self._recipes.values())
            return LocalBrowsers(self._driver, self._gate.address, sandbox=sandbox, images=images)
        if self._sessions.has_proxies:
            raise ConfigError(
                "PROXY_URLS and BROWSER_CDP_URL: a remote browser has its own way out, unset one"
            )
        return RemoteBrowser(self._driver, address.get_secret_value())

    def _context(self, visitor: Visitor) -> Context:
        """Describe a new context; a remote browser's is the vendor's business."""
        session, _ = visitor
        name = f"{session or 'nobody'}-{next(self._numbers)}"
        if not self._is_local:
            return Context(name, visitor, {})
        way = self._gate.open_way(session)
        options = {
            "proxy": {
                "server": self._gate.address,
                "username": way.username,
                "password": self._gate.password,
                "bypass": "<-loopback>",
            },
            "service_workers": "block",  # their requests pass no route
            "accept_downloads": False,
            "ignore_https_errors": not self._settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"),
            **context_options(self._sessions.identity(session)),
        }
        return Context(name, visitor, options, way)

    def _count(self, name: str, by: int) -> None:
        self._stats.inc_value(f"browser/gate/{name}", by)

    def _warn_of_secrets(self, request: Request) -> None:
        spider = self._crawler.spider
        secrets = spider.secret_headers() if isinstance(spider, SourceSpider) else {}
        kept_back = {name for name in secrets if name in request.headers}
        if kept_back - self._kept_back:
            names = ", ".join(sorted(kept_back))
            logger.warning("A browser sends its own headers only: not sent to the site: %s", names)
            self._kept_back |= kept_back
