"""Playwright's own process, and what scrapy-playwright asks of whoever provides browsers.

Its own provider writes the address of a remote browser, password included, into the log, and cannot
end a browser that hangs.
"""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright
from scrapy.exceptions import NotSupported

STOP_S = 10
"""How long Playwright's process may take to end by itself."""


class Driver:
    """Playwright's own process: one for a crawl, whatever the number of browsers."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._manager: Any = None
        self._playwright: Playwright | None = None
        self._starting = asyncio.Lock()

    async def playwright(self) -> Playwright:
        """Return the running Playwright, started at the first call."""
        async with self._starting:
            if self._playwright is None:
                manager = async_playwright()
                self._playwright = await manager.start()
                self._manager = manager
                # Whose error nobody else asks for: asyncio would log it at the very end.
                self._transport.on_error_future.add_done_callback(asyncio.Future.exception)
            return self._playwright

    @property
    def _transport(self) -> Any:
        return self._manager._client._transport  # noqa: SLF001 - self-tested

    async def close(self) -> None:
        """End the process, and with it every browser that it launched."""
        if self._manager is None:
            return
        process = self._transport._proc  # noqa: SLF001 - self-tested
        manager, self._manager, self._playwright = self._manager, None, None
        try:
            async with asyncio.timeout(STOP_S):
                await manager.__aexit__()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()


class Provider(Protocol):
    """What `scrapy_playwright.provider.BrowserProvider` asks for, and more."""

    async def start(self) -> None:
        """Prepare."""

    async def launch_browser(self) -> Browser:
        """Return a new browser. Raises ConfigError where another try is of no use, BrowserError."""

    async def launch_persistent_context(self, context_kwargs: dict[str, Any]) -> BrowserContext:
        """Raise NotSupported."""

    async def answers(self, browser: Browser, limit_s: float) -> bool:
        """Tell whether *browser* itself still answers."""

    async def kill(self, browser: Browser, limit_s: float) -> None:
        """End *browser*, whether it answers or not."""

    async def close(self) -> None:
        """End what was started."""


class Base:
    """What both kinds of browser share."""

    def __init__(self, driver: Driver) -> None:
        """Use *driver*, which somebody else closes."""
        self._driver = driver

    async def start(self) -> None:
        """Start Playwright."""
        await self._driver.playwright()

    async def launch_persistent_context(self, context_kwargs: dict[str, Any]) -> BrowserContext:
        """Raise NotSupported."""
        del context_kwargs
        raise NotSupported("no persistent contexts: sessions are short")

    async def close(self) -> None:
        """Do nothing: the driver is not ours."""
