"""A site that notes who came and how, proxies before it, and crawls through them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest
from aiohttp import web

from crawlers.config import Config
from tests.crawls.run import Crawls
from tests.crawls.site import Site
from tests.replica import ForwardProxy

WALK = {"SPIDER_MODULES": "tests.crawls"}
PASSWORD = "hunter2"  # noqa: S105 - made up


class NotingSite(Site):
    """``/7`` sends 7. Notes whether each request came through a proxy, and its headers."""

    def __init__(self) -> None:
        """Begin with no visits."""
        super().__init__()
        self.direct: list[str] = []
        self.headers: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Note and answer."""
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if "via" not in self.headers[-1]:
            self.direct.append(request.path)
        return await super().answer(request)


@pytest.fixture
async def noting() -> AsyncIterator[NotingSite]:
    """Serve on a free port."""
    one = NotingSite()
    app = web.Application()
    app.router.add_get("/{tail:.*}", one.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield one
    await runner.cleanup()


@pytest.fixture
async def proxies() -> AsyncIterator[list[ForwardProxy]]:
    """Run two."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(ForwardProxy(PASSWORD)) for _ in range(2)]


class Proxied:
    """Crawls of the walking spider through proxies."""

    def __init__(self, crawls: Crawls, site: NotingSite) -> None:
        """Go to *site*."""
        self.crawls = crawls
        self.site = site

    async def walk(self, urls: list[str], pages: int, **settings: object) -> tuple[int, str]:
        """Crawl ``/1`` to ``/<pages>``; return exit code and standard error."""
        self.crawls.environment["PROXY_URLS"] = " ".join(urls)
        paths = ",".join(f"/{n}" for n in range(1, pages + 1))
        done = await self.crawls.run_async(
            "crawl", "walk", settings=WALK | settings, origin=self.site.origin, paths=paths
        )
        return done.returncode, done.stderr + done.stdout

    async def walk_until(self, urls: list[str], pages: int, word: str, times: int) -> "Running":
        """Start a crawl and return when it has said *word* so many times."""
        self.crawls.environment["PROXY_URLS"] = " ".join(urls)
        paths = ",".join(f"/{n}" for n in range(1, pages + 1))
        command = self.crawls.command(
            "crawl", "walk", settings=WALK, origin=self.site.origin, paths=paths
        )
        running = Running(
            await asyncio.create_subprocess_exec(
                *command,
                cwd=Path(__file__).parents[2],
                env=self.crawls.full_environment,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        )
        await running.says(word, times)
        return running

    @property
    def stored(self) -> list[int]:
        """The numbers that are stored."""
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            rows = connection.execute("select rating from chess_rating_points order by rating")
            return [row[0] for row in rows]


class Running:
    """A crawl that is under way."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Read what *process* says."""
        self.process = process
        self.said = ""

    async def says(self, word: str, times: int) -> None:
        """Return when it has said *word* so many times."""
        assert self.process.stderr is not None
        while self.said.count(word) < times:
            line = await self.process.stderr.readline()
            assert line, self.said
            self.said += line.decode()

    async def end(self) -> int:
        """Wait for its end; return the exit code."""
        _, rest = await self.process.communicate()
        self.said += rest.decode()
        assert self.process.returncode is not None
        return self.process.returncode


@pytest.fixture
def proxied(tmp_path: Path, database_config: Config, noting: NotingSite) -> Proxied:
    """Return where this test's crawls keep their data."""
    url = database_config.database_url
    assert url is not None
    return Proxied(Crawls(tmp_path, {"DATABASE_URL": url.get_secret_value()}), noting)
