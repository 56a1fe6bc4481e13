"""Whole crawls of pages that only a browser can read."""

import asyncio
import json
import os
import signal
import socket
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from crawlers.browser import handler
from crawlers.browser.recipe import Recipe
from crawlers.config import Config, config
from crawlers.errors import BrowserError
from tests.browser.conftest import NewRenderer
from tests.browser.remote import PASSWORD, QUOTED, RemoteBrowser
from tests.browser.site import PagesSite, html
from tests.crawls.run import Crawls
from tests.replica.http import Response

pytestmark = pytest.mark.asyncio(loop_scope="module")

RENDERED = {"SPIDER_MODULES": "tests.browser"}


@pytest.fixture
def crawls(tmp_path: Path, database_config: Config) -> Crawls:
    """Return where this test's crawls keep their data."""
    url = database_config.database_url
    assert url is not None
    return Crawls(tmp_path, {"DATABASE_URL": url.get_secret_value()})


def stored(crawls: Crawls) -> list[int]:
    """Return the numbers that are stored."""
    with psycopg.connect(crawls.environment["DATABASE_URL"]) as connection:
        rows = connection.execute("select rating from chess_rating_points order by rating")
        return [row[0] for row in rows]


async def crawl(crawls: Crawls, site: PagesSite, **arguments: Any) -> tuple[int, str]:
    """Crawl the site; return exit code and standard error."""
    settings = RENDERED | arguments.pop("settings", {})
    done = await crawls.run_async(
        "crawl", "rendered", settings=settings, origin=site.origin, **arguments
    )
    return done.returncode, done.stderr


async def test_a_crawl_stores_what_the_pages_calls_answer(crawls: Crawls, site: PagesSite) -> None:
    code, err = await crawl(crawls, site, paths="/1,/2,/3")
    assert code == 0, err
    assert "Traceback" not in err
    assert stored(crawls) == [1, 2, 3]
    assert crawls.stats["browser/pages"] == 3


async def test_a_browser_that_is_killed_in_mid_crawl_loses_nothing(
    crawls: Crawls, site: PagesSite
) -> None:
    crawl = crawls.start("crawl", "rendered", settings=RENDERED, origin=site.origin, pages=16)
    for seen in (4, 10):
        await site.log.until(lambda _, seen=seen: len(site.requests) >= 2 * seen)  # type: ignore[misc]
        os.kill(browser_of(crawl.pid).pid, signal.SIGKILL)
    _, err = await asyncio.to_thread(crawl.communicate)
    assert crawl.returncode == 0, err
    assert "Traceback" not in err
    assert stored(crawls) == list(range(1, 17))
    assert crawls.stats["playwright/browser_count"] == 3
    assert crawls.stats["browser/lost"] == 2


async def test_a_crawl_that_is_killed_leaves_no_browser(crawls: Crawls, site: PagesSite) -> None:
    site.hold("/number/1")
    with crawls.start("crawl", "rendered", settings=RENDERED, origin=site.origin) as crawl:
        await site.until("/number/1")
        family = psutil.Process(crawl.pid).children(recursive=True)
        assert any("chrom" in name_of(process) for process in family)
        crawl.kill()
        await asyncio.to_thread(crawl.communicate)
    gone, alive = await asyncio.to_thread(psutil.wait_procs, family, 30)
    assert [process for process in alive if not has_ended(process)] == []
    assert gone or alive


async def test_ctrl_c_lets_the_pages_that_are_open_end(crawls: Crawls, site: PagesSite) -> None:
    held = site.hold("/number/1")
    with crawls.start("crawl", "rendered", settings=RENDERED, origin=site.origin) as crawl:
        await site.until("/number/1")
        # A terminal tells the crawl and Playwright, which is in its process group.
        for process in (psutil.Process(crawl.pid), *psutil.Process(crawl.pid).children()):
            process.send_signal(signal.SIGINT)
        held.set()
        _, err = await asyncio.to_thread(crawl.communicate)
    assert "Traceback" not in err
    assert stored(crawls) == [1]
    assert "browser/lost" not in crawls.stats


async def test_a_challenge_is_blocked_and_not_tried_again(crawls: Crawls, site: PagesSite) -> None:
    site.page("/robot", "<div id=captcha>Are you one?</div>")
    code, err = await crawl(crawls, site, paths="/robot")
    assert code == 3
    assert "rendered: blocked" in err
    assert site.asked("/robot") == 1
    assert "1 blocked (a challenge is shown)" in err
    assert "/robot>: a challenge is shown: #captcha" in err
    assert "retry/count" not in crawls.stats


async def test_a_source_without_a_browser_never_loads_one(crawls: Crawls, site: PagesSite) -> None:
    async def number(_: object) -> Response:
        return html("7", "text/plain")

    crawls.cold = True
    site.answers["/1"] = number
    code, err = await crawl(crawls, site, recipe="")
    assert code == 0, err
    assert stored(crawls) == [7]
    assert crawls.stats["heavy"] == []


async def test_an_unknown_recipe_is_said_in_one_line(crawls: Crawls, site: PagesSite) -> None:
    code, err = await crawl(crawls, site, recipe="nmuber")
    assert code == 1
    assert "RenderError: unknown recipe 'nmuber' (known: number, page)" in err
    assert "Traceback" not in err
    assert site.asked("/1") == 0
    assert crawls.stats["heavy"] != []


