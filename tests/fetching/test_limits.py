"""What a site or its pages must not be able to do to a crawl."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from scrapy.utils.test import get_crawler

from crawlers import settings as project
from crawlers.config import config
from crawlers.download import HttpDownloadHandler
from crawlers.limits import limit_key
from tests.fetching.conftest import Walks
from tests.fetching.site import MoodySite, moody_site

INSIDE = [
    "127.0.0.1",
    "[::1]",
    "0",
    "2130706433",
    "0x7f.1",
    "127.1",
    "[::ffff:127.0.0.1]",
    "localhost",
    "10.0.0.1",
    "169.254.169.254",
]
"""Hosts that a page must not lead to."""


async def follow(walks: Walks, site: MoodySite) -> tuple[int, str]:
    """Crawl the links of *site*."""
    settings = {"SPIDER_MODULES": "tests.fetching"}
    done = await walks.crawls.run_async("crawl", "linking", settings=settings, origin=site.origin)
    return done.returncode, done.stderr


async def test_no_link_and_no_redirect_leads_inside_or_goes_on_for_ever(walks: Walks) -> None:
    async with moody_site() as site, moody_site() as inside:
        port = inside.origin.rpartition(":")[2]
        urls = [f"http://{host}:{port}/secret" for host in INSIDE]
        redirects = [f"{site.origin}/to?u={quote(url, safe='')}" for url in urls]
        last = f"{site.origin}/to?u={quote(f'{inside.origin}/twice', safe='')}"
        twice = f"{site.origin}/to?u={quote(last, safe='')}"
        urls = [f"{url}/by-link" for url in urls]
        files = ["file:///etc/passwd", "data:,x", "ftp://127.0.0.1/x"]
        endless = [f"{site.origin}/loop/1", f"{site.origin}/{'x' * 3000}"]
        site.links = [*urls, *redirects, twice, *files, *endless]
        code, err = await follow(walks, site)
        assert code == 3, err
        assert inside.paths == []
        assert site.paths.count("/to") == len(redirects) + 2
        loops = [path for path in site.paths if path.startswith("/loop/")]
        assert len(loops) == project.REDIRECT_MAX_TIMES + 1 == 11
        assert max(map(len, site.paths)) < 100, "an endless address is not asked for"
    assert "HTTP 302: max redirections reached" in err
    led_inside = len(urls) + len(redirects) + 1
    assert walks.stats["harvest/refused/AddressError"] == led_inside
    assert walks.stats["harvest/refused"] == led_inside + len(files) + 1
    assert walks.query("select url from raw_pages") == [(f"{site.origin}/links",)]


async def test_a_redirect_is_never_forgotten_wherever_it_leads(walks: Walks) -> None:
    async with moody_site() as site:
        site.links = [f"{site.origin}{path}" for path in ("/circle", "/to?u=/7", "/to?u=/7&n=2")]
        site.failing["/7"] = 2
        code, err = await follow(walks, site)
        assert code == 3, err
        assert site.paths.count("/7") == 4, "each of both is asked for, and once more"
        assert site.paths.count("/circle") == 1
    assert "HTTP 302: a redirect in a circle" in err
    assert walks.stats["harvest/refused"] == 1
    assert walks.stats["harvest/stored"] == 3


@pytest.fixture
def _test_mode(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CRAWLERS_TEST", "1")
    config.cache_clear()
    yield
    config.cache_clear()


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_site(answer: Answer) -> AsyncIterator[str]:
    """Serve what *answer* writes; yield the address."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            with suppress(OSError):  # the client had enough
                await answer(writer)
        finally:
            writer.close()
            ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await ended.wait()
    server.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a header that never ends, a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def bomb(writer: asyncio.StreamWriter) -> None:
    """Send more headers than anybody needs."""
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=b\r\n" * 10_000 + b"\r\n")
    await writer.drain()


@pytest.mark.usefixtures("_test_mode")
@pytest.mark.parametrize(
    ("answer", "error", "limit_s"),
    [(drip, DownloadTimeoutError, 0.5), (bomb, DownloadFailedError, 60)],
)
async def test_headers_that_never_end_are_given_up(
    answer: Answer, error: type[Exception], limit_s: float
) -> None:
    async with raw_site(answer) as url:
        allowed = {"ALLOWED_PRIVATE_ORIGINS": [limit_key(url)]}
        handler = HttpDownloadHandler.from_crawler(get_crawler(settings_dict=allowed))
        with pytest.raises(error):
            await handler.download_request(Request(url, meta={"download_timeout": limit_s}))
        await handler.close()
