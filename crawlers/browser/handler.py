"""scrapy-playwright's download handler, with limits around everything that may hang.

What it adds: listening before the navigation (`visit.py`), errors in Scrapy's words, pages and
contexts that are closed whatever happens, and a browser that is replaced when it no longer answers.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from playwright.async_api import Browser, Page, Route
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Request as PageRequest
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawlers.browser.appearance import dress
from crawlers.browser.closing import close_page, close_popup
from crawlers.browser.contexts import Context
from crawlers.browser.driver import Provider
from crawlers.browser.failures import failure
from crawlers.browser.recipe import Recipe
from crawlers.browser.visit import Visit
from crawlers.errors import BrowserError
from crawlers.identities import Identity

OPEN_S = 60
"""For a page to open: the first one waits for the browser, which a busy machine starts slowly."""
READ_S = 10
"""For the last reading of a page, after its recipe's time limit."""
TASK = "browser_task"
"""Where the handler's own copy of a request has its task; no other request ever has one."""

DOUBTS = (PlaywrightError, BrowserError, TimeoutError, asyncio.CancelledError)
"""After these the browser is asked whether it still answers."""

logger = logging.getLogger(__name__)
# Its lines hold nothing that ours do not, and to write them it asks the browser for more.
logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)


class Task:
    """One page to render: how, where, and the page once it is open."""

    def __init__(self, recipe: Recipe, context: Context, identity: Identity) -> None:
        """Render by *recipe* in *context*, whose visitor is *identity*."""
        self.recipe = recipe
        self.context = context
        self.identity = identity
        self.deadline = asyncio.timeout(OPEN_S)
        self.page: Page | None = None

    def opened(self, page: Page) -> None:
        """Start the time of the recipe."""
        self.page = page
        self._ends_in(self.recipe.time_limit_s + READ_S)

    def lost(self) -> None:
        """End at once: the browser has gone, and the page may never open."""
        self._ends_in(0)

    def _ends_in(self, seconds: float) -> None:
        self.deadline.reschedule(asyncio.get_running_loop().time() + seconds)


class BrowserDownloadHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]  # untyped
    """One browser. Made when the first page is to be rendered, long after the engine's start."""

    def __init__(self, crawler: Crawler, provider: Provider, pages_at_once: int) -> None:
        """Take browsers from *provider*. Needs a running event loop."""
        super().__init__(crawler)
        crawler.signals.disconnect(self._maybe_launch_in_thread, signals.engine_started)
        self._provider = provider
        self.browser_provider = provider
        # `Rendering` counts pages; theirs counts one that crashed twice.
        self.config.max_pages_per_context = 2 * pages_at_once
        self.config.target_closed_max_retries = 0  # the scheduler tries again
        self.process_request_headers = None  # the browser's own, which fit together
        self.abort_request = self._is_blocked
        self._tasks: dict[Page, Task] = {}
        self._opening: set[Task] = set()
        self._hang_s = crawler.settings.getfloat("BROWSER_HANG_S", 15)
        self._checking = asyncio.Lock()

    async def render(self, request: Request, task: Task) -> Response:
        """Return the response to *request*, whose meta stays as it is.

        Raises what `Visit.rendered` does, BrowserError when the browser failed (it has then been
        replaced, or will be at the next page), ConfigError when there is none.
        """
        inner = Request(
            request.url,
            method=request.method,
            body=request.body,
            meta={
                TASK: task,
                "playwright": True,
                "playwright_include_page": True,  # theirs closes it without a limit
                "playwright_context": task.context.name,
                "playwright_context_kwargs": task.context.options,
            },
        )
        is_doubtful = False
        try:
            async with task.deadline:
                self._opening.add(task)
                response: Response = await self._download_request(inner)
        except DOUBTS as error:
            is_doubtful = True
            raise told(error, request.url, task) from None
        finally:
            self._opening.discard(task)
            await self._close_page(task, is_doubtful=is_doubtful)
        response.request = request
        return response

    async def close_context(self, context: Context) -> None:
        """Close it in the browser, if it is open there."""
        wrapper = self.context_wrappers.get(context.name)
        if wrapper is None:
            return
        try:
            async with asyncio.timeout(self._hang_s):
                await wrapper.context.close()
        except (PlaywrightError, TimeoutError):
            await self._check()
        self.context_wrappers.pop(context.name, None)

    async def _create_page(self, request: Request, spider: Spider) -> Page:
        task: Task = request.meta[TASK]
        page: Page = await super()._create_page(request, spider)
        task.opened(page)
        self._opening.discard(task)
        self._tasks[page] = task
        page.on("popup", close_popup)
        await dress(page, task.identity)
        return page

    async def _download_request_with_page(
        self, request: Request, page: Page, spider: Spider
    ) -> Response:
        """Take what the recipe asks for, in place of whatever the page is after its load."""
        del spider
        task: Task = request.meta[TASK]
        taken = await Visit(page, task.recipe, request.url, task.context.way).rendered()
        headers = Headers(list(taken.headers))
        response_class = responsetypes.from_args(headers=headers, url=taken.url, body=taken.body)
        return response_class(
            taken.url, taken.status, headers, taken.body, flags=["rendered"], request=request
        )

    def _is_blocked(self, request: PageRequest) -> bool:
        with suppress(PlaywrightError):  # a request of a worker has no frame
            task = self._tasks.get(request.frame.page)
            return task is not None and request.resource_type in task.recipe.blocks
        return False

    def _make_request_handler(self, *args: Any, **kwargs: Any) -> Any:
        handle = super()._make_request_handler(*args, **kwargs)

        async def handle_or_leave(route: Route, request: PageRequest) -> None:
            # A page that closes takes its requests with it. Playwright would raise an error of
            # one page's listener in the next call of whichever page.
            with suppress(PlaywrightError):
                await handle(route, request)

        return handle_or_leave

    async def _close_page(self, task: Task, *, is_doubtful: bool) -> None:
        page = task.page
        if page is not None:
            self._tasks.pop(page, None)
            try:
                async with asyncio.timeout(self._hang_s):
                    await close_page(page)
                    await self._close_strays(task.context)
            except TimeoutError:
                is_doubtful = True
        if is_doubtful:
            await self._check()

    async def _close_strays(self, context: Context) -> None:
        """Close what popups opened: nobody is told of a page whose opener has gone."""
        wrapper = self.context_wrappers.get(context.name)
        known = sum(task.context is context for task in self._tasks.values())
        if wrapper is None or context.open > known + 1:  # a page of ours is about to open
            return
        for page in wrapper.context.pages:
            if page not in self._tasks:
                await close_popup(page)

    async def _check(self) -> None:
        """Replace the browser unless it answers."""
        async with self._checking:
            browser: Browser | None = getattr(self, "browser", None)
            if browser is None:
                return
            if browser.is_connected() and await self._provider.answers(browser, self._hang_s):
                return
            logger.warning("The browser does not answer and is replaced")
            await self._provider.kill(browser, self._hang_s)
            await self._browser_disconnected_callback(browser)

    async def _browser_disconnected_callback(self, browser: Browser) -> None:
        """Forget *browser* and what was in it; the next page has a new one launched."""
        if getattr(self, "browser", None) is not browser:
            return
        del self.browser
        self.context_wrappers.clear()
        self.stats.inc_value("browser/lost")
        for task in self._opening:
            task.lost()

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(self._hang_s):
                await super()._close()
        except (PlaywrightError, TimeoutError):
            if (browser := getattr(self, "browser", None)) is not None:
                await self._provider.kill(browser, self._hang_s)


def told(error: BaseException, url: str, task: Task) -> BaseException:
    """Return what is to be raised for *error*, which ended *task* at *url*."""
    if isinstance(error, PlaywrightError):
        return failure(error, url, task.context.way)
    if not isinstance(error, TimeoutError):
        return error
    if task.page is None:
        return BrowserError(f"{url}: no page opened")
    return DownloadTimeoutError(f"{url}: the page does not answer")
