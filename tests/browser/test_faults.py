"""A browser that crashes, hangs or leaks: it is replaced, and nothing is left behind."""

import asyncio
import os
import signal
from contextlib import suppress

import psutil
import pytest
from playwright.async_api import Error as PlaywrightError
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response as Rendered

from crawlers.browser import handler
from crawlers.browser.closing import close_page
from crawlers.browser.contexts import Context, Contexts
from crawlers.browser.recipe import Recipe
from crawlers.errors import BrowserError
from tests.browser.conftest import NewRenderer, Renderer
from tests.browser.site import PagesSite, html
from tests.replica.http import Request as SiteRequest
from tests.replica.http import Response

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEVER = Recipe(wait_for="#never", time_limit_s=600)
AT_ONCE, CONTEXTS = 4, 6


@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [24, pytest.param(300, marks=pytest.mark.slow)])
async def test_many_pages_leave_no_page_and_no_context(
    site: PagesSite, new_renderer: NewRenderer, count: int
) -> None:
    renderer = new_renderer(
        site.origin, BROWSER_PAGES_AT_ONCE=AT_ONCE, BROWSER_PAGES_PER_CONTEXT=count // CONTEXTS
    )
    most: list[tuple[int, int]] = []

    async def get(number: int) -> Rendered:
        # Two visitors in turn, some pages that open others, and some that fail.
        recipe = Recipe(answer="/number/", time_limit_s=30)
        if number % 20 == 7:
            site.page(f"/{number}", "<script>open('/1'); open('about:blank')</script>")
            recipe = Recipe()
        response = await renderer.get(f"{site.origin}/{number}", recipe, session=str(number % 2))
        if number % 10 == 0:
            most.append(await renderer.targets())
        return response

    responses = await asyncio.gather(*map(get, range(count)))
    assert [r.body for r in responses if r.url.endswith(f"/{count - 1}")] == [b"%d" % (count - 1)]
    assert {r.status for r in responses} == {200}
    pages, contexts = map(max, zip(*most, strict=True))
    assert pages <= AT_ONCE + 2  # the two that a page may open just before they are closed
    assert contexts <= AT_ONCE
    assert renderer.stats["playwright/page_count/max_concurrent"] <= AT_ONCE + 2
    assert renderer.stats["playwright/context_count"] == CONTEXTS
    await renderer.until_closed()
    assert renderer.stats["browser/pages"] == count
    await close_contexts(renderer)
    assert await renderer.targets() == (0, 0)


async def close_contexts(renderer: Renderer) -> None:
    """Close the contexts that wait for more pages of their visitors."""
    (handler, contexts), *_ = renderer.rendering._browsers.values()
    for context in contexts.clear():
        await handler.close_context(context)


async def test_a_browser_that_dies_is_replaced(site: PagesSite, new_renderer: NewRenderer) -> None:
    renderer = new_renderer(site.origin)
    url = site.page("/p", "<img src=/held.svg>")
    site.hold("/held.svg")
    recipe = Recipe(blocks=frozenset(), time_limit_s=600)
    pending = [asyncio.create_task(renderer.get(url, recipe)) for _ in range(3)]
    await site.until("/p", 3)
    os.kill(renderer.pid, signal.SIGKILL)
    for task in pending:
        with pytest.raises(BrowserError):
            await task
    site.held.clear()
    assert (await renderer.get(url)).status == 200
    assert renderer.stats["browser/lost"] == 1
    assert renderer.stats["playwright/browser_count"] == 2


async def test_pages_that_are_about_to_open_in_a_browser_that_dies_end_with_it(
    site: PagesSite, new_renderer: NewRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "OPEN_S", 3600)
    renderer = new_renderer(site.origin)
    url = site.page("/p", "x")
    await renderer.get(url)
    os.kill(renderer.pid, signal.SIGSTOP)
    pending = asyncio.create_task(renderer.get(url, session="other"))
    (browsers, _), *_ = renderer.rendering._browsers.values()
    while not browsers._opening:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    os.kill(renderer.pid, signal.SIGKILL)
    with pytest.raises(BrowserError):
        await pending
    assert (await renderer.get(url)).status == 200


