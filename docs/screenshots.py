"""Write docs/screenshots: the demo as the dashboard shows it. ``--keep``: with data as it is."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from crawlers.browser.find import candidates
from crawlers.config import Config
from crawlers.harvest import Harvest, Outcome
from crawlers.storage import users
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from docs.watched import watch
from tests import demo
from tests.alerts.receivers import Webhook
from tests.redis_server import RedisServer
from tests.replica import replica_process

FOLDER = Path(__file__).parent / "screenshots"
NAME, PASSWORD = "ada", "correct horse battery"
BYTES_MAX = 250_000
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
BROKEN = b"""<!doctype html>
<title>Tin Knights vs. Pampas &lt;3</title>
<div class="match-header-vs-score">2 : <script>alert("never run")</script></div>
"""
PAGES = {
    "overview": "/",
    "jobs": "/jobs",
    "submit": "/submit/lichess",
    "results": "/jobs/players/results",
    "job": "/jobs/players",
    "units": "/jobs/players/units",
    "data": "/data",
    "games": "/data/chess-games?player=ada",
    "player": "/chess/player?player=ada",
    "duels": "/duels/player?player=player+0",
    "match": "/esports/match?match=503012",
    "product": "/products/product?platform=shopee&product=20000000000000073",
    "compare": "/products/compare?of=shopee:20000000000000073&of=shopee:20000000000000008",
    "stored": "/stored",
    "frontier": "/frontier",
    "schedules": "/schedules",
    "alerts": "/alerts",
    "alert": "/alerts/new?limit=136.08&currency=SGD&product=shopee:20000000000000073&name=Lamp",
    "channels": "/alerts/channels",
    "collection": "/alerts/collections",
    "quarantine": "/quarantine",
    "quarantined": "/quarantine/",
    "keys": "/keys",
    "account": "/account",
}
SMALL_AND_DARK = ("overview", "job", "player", "match", "product", "alerts", "quarantined")


def environment(redis: str) -> dict[str, str]:
    """Return the environment of what shows the demo's data."""
    ours = {"CRAWLERS_HOME": str(demo.HOME), "CRAWLERS_TEST": "1", "REDIS_URL": redis}
    return {name: one for name, one in os.environ.items() if not demo.OTHERS.match(name)} | ours


@contextmanager
def serving(redis: str) -> Iterator[str]:
    """Run ``scrapy serve`` with a dispatcher; yield its address."""
    command = [sys.executable, "-m", "scrapy", "serve", "--port", "0", "--with-dispatcher"]
    command += ["-s", "SERIAL_DELAY_S=1", "-L", "ERROR"]
    with subprocess.Popen(
        command, cwd=demo.ROOT, env=environment(redis), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            for line in process.stdout:
                if found := re.search(r"answers at (http://\S+)/v1 ", line):
                    yield found[1]
                    break
        finally:
            process.terminate()


async def prepare(webhook: str) -> None:
    """Make somebody who looks, what they watch, and a page that cannot be read."""
    from crawlers import passwords  # noqa: PLC0415 - takes time

    config = Config(crawlers_home=demo.HOME, database_url=None, crawlers_test=True)
    database = Database(config)
    page = Harvest(
        source="vlr",
        url="https://www.vlr.gg/503099/tin-knights-vs-pampas",
        fetched_at=datetime.now(UTC),
        page="MatchPage",
        body=BROKEN,
        outcome=Outcome.QUARANTINED,
        reason="https://www.vlr.gg/503099: the score is '2 :', expected two numbers",
    )
    try:
        if await users.find(database, NAME) is None:
            hashed = passwords.hashed(PASSWORD)
            owner = await users.create(database, NAME, "administrator", hashed)
            await watch(database, config, owner, webhook)
        async with Writer(database) as writer:
            await writer.store(page)
    finally:
        await database.close()


def opened(browser: Browser, url: str, *, small: bool, dark: bool) -> Page:
    """Return a page of somebody who has signed in."""
    size = PHONE if small else DESK
    context = browser.new_context(
        base_url=url,
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.goto("/sign-in")
    if not small:
        shoot(page, "sign-in")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


def work(page: Page, origin: str) -> None:
    """Do what leaves something to show: jobs, a plan, a key."""
    for job, players in (("players", "Ada\nBoris\nnobody"), ("live", "Ada\nBoris\nRetired")):
        page.goto("/submit/lichess")
        page.get_by_label("players").fill(players)
        page.get_by_label("full", exact=True).select_option("1")
        page.get_by_label("origin").fill(origin)
        page.get_by_label("name", exact=True).fill(job)
        page.get_by_role("button", name="Hand in").click()
        if job == "players":
            expect(page.locator("h1 .badge")).not_to_have_text(
                re.compile("queued|running"), timeout=120_000
            )
    expect(page.locator("[data-live=rows]")).to_contain_text("chess", timeout=60_000)
    shoot(page, "job-live")
    page.goto("/frontier/live")
    shoot(page, "frontier-job")
    page.goto("/schedules")
    for source, when, given in (("lichess", "*/30 * * * *", "players=Ada,Boris"),
                                ("vlr", "30 6 * * MON-FRI", "section=results")):  # fmt: skip
        if not page.locator("th", has_text=source).count():
            page.get_by_label("Cron expression").fill(when)
            page.get_by_label("Source").select_option(source)
            page.get_by_label("Arguments").fill(given)
            page.get_by_role("button", name="Add").click()
    page.goto("/keys")
    page.get_by_label("Name").fill("a notebook")
    page.get_by_role("button", name="Make the key").click()


def shoot(page: Page, name: str) -> None:
    """Write a picture of what is on the screen."""
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide")
    if path.stat().st_size > BYTES_MAX:
        raise RuntimeError(f"{path} has {path.stat().st_size:,} bytes")


def show(page: Page, names: tuple[str, ...], suffix: str = "") -> None:
    """Go to pages by name, and take a picture of each."""
    for name in names:
        page.goto(PAGES["quarantine" if name == "quarantined" else name])
        if name == "collection":
            page.get_by_role("link", name="lamps").click()
        if name == "quarantined":
            page.get_by_role("link", name="the score is").first.click()
        shoot(page, f"{name}{suffix}")


def main() -> int:
    """Fill the demo's database, look at it, write the pictures."""
    if "--keep" not in sys.argv and demo.main():
        return 1
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as running:
        asyncio.run(prepare(running.enter_context(Webhook()).address))
        redis = running.enter_context(RedisServer())
        site = running.enter_context(replica_process("lichess", demo.CHESS, "--warm"))
        url = running.enter_context(serving(redis.url))
        playwright = running.enter_context(sync_playwright())
        path = candidates(playwright.chromium.executable_path)[0]
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = opened(browser, url, small=False, dark=False)
        work(page, site.origin)
        show(page, tuple(PAGES))
        show(opened(browser, url, small=True, dark=True), SMALL_AND_DARK, "-phone")
        show(opened(browser, url, small=False, dark=True), ("overview", "player"), "-dark")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
