"""One dashboard and one Chromium for the tests of a file."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from crawlers.browser.find import candidates
from crawlers.roles import Role
from tests.api.serving import running_api
from tests.conftest import Server
from tests.web.people import Dashboard
from tests.web.site import NumberSite, number_site

SETTINGS = {
    "SPIDER_MODULES": "spiders,tests.jobs",
    "JOB_HEARTBEAT_S": 0.1,
    "RETRY_TIMES": 0,
    "DISPATCH_POLL_S": 0.1,
    "SIGN_IN_PER_ADDRESS": "10000/minute",
    "SIGN_IN_PER_NAME": "10000/minute",
}
Looks = Callable[..., Page]
PATIENCE_MS = 60_000
"""A browser beside everything else may need longer than Playwright's five seconds."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def dashboard(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """Give what ``scrapy serve --with-dispatcher`` shows, with nothing in it yet."""
    with running_api(
        postgres_server, tmp_path_factory, "--with-dispatcher", settings=SETTINGS
    ) as api:
        yield Dashboard(api)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    with sync_playwright() as playwright:
        path = candidates(playwright.chromium.executable_path)[0]
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site() -> Iterator[NumberSite]:
    """Run a site."""
    with number_site() as one:
        yield one


@pytest.fixture
def looks(dashboard: Dashboard, chromium: Browser) -> Iterator[Looks]:
    """Give what opens a page as a person with a role. Nothing may run, fail, or leave."""
    with ExitStack() as closing:
        found: list[str] = []

        def opened(path: str = "/", role: Role | None = "administrator", **options: Any) -> Page:
            context = chromium.new_context(base_url=dashboard.url, **options)
            context.set_default_timeout(PATIENCE_MS)
            closing.callback(context.close)
            watch(context, dashboard.url, found)
            if role is not None:
                cookies = dashboard.cookies.get(role) or dashboard.sign_in(role)
                for one in cookies.split("; "):
                    name, _, value = one.partition("=")
                    place = {"url": dashboard.url.replace("http", "https", 1), "secure": True}
                    context.add_cookies([{"name": name, "value": value, **place}])  # type: ignore[typeddict-item]
            page = context.new_page()
            page.goto(path)
            return page

        yield opened
        assert found == []


def watch(context: BrowserContext, url: str, found: list[str]) -> None:
    """Note in *found* what no page of ours does."""
    host = urlsplit(url).netloc

    def asked(address: str) -> None:
        parts = urlsplit(address)
        if parts.netloc != host or parts.path == "/ran":
            found.append(f"asked for {address}")

    context.on("request", lambda request: asked(request.url))
    context.on("weberror", lambda error: found.append(f"raised {error.error}"))
    context.on("dialog", lambda dialog: found.append(f"said {dialog.message}"))

    def said(kind: str, text: str) -> None:
        # What a test asks for on purpose is no error of the page.
        if kind == "error" and "Failed to load resource" not in text:
            found.append(text)

    context.on("console", lambda message: said(message.type, message.text))
