"""Where browsers come from: providers for scrapy-playwright, local and remote.

Its own provider writes the address of a remote browser, password included, into the log, and cannot
end a browser that hangs.
"""

import asyncio
import os
import re
import signal
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError
from scrapy.exceptions import NotSupported

from crawlers.browser.find import MISSING, candidates
from crawlers.errors import BrowserError, ConfigError

STOP_S = 10
"""How long Playwright's process may take to end by itself."""
CONNECT_S = 60
FLAGS = (
    "--disable-gpu",
    "--disable-quic",  # UDP, which no proxy sees
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its older name
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # names are the gate's business
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DENIED = re.compile(r"\b(401|403|407)\b")
SAID = re.compile(r"ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|\b[45]\d\d [A-Z][a-z]+")
"""What may be repeated of Playwright's error: the rest of it holds the address."""


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
                self._manager = async_playwright()
                self._playwright = await self._manager.start()
            return self._playwright

    async def close(self) -> None:
        """End the process, and with it every browser that it launched."""
        manager, self._manager, self._playwright = self._manager, None, None
        if manager is None:
            return
        try:
            async with asyncio.timeout(STOP_S):
                await manager.__aexit__()
        except TimeoutError:
            process = manager._client._transport._proc  # noqa: SLF001 - self-tested
            with suppress(ProcessLookupError):
                process.kill()


class Provider(Protocol):
    """What `scrapy_playwright.provider.BrowserProvider` asks for, and more."""

    is_remote: bool

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


class _Base:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def start(self) -> None:
        await self._driver.playwright()

    async def launch_persistent_context(self, context_kwargs: dict[str, Any]) -> BrowserContext:
        del context_kwargs
        raise NotSupported("no persistent contexts: sessions are short")

    async def close(self) -> None:
        """Do nothing: the driver is not ours."""


class LocalBrowsers(_Base):
    """Chromium processes on this machine."""

    is_remote = False

    def __init__(self, driver: Driver, gate: str, *, sandbox: bool) -> None:
        """Have every browser go out by the proxy at *gate*."""
        super().__init__(driver)
        self._gate = gate
        self._sandbox = sandbox
        self._has_launched = False
        self._sessions: dict[Browser, Any] = {}
        self._processes: dict[Browser, tuple[int, int | None]] = {}

    async def launch_browser(self) -> Browser:
        """Launch the first that starts. Raises ConfigError when none ever did."""
        playwright = await self._driver.playwright()
        found = candidates(playwright.chromium.executable_path)
        said: list[str] = []
        for path in found:
            try:
                return await self._described(await self._launched(path))
            except PlaywrightError as error:
                said.append(f"{path} does not start: {_telling(error)}")
                await self._driver.close()  # it may be the one that failed
        if self._has_launched:
            raise BrowserError(said[0])
        raise ConfigError(said[0] if said else MISSING)

    async def _launched(self, path: Path) -> Browser:
        playwright = await self._driver.playwright()
        return await playwright.chromium.launch(
            executable_path=path,
            args=list(FLAGS),
            chromium_sandbox=self._sandbox,
            # Without credentials: what does not belong to a context of ours goes nowhere.
            proxy={"server": self._gate, "bypass": "<-loopback>"},
        )

    async def _described(self, browser: Browser) -> Browser:
        """Learn the process id, which Playwright keeps to itself."""
        session = self._sessions[browser] = await browser.new_browser_cdp_session()
        described = await session.send("SystemInfo.getProcessInfo")
        pid = next(one["id"] for one in described["processInfo"] if one["type"] == "browser")
        self._processes[browser] = pid, _handle(pid)
        self._has_launched = True
        return browser

    async def answers(self, browser: Browser, limit_s: float) -> bool:
        """Tell whether its main process answers."""
        try:
            async with asyncio.timeout(limit_s):
                await self._sessions[browser].send("Browser.getVersion")
        except (PlaywrightError, TimeoutError, KeyError):
            return False
        return True

    async def kill(self, browser: Browser, limit_s: float) -> None:
        """Kill its process group, which Playwright makes for each browser."""
        gone = asyncio.Event()
        browser.on("disconnected", lambda _: gone.set())
        self._sessions.pop(browser, None)
        pid, handle = self._processes.pop(browser, (0, None))
        if pid and _is_alive(handle):
            with suppress(ProcessLookupError):
                if os.getpgid(pid) == pid:
                    os.killpg(pid, signal.SIGKILL)
                else:
                    os.kill(pid, signal.SIGKILL)
        if handle is not None:
            os.close(handle)
        try:
            async with asyncio.timeout(limit_s):
                if browser.is_connected():
                    await gone.wait()
        except TimeoutError:
            await self._driver.close()  # it does not notice: it hangs, too


class RemoteBrowser(_Base):
    """A browser at BROWSER_CDP_URL. Its credentials go into a header, never into an address."""

    is_remote = True

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
            # `from None` and no word of it: an address may hold a token anywhere.
            said = " ".join(SAID.findall(error.message)[:1]) or "no answer"
            is_denied = DENIED.search(said)
        if is_denied:
            raise ConfigError(f"BROWSER_CDP_URL: {self._place} refuses the credentials ({said})")
        raise BrowserError(f"BROWSER_CDP_URL: no connection to {self._place} ({said})")

    async def answers(self, browser: Browser, limit_s: float) -> bool:
        """Tell whether the connection stands; a service need not answer more."""
        del limit_s
        return browser.is_connected()

    async def kill(self, browser: Browser, limit_s: float) -> None:
        """Leave it: the service ends a browser that nobody is connected to."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(limit_s):
                await browser.close()


def _telling(error: PlaywrightError) -> str:
    lines = [line.strip() for line in error.message.splitlines()]
    telling = (line for line in lines if "sandbox" in line.lower() or "error while" in line)
    return next(telling, lines[0])[:300]


def _handle(pid: int) -> int | None:
    """Return a handle that no later process with the same id answers to, where there are such."""
    with suppress(AttributeError, OSError):
        return os.pidfd_open(pid)
    return None


def _is_alive(handle: int | None) -> bool:
    if handle is None:
        return True
    try:
        signal.pidfd_send_signal(handle, 0)
    except ProcessLookupError:
        return False
    return True
