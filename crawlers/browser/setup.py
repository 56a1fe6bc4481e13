"""``python -m crawlers.browser.setup``: find a Chromium that starts, or install one.

Says in one line what came of it, and always ends with 0: a crawl of plain pages needs no browser.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from crawlers.browser.find import MISSING, candidates
from crawlers.config import config
from crawlers.errors import ConfigError
from crawlers.packages import Way, apt, run, works

START_S = 60
DOWNLOAD_S = 300
PACKAGES = ("chromium", "chromium-sandbox", "fonts-liberation")
"""Of Debian. Without any font a page has no visible text."""
CONNECT_MS = "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=10000"


def main() -> None:
    """Print the one line."""
    print(said())  # noqa: T201 - a command


def said() -> str:
    """Find or install, and return what to tell."""
    try:
        if config().browser_cdp_url is not None:
            return "Rendered pages: BROWSER_CDP_URL names a remote browser."
        own = playwrights_own()
        found = started(own)
        for way in () if found or config().browser_executable else ways():
            if works(way):
                found = started(own)
            if found:
                break
    except (ConfigError, PlaywrightError) as error:
        return f"Rendered pages: {str(error).splitlines()[0]}"
    if found:
        return f"Rendered pages: {found}"
    there = candidates(own)
    return f"Rendered pages: {f'{there[0]} does not start; ' if there else ''}{MISSING}"


def playwrights_own() -> str:
    """Return where Playwright's own download is, or would be."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def started(own: str) -> Path | None:
    """Return the first Chromium that really renders."""
    return next(filter(starts, candidates(own)), None)


def starts(path: Path) -> bool:
    """Tell whether the browser at *path* renders a page."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        page = "data:text/html,<script>document.write('rea'+'dy')</script>"
        command = [str(path), "--headless", *sandbox, "--disable-gpu", f"--user-data-dir={profile}"]
        return "ready" in run(*command, "--dump-dom", page, limit_s=START_S)


def ways() -> Iterator[Way]:
    """Yield ways to install one."""
    yield ((("env", CONNECT_MS, sys.executable, "-m", "playwright", "install", "chromium"),
            DOWNLOAD_S),)  # fmt: skip
    yield from apt(*PACKAGES)


if __name__ == "__main__":
    main()
