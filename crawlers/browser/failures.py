"""What went wrong in the browser, in Scrapy's words, so that retries work as for plain requests."""

import re
from urllib.parse import urlsplit

from playwright._impl._errors import TargetClosedError
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)

from crawlers.browser.gate import Place, Way
from crawlers.errors import BrowserError, RenderError
from crawlers.limits import PORTS

GONE = "the page or its browser has gone"
NET_ERROR = re.compile(r"net::(ERR_[A-Z0-9_]+)")
NET_ERRORS: dict[str, type[Exception]] = {
    "ERR_NAME_NOT_RESOLVED": CannotResolveHostError,
    "ERR_NAME_RESOLUTION_FAILED": CannotResolveHostError,
    "ERR_CONNECTION_REFUSED": DownloadConnectionRefusedError,
    "ERR_CONNECTION_TIMED_OUT": DownloadTimeoutError,
    "ERR_TIMED_OUT": DownloadTimeoutError,
}
"""Chromium's names, https://source.chromium.org net/base/net_error_list.h."""


def failure(error: PlaywrightError, url: str, way: Way | None) -> Exception:
    """Return what *error*, raised while *url* was loaded by *way*, means for a crawl."""
    if isinstance(error, TargetClosedError):
        return BrowserError(f"{url}: {GONE}")
    if isinstance(error, PlaywrightTimeoutError):
        return DownloadTimeoutError(f"{url}: no answer in time")
    if (cause := cause_of(url, way)) is not None:
        return cause
    problem = error.message.partition("\n")[0]
    if "Download is starting" in problem:
        return RenderError(f"{url} is a file to download, not a page")
    if found := NET_ERROR.search(problem):
        return NET_ERRORS.get(found[1], DownloadFailedError)(f"{url}: {found[1]}")
    return DownloadFailedError(f"{url}: {problem[:200]}")


def cause_of(url: str, way: Way | None) -> Exception | None:
    """Return why the gate could not reach the place of *url*, if it was the gate."""
    error = way.failures.get(place(url)) if way else None
    return error and error.with_traceback(None)  # raised once for each page that met it


def place(url: str) -> Place:
    """Return host and port of *url*."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)
