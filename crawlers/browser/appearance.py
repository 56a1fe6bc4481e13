"""What a context, and each page in it, needs to look like a session's identity."""

import re
from typing import Any

from playwright.async_api import Page

from crawlers.identities import Identity

HINTS = ("Accept-Language", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform")
"""What a browser tells of itself in every request, besides its user agent."""
WEIGHT = re.compile(r";q=[0-9.]+")
BRAND = re.compile(r'"([^"]+)";v="(\d+)"')


def context_options(identity: Identity) -> dict[str, Any]:
    """Return options of Playwright's ``new_context``: none for the truthful identity."""
    options: dict[str, Any] = {}
    if identity.user_agent is not None:
        options["user_agent"] = identity.user_agent
        hints = {name: identity.headers[name] for name in HINTS if name in identity.headers}
        options["extra_http_headers"] = hints
    if identity.viewport is not None:
        options["viewport"] = {"width": identity.viewport[0], "height": identity.viewport[1]}
    if identity.locale is not None:
        options["locale"] = identity.locale
    return options


async def dress(page: Page, identity: Identity) -> None:
    """Let the page's scripts see the same browser as the site sees in the headers.

    Playwright's ``user_agent`` leaves ``navigator.userAgentData`` and the languages as they are.
    """
    if identity.user_agent is None:
        return
    session = await page.context.new_cdp_session(page)  # it holds for as long as this is open
    await session.send("Emulation.setUserAgentOverride", overrides(identity))


def overrides(identity: Identity) -> dict[str, Any]:
    """Return the parameters of CDP's ``Emulation.setUserAgentOverride`` for a desktop Chrome."""
    languages = WEIGHT.sub("", identity.headers.get("Accept-Language", ""))
    brands = BRAND.findall(identity.headers.get("sec-ch-ua", ""))
    return {
        "userAgent": identity.user_agent,
        "acceptLanguage": languages,
        "userAgentMetadata": {
            "brands": [{"brand": name, "version": version} for name, version in brands],
            "fullVersionList": [
                {"brand": name, "version": f"{version}.0.0.0"} for name, version in brands
            ],
            "platform": identity.headers.get("sec-ch-ua-platform", "").strip('"'),
            "platformVersion": "",
            "architecture": "x86",
            "bitness": "64",
            "model": "",
            "mobile": False,
        },
    }
