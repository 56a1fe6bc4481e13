"""Chromium processes on this machine: launched, asked whether they answer, killed."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from crawlers.browser.driver import Base, Driver
from crawlers.browser.find import MISSING, candidates
from crawlers.errors import BrowserError, ConfigError

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

NO_IMAGES = (
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,"
    "availablePointerTypes=4,imagesEnabled=false"
)
"""Playwright's own settings, which this replaces, and no images.

To refuse 60 images one by one makes a page take almost twice as long.
"""


class LocalBrowsers(Base):
    """Chromium processes on this machine."""

    def __init__(self, driver: Driver, gate: str, *, sandbox: bool, images: bool) -> None:
        """Have every browser go out by the proxy at *gate*; without *images* it asks for none."""
        super().__init__(driver)
        self._gate = gate
        self._sandbox = sandbox
        self._flags = [*FLAGS, *([] if images else [NO_IMAGES])]
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
            except asyncio.CancelledError:
                await self._driver.close()  # and with it a browser that nobody waits for now
                raise
        if self._has_launched:
            raise BrowserError(said[0])
        raise ConfigError(said[0] if said else MISSING)

    async def _launched(self, path: Path) -> Browser:
        playwright = await self._driver.playwright()
        return await playwright.chromium.launch(
            executable_path=path,
            args=self._flags,
            chromium_sandbox=self._sandbox,
            # Ctrl-C reaches Playwright too; the crawl ends its browser when its pages have ended.
            handle_sigint=False,
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
