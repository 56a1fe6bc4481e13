"""What people do with the dashboard, in a real browser."""

import re
from threading import Event

import pytest
from playwright.sync_api import Page, expect

from tests.api.serving import until
from tests.web.conftest import Looks
from tests.web.people import PASSWORD, Dashboard
from tests.web.site import NumberSite


def signed_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def hand_in(page: Page, site: NumberSite, paths: str, name: str) -> None:
    page.goto("/submit/errand")
    page.get_by_label("paths").fill(paths)
    page.get_by_label("origin").fill(site.origin)
    page.get_by_label("name", exact=True).fill(name)
    page.get_by_role("button", name="Hand in").click()


def test_whoever_signs_in_comes_to_the_page_that_was_wanted_and_leaves_it_again(
    dashboard: Dashboard, looks: Looks
) -> None:
    page = looks("/jobs?state=failed", None)
    signed_in(page, dashboard.person("member"), "wrong")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    signed_in(page, dashboard.person("member"), PASSWORD)
    expect(page).to_have_url(f"{dashboard.url}/jobs?state=failed")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{dashboard.url}/sign-in")
    page.goto("/jobs")
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_job_is_handed_in_by_a_form_and_watched_to_its_end(
    looks: Looks, site: NumberSite
) -> None:
    page = looks("/jobs")
    page.get_by_role("link", name="Hand in a job").click()
    page.get_by_role("link", name="lichess", exact=True).click()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("alert")).to_contain_text("no players")
    hand_in(page, site, "7\n/8", "watched")
    expect(page.get_by_label("paths")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#e-paths")).to_have_text("'7' is no path")
    expect(page.get_by_label("paths")).to_have_value("7\n/8")
    hand_in(page, site, "/7\n/8, /100\n/gone", "watched")
    expect(page.locator("h1")).to_contain_text("watched")
    # The page moves without being loaded again: three of four have ended, one is held back.
    expect(page.locator("[data-live=percent]")).to_have_text("75 %")
    expect(page.locator("[data-live=state]")).to_have_text("running")
    expect(page.locator("[data-live=rows]")).to_contain_text("chess_rating_points")
    site.gate.set()
    expect(page.locator("h1 .badge")).to_have_text("partial")
    expect(page.get_by_role("region", name="Units with trouble")).to_contain_text("HTTP 404")
    page.get_by_role("link", name="Results").click()
    expect(page.get_by_role("region", name="Results").locator("tbody tr")).to_have_count(3)
    page.get_by_label("Found for the unit").fill("/8")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("region", name="Results").locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("place,table,unit,")
    assert len(lines) == 2


def test_a_job_is_cancelled_and_done_again(looks: Looks, site: NumberSite) -> None:
    page = looks()
    many = ",".join(f"/{number}" for number in range(200, 210))
    hand_in(page, site, f"/1,{many}", "cancelled")
    expect(page.locator("[data-live=state]")).to_have_text("running")
    expect(page.locator("[data-unit=done] dd")).to_have_text("1")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Ending")).to_be_disabled()
    site.gate.set()
    expect(page.locator("h1 .badge")).to_have_text("cancelled")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("h1 .badge")).to_have_text("completed")


def test_a_live_page_says_when_the_server_is_away_and_goes_on(
    dashboard: Dashboard, looks: Looks, site: NumberSite
) -> None:
    page = looks()
    held = Event()
    page.route("**/events", lambda route: route.abort() if held.is_set() else route.continue_())
    hand_in(page, site, "/300", "held")
    expect(page.locator("[data-live=state]")).to_have_text("running")
    held.set()
    page.reload()
    expect(page.locator("[data-live=note]")).to_contain_text("trying again")
    held.clear()
    expect(page.locator("[data-live=note]")).to_be_empty()
    site.gate.set()
    until(lambda: dashboard.api.ask("select status from jobs where id = 'held'") == "completed")


def test_the_longest_name_leaves_room_on_a_phone(dashboard: Dashboard, looks: Looks) -> None:
    named = "update users set name = '{}' where name = '{}'"
    name = dashboard.person("reader")
    dashboard.client("reader")
    dashboard.api.execute(named.format(100 * "w", name))
    page = looks("/", "reader", viewport={"width": 360, "height": 740})
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    dashboard.api.execute(named.format(name, 100 * "w"))


@pytest.mark.parametrize("width", [700, 1000, 1230])
def test_a_window_wider_than_a_phone_shows_all_places(
    dashboard: Dashboard, looks: Looks, width: int
) -> None:
    named = "update users set name = '{}' where name = '{}'"
    name = dashboard.person("administrator")
    dashboard.client()
    dashboard.api.execute(named.format(100 * "w", name))
    page = looks("/", viewport={"width": width, "height": 700})
    dashboard.api.execute(named.format(name, 100 * "w"))
    expect(page.get_by_role("link", name="Keys")).to_be_in_viewport(ratio=1)
    assert page.eval_on_selector(".top ul", "one => one.scrollWidth <= one.clientWidth")