async def test_without_a_browser_a_crawl_says_what_to_do(
    crawls: Crawls, site: PagesSite, tmp_path: Path
) -> None:
    crawls.environment |= {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    code, err = await crawl(crawls, site, pages=3)
    assert code == 1
    assert "rendered: failed" in err
    assert "no Chromium was found: install one" in err
    assert "Traceback" not in err
    assert site.asked("/1") == 0


# --- A remote browser --------------------------------------------------------------------------


def assert_no_secret(crawls: Crawls, err: str) -> None:
    """Check that no form of the password stands in what the crawl said, counted or stored."""
    pair = f"brd-customer-x:{PASSWORD}".encode()
    told = err + json.dumps(crawls.stats)
    with psycopg.connect(crawls.environment["DATABASE_URL"]) as connection:
        for table in (b"crawls", b"quarantine", b"raw_pages"):
            told += str(connection.execute(b"select t::text from %b t" % table).fetchall())
    for secret in (PASSWORD, QUOTED, "s3cret", b64encode(pair).decode()):
        assert secret not in told


@pytest.mark.parametrize("scheme", ["ws", "http"])
async def test_a_remote_browser_is_used_and_its_password_stays_secret(
    scheme: str, crawls: Crawls, site: PagesSite, tmp_path: Path
) -> None:
    async with RemoteBrowser(tmp_path / "profile") as remote:
        crawls.environment["BROWSER_CDP_URL"] = remote.url(scheme)
        code, err = await crawl(crawls, site, paths="/1,/2", settings={"LOG_LEVEL": "DEBUG"})
        assert code == 0, err
        assert stored(crawls) == [1, 2]
        assert (remote.upgrades, remote.refused) == (1, 0)
        assert "browser/gate/bytes" not in crawls.stats
        assert_no_secret(crawls, err)


async def test_a_remote_browser_that_refuses_the_password_ends_the_crawl(
    crawls: Crawls, site: PagesSite, tmp_path: Path
) -> None:
    async with RemoteBrowser(tmp_path / "profile") as remote:
        crawls.environment["BROWSER_CDP_URL"] = remote.url("ws", "wr0ng-s3cret")
        code, err = await crawl(crawls, site, settings={"LOG_LEVEL": "DEBUG"})
        assert code == 1
        said = (
            f"BROWSER_CDP_URL: 127.0.0.1:{remote.port} refuses the credentials (401 Unauthorized)"
        )
        assert said in err
        assert "Traceback" not in err
        assert_no_secret(crawls, err)


async def test_a_remote_browser_that_is_away_is_tried_again_in_secret(
    crawls: Crawls, site: PagesSite
) -> None:
    with socket.socket() as mute:  # it has the port, and does not listen
        mute.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{mute.getsockname()[1]}"
        address = f"ws://brd-customer-x:{QUOTED}@{place}/?token=s3cret"
        crawls.environment["BROWSER_CDP_URL"] = address
        code, err = await crawl(crawls, site, settings={"LOG_LEVEL": "DEBUG"})
    assert code == 1
    assert f"no connection to {place} (ECONNREFUSED)" in err
    assert crawls.stats["retry/count"] == 3
    assert "Traceback" not in err
    assert_no_secret(crawls, err)


async def test_a_remote_browser_has_a_way_out_of_its_own(crawls: Crawls, site: PagesSite) -> None:
    crawls.environment["BROWSER_CDP_URL"] = "ws://127.0.0.1:9/"
    crawls.environment["PROXY_URLS"] = "http://u:p@127.0.0.1:9"
    code, err = await crawl(crawls, site, settings={"ROBOTSTXT_OBEY": False})
    assert code == 1
    assert "PROXY_URLS and BROWSER_CDP_URL: a remote browser has its own way out" in err


async def test_a_remote_browser_has_one_connection_for_each_host(
    site: PagesSite, new_renderer: NewRenderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RemoteBrowser(tmp_path / "profile") as remote:
        monkeypatch.setenv("BROWSER_CDP_URL", remote.url("ws"))
        config.cache_clear()
        renderer = new_renderer()
        for host in ("127.0.0.1", "localhost", "127.0.0.1"):
            response = await renderer.get(f"http://{host}:{site.port}/1", Recipe(answer="/number/"))
            assert response.body == b"1"
        assert remote.upgrades == 2
        await renderer.rendering.close()
    config.cache_clear()


async def test_a_remote_browser_that_falls_silent_is_replaced(
    site: PagesSite, new_renderer: NewRenderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RemoteBrowser(tmp_path / "profile") as remote:
        monkeypatch.setenv("BROWSER_CDP_URL", remote.url("ws"))
        config.cache_clear()
        renderer = new_renderer(BROWSER_HANG_S=2)
        recipe = Recipe(answer="/number/")
        await renderer.get(f"{site.origin}/1", recipe)
        with monkeypatch.context() as patch:
            patch.setattr(handler, "OPEN_S", 1)
            remote.falls_silent()
            with pytest.raises(BrowserError):
                await renderer.get(f"{site.origin}/1", recipe)
        assert renderer.stats["browser/lost"] == 1
        remote.ends_the_silent()
        assert (await renderer.get(f"{site.origin}/1", recipe)).body == b"1"
        assert remote.upgrades == 2
        await renderer.rendering.close()
    config.cache_clear()


# --- Helpers -----------------------------------------------------------------------------------


def browser_of(pid: int) -> psutil.Process:
    """Return the main process of the browser that the crawl *pid* launched."""
    for process in psutil.Process(pid).children(recursive=True):
        line = list[str]()
        with suppress(psutil.NoSuchProcess):  # those of single pages come and go
            line = process.cmdline()
        if "--remote-debugging-pipe" in line and not any(a.startswith("--type=") for a in line):
            return process
    raise LookupError("no browser")


def name_of(process: psutil.Process) -> str:
    """Return its name, empty if it has just gone."""
    with suppress(psutil.NoSuchProcess):
        return str(process.name())
    return ""


def has_ended(process: psutil.Process) -> bool:
    """Tell whether it has gone, or waits only for somebody to ask how it ended."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True
