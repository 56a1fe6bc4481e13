"""One page in the browser, from before its navigation to what is taken from it."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright._impl._errors import TargetClosedError
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Request, Response
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError

from crawlers.browser.failures import GONE, cause_of, failure
from crawlers.browser.gate import SAID, Way
from crawlers.browser.recipe import Recipe
from crawlers.errors import BlockedError, BrowserError, RenderError

REFUSED_S = 5
"""How long after its load a page with an error's status is watched for a challenge."""
GROWS_S = 3
"""How long a page may take to grow after it was scrolled to its end."""
END_S = 0.5
"""A navigation that is aborted by the page's end is told a little before the end itself."""
REFUSING = 400
"""From this status on a document is an error's."""
FROM_PAGE = "() => document.documentElement.scrollHeight"
SCROLL = f"() => {{ window.scrollTo(0, ({FROM_PAGE})()); return ({FROM_PAGE})(); }}"
GREW = f"before => ({FROM_PAGE})() > before"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was taken: the page's final address, and one answer or the rendered HTML."""

    url: str
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Visit:
    """Listens from its making on: make it before the page goes anywhere."""

    def __init__(self, page: Page, recipe: Recipe, url: str, way: Way | None) -> None:
        """Follow *recipe* for the page at *url*; *way* knows why connections failed."""
        self._page = page
        self._recipe = recipe
        self._url = url
        self._wanted = recipe.answer_for(url)
        self._way = way
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Response] = loop.create_future()
        self._end: asyncio.Future[str] = loop.create_future()
        self._going_to = url
        self._document: Response | None = None
        self._is_parsed = False
        self._lost_call: Exception | None = None
        page.on("request", self._sees_request)
        page.on("response", self._sees_response)
        page.on("requestfailed", self._sees_failure)
        page.on("domcontentloaded", self._sees_end_of_document)
        page.on("crash", lambda _: self._sees_end("the page crashed"))
        page.on("close", lambda _: self._sees_end(GONE))

    async def rendered(self) -> Rendered:
        """Return what the recipe asks for.

        Raises BlockedError as soon as a challenge is visible, BrowserError when the page is lost,
        RenderError for what is no page, AddressError or Scrapy's errors when the site was not
        reached. All within the recipe's time limit, but for the last reading of the page.
        """
        try:
            return await self._take()
        except PlaywrightError as error:
            if "ERR_ABORTED" in error.message:  # by its end, whose own event is on its way?
                await asyncio.wait({self._end}, timeout=END_S)
            if self._end.done():
                raise BrowserError(f"{self._url}: {self._end.result()}") from None
            raise failure(error, self._going_to, self._way) from None

    async def _take(self) -> Rendered:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._recipe.time_limit_s
        walk, watch = asyncio.create_task(self._walk()), asyncio.create_task(self._watch())
        waiting: set[asyncio.Future[Any]] = {walk, watch, self._answer, self._end}
        try:
            while waiting:
                done, waiting = await asyncio.wait(
                    waiting, timeout=end - loop.time(), return_when=asyncio.FIRST_COMPLETED
                )
                if self._answer in done:
                    return await self._called(self._answer.result(), end)
                if self._end in done:
                    raise BrowserError(f"{self._url}: {self._end.result()}")
                for one in done:
                    one.result()  # raises what it raised
                if not done:
                    break
                if walk in done:
                    if self._recipe.answer is None:
                        break
                    if self._is_refused:
                        end = min(end, loop.time() + REFUSED_S)
        finally:
            for task in (walk, watch):
                task.cancel()
            await asyncio.gather(walk, watch, return_exceptions=True)
        return await self._read()

    async def _walk(self) -> None:
        """Go there, wait for what the recipe waits for, scroll."""
        await self._go()
        if self._is_refused:
            if self._recipe.challenges:
                await asyncio.sleep(REFUSED_S)  # `_watch` ends this
            return
        if self._recipe.wait_for:
            await self._visible(self._recipe.wait_for)
        for _ in range(self._recipe.scrolls):
            before = await self._page.evaluate(SCROLL)
            try:
                await self._page.wait_for_function(GREW, arg=before, timeout=GROWS_S * 1000)
            except PlaywrightError:
                return  # it grows no more

    async def _go(self) -> None:
        try:
            await self._page.goto(self._url, wait_until="load", timeout=0)
        except PlaywrightError as error:
            if "interrupted by another navigation" not in error.message:
                raise
            await self._page.wait_for_load_state("load", timeout=0)  # the page went on by itself

    async def _watch(self) -> None:
        """Raise BlockedError once a challenge is visible; wait for ever without challenges."""
        if not self._recipe.challenges:
            await asyncio.get_running_loop().create_future()
        await self._visible(*self._recipe.challenges)
        raise BlockedError(self._url, f"a challenge is shown: {await self._shown()}")

    async def _visible(self, *selectors: str) -> None:
        try:
            await self._page.wait_for_selector(visible(selectors), timeout=0)
        except TargetClosedError:
            raise
        except PlaywrightError as error:
            if "selector" in error.message.partition("\n")[0]:
                raise RenderError(f"{self._url}: no selector: {', '.join(selectors)}") from None
            raise

    async def _shown(self) -> str:
        for selector in self._recipe.challenges:
            if await self._page.locator(visible([selector])).count():
                return selector
        return ""

    async def _called(self, answer: Response, end: float) -> Rendered:
        """Take the page's own call."""
        try:
            async with asyncio.timeout_at(end):
                body = await answer.body()
        except TimeoutError:
            raise DownloadTimeoutError(f"{answer.url} did not end in time") from None
        return Rendered(self._page.url, answer.status, await fields(answer), body)

    async def _read(self) -> Rendered:
        """Take the page as it is now."""
        if self._document is None or not self._is_parsed:
            raise DownloadTimeoutError(f"{self._going_to}: no whole page in time")
        if cause := self._cause(self._document):
            raise cause
        if self._recipe.challenges and (shown := await self._shown()):
            raise BlockedError(self._url, f"a challenge is shown: {shown}")
        if self._lost_call is not None:
            raise self._lost_call
        body = (await self._page.content()).encode()
        headers = [one for one in await fields(self._document) if one[0] != "content-type"]
        html = ("content-type", "text/html; charset=utf-8")
        return Rendered(self._page.url, self._document.status, [*headers, html], body)

    @property
    def _is_refused(self) -> bool:
        return self._document is not None and self._document.status >= REFUSING

    def _cause(self, response: Response) -> Exception | None:
        """Return what failed if *response* is the gate's own, and not the site's."""
        said = response.headers.get("proxy-status", "")
        return cause_of(response.url, self._way) if said.startswith(SAID) else None

    def _is_document(self, request: Request) -> bool:
        with suppress(PlaywrightError):  # a request of a worker, or of a page that has gone
            return request.is_navigation_request() and request.frame == self._page.main_frame
        return False

    def _is_call(self, request: Request) -> bool:
        return bool(
            self._wanted
            and not request.is_navigation_request()
            and request.method != "OPTIONS"
            and re.search(self._wanted, request.url)
        )

    def _sees_request(self, request: Request) -> None:
        if self._is_document(request):
            self._going_to = request.url

    def _sees_response(self, response: Response) -> None:
        if 300 <= response.status < REFUSING:  # noqa: PLR2004 - a redirect has no body to take
            return
        if self._is_document(response.request):
            self._document, self._is_parsed = response, False
        elif not self._answer.done() and self._is_call(response.request):
            if cause := self._cause(response):
                self._lost_call = cause
            else:
                self._answer.set_result(response)

    def _sees_failure(self, request: Request) -> None:
        if self._is_call(request):
            said = DownloadFailedError(f"{request.url}: {request.failure or 'failed'}")
            self._lost_call = cause_of(request.url, self._way) or said

    def _sees_end_of_document(self, _: Page) -> None:
        self._is_parsed = True

    def _sees_end(self, how: str) -> None:
        if not self._end.done():
            self._end.set_result(how)


def visible(selectors: Sequence[str]) -> str:
    """Return a selector, in Playwright's dialect, of elements that can be seen."""
    return ", ".join(f":is({selector}):visible" for selector in selectors)


async def fields(response: Response) -> list[tuple[str, str]]:
    """Return the header's fields but those of an encoding that the browser has undone."""
    return list(_decoded(await response.headers_array()))


def _decoded(headers: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for header in headers:
        name = header["name"].lower()
        if name not in {"content-encoding", "content-length", "transfer-encoding"}:
            yield name, header["value"]
