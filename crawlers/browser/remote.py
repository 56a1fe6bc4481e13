"""A remote browser, by the Chrome DevTools Protocol (CDP)."""

import asyncio
import re
from base64 import b64encode
from contextlib import suppress
from urllib.parse import unquote, urlsplit, urlunsplit

from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from crawlers.browser.driver import Base, Driver
from crawlers.errors import BrowserError, ConfigError

CONNECT_S = 45
DENIED = re.compile(r"\b(401|403|407)\b")
SAID = re.compile(r"ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|\b[45]\d\d [A-Z][a-z]+")
"""What may be repeated of Playwright's error: the rest of it holds the address."""


class RemoteBrowser(Base):
    """A browser at BROWSER_CDP_URL. Its credentials go into a header, never into an address."""

    def __init__(self, driver: Driver, address: str) -> None:
        """Connect to *address*, credentials included."""
        super().__init__(driver)
        parts = urlsplit(address)
        self._place = parts.netloc.rpartition("@")[2]
        self._address = urlunsplit(parts._replace(netloc=self._place))
        self._headers = {}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._headers = {"Authorization": f"Basic {b64encode(pair).decode()}"}

    async def launch_browser(self) -> Browser:
        """Connect. Raises ConfigError where the credentials are refused, else BrowserError."""
        playwright = await self._driver.playwright()
        try:
            return await playwright.chromium.connect_over_cdp(
                self._address, headers=self._headers, timeout=CONNECT_S * 1000
            )
        except PlaywrightError as error:
            # No other word of it, and raised below: an address may hold a token anywhere.
            said = " ".join(SAID.findall(error.message)[:1]) or "no answer"
            is_denied = DENIED.search(said)
        if is_denied:
            raise ConfigError(f"BROWSER_CDP_URL: {self._place} refuses the credentials ({said})")
        raise BrowserError(f"BROWSER_CDP_URL: no connection to {self._place} ({said})")

    async def answers(self, browser: Browser, limit_s: float) -> bool:
        """Tell whether anything comes back: a service may refuse what it is asked."""
        with suppress(PlaywrightError):
            try:
                async with asyncio.timeout(limit_s):
                    await browser.new_browser_cdp_session()
            except TimeoutError:
                return False
        return browser.is_connected()

    async def kill(self, browser: Browser, limit_s: float) -> None:
        """Leave it: the service ends a browser that nobody is connected to."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(limit_s):
                await browser.close()
