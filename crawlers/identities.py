"""Identities: who a session says that it is. Truthful, or one of browserforge's for its life."""

import random
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from crawlers.errors import ConfigError

PLATFORM = {"linux": "linux", "darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
"""Only identities of this machine's system: a page's script can see which one it is."""
CHROME = re.compile(r"Mozilla/5\.0 \([^;()]+(?:; [^;()]+)*\) AppleWebKit/537\.36 "
                    r"\(KHTML, like Gecko\) Chrome/(\d+)\.0\.0\.0 Safari/537\.36")  # fmt: skip
OLDEST = 140
"""Older Chromes are rare: they update by themselves. To be raised with the library."""
LEAST_VIEWPORT = (1024, 600)
"""CSS pixels. Anything smaller is no desktop, or is one that nobody reads on."""
HEADERS = (
    "Accept",
    "Accept-Language",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "Upgrade-Insecure-Requests",
)
"""Not Accept-Encoding, which says what we can decode, and not Sec-Fetch-*: the library mixes up
their values."""
TRIES = 1_000


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request says that it is, for the whole life of its session.

    ``user_agent`` None: the truthful one, for plain requests ours with the contact, in a browser
    the browser's own. A rotated identity is always a desktop Chrome on this machine's system.
    """

    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers; none of them where the identity is the truthful one."""
    viewport: tuple[int, int] | None = None
    """Width and height in CSS pixels."""
    locale: str | None = None


TRUTHFUL = Identity()


def check_library() -> None:
    """Raise ConfigError when identities cannot rotate, because the library is not there."""
    _generator()


def rotated(name: str) -> Identity:
    """Return the identity of the session *name*: always the same one for the same name."""
    # The library draws from the global generator only; others' numbers must not depend on us.
    state = random.getstate()
    random.seed(name)
    try:
        return next(filter(None, (_read(_generator().generate()) for _ in range(TRIES))))
    finally:
        random.setstate(state)


@cache
def _generator() -> Any:
    try:
        from browserforge.fingerprints import FingerprintGenerator  # noqa: PLC0415 - heavy, optional
    except ImportError:
        raise ConfigError(
            "IDENTITY_ROTATION_ENABLED needs browserforge: pip install 'crawlers[identity]'"
        ) from None
    return FingerprintGenerator(browser="chrome", os=PLATFORM, device="desktop", locale="en-US")


def _read(found: Any) -> Identity | None:
    """Take what is consistent, or nothing: the library's data has odd ones among them."""
    agent = found.navigator.userAgent
    version = CHROME.fullmatch(agent)
    headers = {name: found.headers[name] for name in HEADERS if found.headers.get(name)}
    viewport = (found.screen.outerWidth, found.screen.outerHeight)
    is_whole = (
        version
        and int(version[1]) >= OLDEST
        and found.headers.get("User-Agent") == agent
        and f'"Google Chrome";v="{version[1]}"' in headers.get("sec-ch-ua", "")
        and LEAST_VIEWPORT[0] <= viewport[0] <= found.screen.width
        and LEAST_VIEWPORT[1] <= viewport[1] <= found.screen.height
    )
    language = found.navigator.language
    headers["Accept-Language"] = f"{language},{language.partition('-')[0]};q=0.9"
    return Identity(agent, headers, viewport, language) if is_whole else None