async def test_a_browser_that_hangs_is_replaced(
    site: PagesSite, new_renderer: NewRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "READ_S", 2)
    renderer = new_renderer(site.origin, BROWSER_HANG_S=2)
    site.page("/p", "x")
    await renderer.get(f"{site.origin}/p")
    pid = renderer.pid
    browser = psutil.Process(pid)
    family = browser.children(recursive=True)
    recipe = Recipe(wait_for="#x", time_limit_s=10)  # none is over before all have begun
    pending = [asyncio.create_task(renderer.get(f"{site.origin}/p", recipe)) for _ in range(3)]
    await site.until("/p", 4)
    for process in (pid, *(one.pid for one in family)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    for task in pending:
        with pytest.raises((BrowserError, DownloadTimeoutError)):
            await task
    assert (await renderer.get(f"{site.origin}/p")).status == 200
    assert renderer.pid != pid
    with suppress(psutil.NoSuchProcess):
        assert browser.status() == psutil.STATUS_ZOMBIE
    assert psutil.wait_procs(family, timeout=30)[1] == []
    assert renderer.stats["browser/lost"] == 1


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.slow)]
)
async def test_playwrights_own_process_is_replaced_too(
    how: signal.Signals, site: PagesSite, new_renderer: NewRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = new_renderer(site.origin, BROWSER_HANG_S=2)
    site.page("/p", "x")
    await renderer.get(f"{site.origin}/p")
    browser = psutil.Process(renderer.pid)
    driver = renderer.rendering._driver._manager._client._transport._proc
    os.kill(driver.pid, how)
    with monkeypatch.context() as patch:
        patch.setattr(handler, "OPEN_S", 1)
        with pytest.raises((BrowserError, DownloadTimeoutError)):
            await renderer.get(f"{site.origin}/p", Recipe(time_limit_s=1))
    assert (await renderer.get(f"{site.origin}/p")).status == 200
    assert psutil.wait_procs([browser], timeout=30)[1] == []


async def test_a_page_that_crashes_is_its_own_matter(
    site: PagesSite, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin)
    site.page("/p", "x")
    pending = asyncio.create_task(renderer.get(f"{site.origin}/p", NEVER))
    await site.until("/p")
    (page,) = [page for context in renderer.browser.contexts for page in context.pages]
    await page.wait_for_url("**/p")  # before, it is another process that would crash
    session = await page.context.new_cdp_session(page)
    with suppress(PlaywrightError, TimeoutError):  # the page is gone before it can answer
        async with asyncio.timeout(5):
            await session.send("Page.crash")
    with pytest.raises(BrowserError, match="the page crashed"):
        await pending
    assert (await renderer.get(f"{site.origin}/p")).status == 200
    assert "browser/lost" not in renderer.stats
    await renderer.until_closed()


async def test_a_page_that_a_popup_opens_is_closed_too(
    site: PagesSite, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin)
    nest = "open('about:blank').eval(`open('about:blank').eval(\"open('about:blank')\")`)"
    for number in range(3):
        await renderer.get(site.page(f"/p{number}", f"<script>{nest}</script>"))
    await renderer.get(site.page("/last", "x"))  # whatever closes has had its time
    await renderer.until_closed()


async def test_an_error_of_the_site_is_not_taken_for_one_of_the_gate(
    site: PagesSite, new_renderer: NewRenderer
) -> None:
    async def refused(_: SiteRequest) -> Response:
        return html("<p>Not here<img src=/lost.svg>", status=404)

    async def lost(_: SiteRequest) -> Response:
        raise ConnectionResetError

    site.answers |= {"/p": refused, "/lost.svg": lost}
    renderer = new_renderer(site.origin)
    response = await renderer.get(f"{site.origin}/p", Recipe(blocks=frozenset()))
    assert response.status == 404
    assert b"Not here" in response.body
    (context,) = renderer.rendering._browsers[""][1]._all
    assert context.way is not None
    assert context.way.failures


async def test_a_context_goes_only_where_there_is_no_room() -> None:
    contexts = Contexts(lambda who: Context(str(who), who, {}), 50, at_most=4, idle_s=60)
    gone = []
    for name in "abcde":
        context, surplus = contexts.take((name, None), 0)
        gone += [one.visitor[0] for one in surplus]
        assert contexts.give_back(context, 0) == []
    assert gone == ["a"]


async def test_a_page_that_is_closed_fails_and_closing_needs_no_luck(
    site: PagesSite, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin)
    pending = asyncio.create_task(renderer.get(site.page("/p", "x"), NEVER))
    await site.until("/p")
    (page,) = [page for context in renderer.browser.contexts for page in context.pages]
    await page.wait_for_load_state()
    await close_page(page)  # at this very moment Chromium often drops the first request
    with pytest.raises(BrowserError, match="has gone"):
        await pending
    await renderer.until_closed()


async def test_a_crawl_that_closes_ends_a_browser_that_hangs(
    site: PagesSite, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin, BROWSER_HANG_S=2)
    await renderer.get(site.page("/p", "x"))
    browser = psutil.Process(renderer.pid)
    browser.suspend()
    async with asyncio.timeout(60):
        await renderer.rendering.close()
    assert psutil.wait_procs([browser], timeout=30)[1] == []