def change(page: Page, old: str, new: str) -> None:
    page.get_by_label("Current password").fill(old)
    page.get_by_label("New password").fill(new)
    page.get_by_role("button", name="Change the password").click()


def test_people_change_their_own_password_and_sign_in_anew(
    dashboard: Dashboard, looks: Looks
) -> None:
    new = "another good phrase"
    page = looks("/", "reader")
    page.locator("header .out a").click()
    change(page, "wrong", new)
    expect(page.get_by_role("alert")).to_have_text("This is not your password.")
    change(page, PASSWORD, "abababababab")
    expect(page.get_by_role("alert")).to_have_text("This password is too easy to guess.")
    change(page, PASSWORD, new)
    expect(page).to_have_url(f"{dashboard.url}/sign-in")
    assert dashboard.client("reader").get("/").status_code == 303
    signed_in(page, "reader", PASSWORD)
    expect(page.get_by_role("alert")).to_be_visible()
    signed_in(page, "reader", new)
    expect(page.locator("h1")).to_have_text("Overview")
    page.goto("/account")
    change(page, new, PASSWORD)
    expect(page).to_have_url(f"{dashboard.url}/sign-in")
    dashboard.cookies.pop("reader")


def test_a_key_is_shown_once_opens_the_api_and_is_revoked(
    dashboard: Dashboard, looks: Looks
) -> None:
    page = looks("/keys", "member")
    page.get_by_label("Name").fill("a notebook")
    expect(page.get_by_label("admin")).to_have_count(0)
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#made").inner_text()
    client = dashboard.api.client(headers={"Authorization": f"Bearer {key}"})
    assert client.get("/v1/chess/players").status_code == 200
    assert client.get("/v1/jobs").status_code == 403
    page.goto("/keys")
    assert key not in page.content()
    page.get_by_role("button", name="Revoke a notebook").click()
    expect(page.locator("tr", has_text="a notebook")).to_contain_text("revoked")
    until(lambda: client.get("/v1/chess/players").status_code == 401)


def test_an_entry_of_the_plan_is_added_run_paused_and_removed(
    looks: Looks, site: NumberSite
) -> None:
    page = looks("/schedules")

    def add(expression: str, arguments: str) -> None:
        page.get_by_label("Cron expression").fill(expression)
        page.get_by_label("Source").select_option("errand")
        page.get_by_label("Name").fill("daily")
        page.get_by_label("Arguments").fill(arguments)
        page.get_by_role("button", name="Add").click()

    add("sometimes", f"paths=/5\norigin={site.origin}")
    expect(page.get_by_role("alert")).to_contain_text("no cron expression")
    expect(page.get_by_label("Cron expression")).to_have_value("sometimes")
    add("0 5 * * *", "paths_file=/etc/passwd")
    expect(page.get_by_role("alert")).to_contain_text("files of the server are not read")
    add("0 5 * * *", f"paths=/5\norigin={site.origin}")
    page.get_by_role("button", name="Run now daily").click()
    expect(page.locator("h1")).to_contain_text("daily-now-")
    expect(page.locator("h1 .badge")).to_have_text("completed")
    page.goto("/schedules")
    page.get_by_role("button", name="Pause daily").click()
    row = page.locator("tr", has_text="daily")
    expect(row).to_contain_text("paused")
    page.get_by_role("button", name="Go on daily").click()
    expect(row).not_to_contain_text("paused")
    page.get_by_role("button", name="Remove daily").click()
    expect(page.get_by_role("heading", name="Nothing is planned")).to_be_visible()


def test_stored_pages_are_read_again_and_the_last_crawls_say_how_that_went(
    dashboard: Dashboard, looks: Looks, site: NumberSite
) -> None:
    page = looks()
    hand_in(page, site, "/31", "first")
    expect(page.locator("h1 .badge")).to_have_text("completed")
    dashboard.api.execute("truncate crawls")
    page.goto("/quarantine?source=errand")
    page.get_by_label("Stored pages of").select_option("errand")
    page.get_by_role("button", name="Parse again").click()
    expect(page.get_by_role("status")).to_contain_text("errand")
    until(lambda: dashboard.api.ask("select status from crawls") == "completed")
    page.goto("/stored")
    expect(page.get_by_role("region", name="Last crawls")).to_contain_text("errand")


def test_the_keyboard_is_enough(looks: Looks) -> None:
    page = looks("/jobs")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#"))  # the keyboard goes on from there
    page.keyboard.press("Tab")
    focused = page.get_by_role("link", name="Hand in a job")
    expect(focused).to_be_focused()
    outline = "one => getComputedStyle(one).outlineStyle"
    assert focused.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Hand in a job")
