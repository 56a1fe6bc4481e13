"""Closing pages, for sure: Chromium now and then drops a request to close a page.

Seen with Chromium 156 right after a page's load: Playwright then waits for ever, the page stays.
"""

import asyncio
from contextlib import suppress

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

NUDGE_S = 1.0
"""A page closes within 0.1 s, or when it is asked again."""


async def close_page(page: Page) -> None:
    """Close *page*, asking as often as it takes. Waits for ever where nothing answers."""
    closing = asyncio.ensure_future(page.close())
    try:
        while not (await asyncio.wait({closing}, timeout=NUDGE_S))[0]:
            with suppress(PlaywrightError):
                session = await page.context.new_cdp_session(page)
                await session.send("Page.close")
        with suppress(PlaywrightError):  # it has gone by itself
            await closing
    finally:
        closing.cancel()


async def close_popup(popup: Page) -> None:
    """Close a page that a page opened: it has no recipe, and nobody waits for it."""
    with suppress(PlaywrightError):
        await close_page(popup)
