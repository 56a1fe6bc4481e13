"""Real Chromium, before a site that shows what browsers meet."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.reactor import install_reactor, is_reactor_installed
from scrapy.utils.test import get_crawler

from crawlers.browser.launch import LocalBrowsers
from crawlers.browser.recipe import Recipe
from crawlers.browser.rendering import Rendering
from crawlers.config import config
from tests.browser.rendered.spider import RenderedSpider
from tests.browser.site import PagesSite

if not is_reactor_installed():
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")


def pytest_unconfigure() -> None:
    """Close the reactor's loop, which Twisted leaves to whoever ends the process."""
    from twisted.internet import reactor  # noqa: PLC0415 - only once it is the one chosen above

    reactor._asyncioEventloop.close()


ALL = Recipe(blocks=frozenset())


class Renderer:
    """A crawl's rendering, without the crawl."""

    def __init__(self, *allowed: str, images: bool = True, **settings: Any) -> None:
        """Let the browser reach the origins *allowed*; one recipe wants *images*, or none does."""
        spider_class = type(
            "Spider",
            (RenderedSpider,),
            {"recipes": {"all": ALL} if images else {}, "__module__": RenderedSpider.__module__},
        )
        self.crawler = get_crawler(spider_class, settings)
        self.crawler.spider = spider_class()
        self.recipes: dict[str, Recipe] = spider_class.recipes  # type: ignore[attr-defined]
        self.rendering = Rendering(self.crawler, allowed)
        self._names = map(str, count())

    async def get(self, url: str, recipe: Recipe | None = None, **meta: Any) -> Response:
        """Render the page at *url*."""
        name = "page"
        if recipe is not None:
            name = next(self._names)
            self.recipes[name] = recipe
        return await self.rendering.download_request(Request(url, meta={"render": name, **meta}))

    @property
    def stats(self) -> dict[str, Any]:
        """What was counted."""
        return dict(self.crawler.stats.get_stats())

    @property
    def browser(self) -> Browser:
        """The browser that runs now."""
        (handler, _), *_ = self.rendering._browsers.values()
        assert isinstance(handler.browser, Browser)
        return handler.browser

    @property
    def pid(self) -> int:
        """Its process."""
        (handler, _), *_ = self.rendering._browsers.values()
        provider = handler._provider
        assert isinstance(provider, LocalBrowsers)
        return provider._processes[self.browser][0]

    async def targets(self) -> tuple[int, int]:
        """Count the pages and the contexts that are open, as the browser itself sees them."""
        session = await self.browser.new_browser_cdp_session()
        found = await session.send("Target.getTargets")
        contexts = await session.send("Target.getBrowserContexts")
        await session.detach()
        pages = sum(one["type"] == "page" for one in found["targetInfos"])
        return pages, len(contexts["browserContextIds"])

    async def until_closed(self) -> None:
        """Wait until no page is open: what a page has opened closes a little later."""
        async with asyncio.timeout(30):
            while (await self.targets())[0]:  # noqa: ASYNC110 - asked
                await asyncio.sleep(0.05)


NewRenderer = Callable[..., Renderer]


@pytest.fixture(scope="module", autouse=True)
def test_mode() -> Iterator[None]:
    """Set CRAWLERS_TEST."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRAWLERS_TEST", "1")
        config.cache_clear()
        yield
    config.cache_clear()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared_site() -> AsyncIterator[PagesSite]:
    """Run the site."""
    async with PagesSite() as running:
        yield running


@pytest.fixture
def site(shared_site: PagesSite) -> PagesSite:
    """Return the site with nothing on it."""
    shared_site.clear()
    return shared_site


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def renderer(test_mode: None, shared_site: PagesSite) -> AsyncIterator[Renderer]:
    """Return one that may reach the site: one browser for all tests of a module."""
    del test_mode
    one = Renderer(shared_site.origin)
    yield one
    await one.rendering.close()


@pytest_asyncio.fixture(loop_scope="module")
async def new_renderer() -> AsyncIterator[NewRenderer]:
    """Make renderers, and close them."""
    async with AsyncExitStack() as stack:

        def made(*allowed: str, **settings: Any) -> Renderer:
            one = Renderer(*allowed, **settings)
            stack.push_async_callback(one.rendering.close)
            return one

        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def inside() -> AsyncIterator[PagesSite]:
    """Run a site on a private address, which no crawl allows."""
    async with PagesSite() as running:
        running.page("/secret", "secret")
        yield running
