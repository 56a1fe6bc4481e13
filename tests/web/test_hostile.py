"""Nothing from a crawled page is ever interpreted: in a real browser, on every page."""

import psycopg
import pytest

from tests.web import hostile
from tests.web.conftest import Looks
from tests.web.everywhere import addresses
from tests.web.people import Dashboard

LABELLED = """
() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]
  .filter(one => !one.labels?.length && !one.textContent.trim() && !one.ariaLabel)
  .map(one => one.outerHTML)
"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINKS = """
() => [...document.querySelectorAll('[href], [src], [action]')]
  .map(one => one.href || one.src || one.action)
"""
SHOWN = {200, 404}


@pytest.fixture(scope="module", autouse=True)
def rows(dashboard: Dashboard) -> None:
    """Fill every table."""
    with psycopg.connect(dashboard.api.database_url) as connection:
        hostile.fill(connection)


@pytest.mark.timeout(300)
def test_no_page_runs_asks_for_or_links_to_what_a_crawled_page_says(looks: Looks) -> None:
    page = looks("/", viewport={"width": 360, "height": 740})
    seen = 0
    for address in addresses():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status in SHOWN, (address, page.locator("body").inner_text())
        seen += page.content().count("&lt;script&gt;")
        assert page.locator("main script, main img, main iframe, [onerror]").count() == 0, address
        assert not any(str(one).startswith("javascript:") for one in page.evaluate(LINKS)), address
        # What a person needs who sees, hears or types: on a phone, too.
        assert page.locator("h1").count() == 1, address
        assert page.evaluate(LABELLED) == [], address
        assert page.evaluate(WIDE) <= 0, address
        assert "49" not in page.title(), address
    assert seen > len(addresses())


def test_the_direction_of_what_is_around_a_name_stays(looks: Looks) -> None:
    page = looks("/data/products-shops")
    assert "\u202e" not in page.locator("main").inner_text()
    assert "\ufffd" in page.locator("main").inner_text()


def test_a_kept_page_is_shown_as_text(looks: Looks) -> None:
    page = looks("/quarantine/abc")
    kept = page.get_by_label("The kept page, as text")
    assert "<!doctype html>" in kept.inner_text()
    assert "\\xff" in kept.inner_text()


def test_reading_works_without_scripts(looks: Looks) -> None:
    page = looks("/", java_script_enabled=False)
    for address in ("/", "/jobs/hostile", "/data/chess-games", "/chess/player?player=1"):
        page.goto(address)
        assert page.locator("main").inner_text()
    page.get_by_role("link", name="Jobs").click()
    page.get_by_label("State").select_option("partial")
    page.get_by_role("button", name="Filter").click()
    assert page.get_by_role("link", name="hostile").count() == 1
