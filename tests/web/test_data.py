"""Lists and rows, as whoever follows links comes to them."""

from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import expect

from crawlers.web.listings import LISTED, Listed
from tests.web.conftest import Looks
from tests.web.hostile import fill
from tests.web.people import Dashboard


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.name)
def test_every_list_that_is_linked_to_opens_and_says_what_it_wants_to_know(
    dashboard: Dashboard, one: Listed
) -> None:
    answer = dashboard.client("reader").get(f"/data/{one.name}")
    assert answer.status_code == 200
    assert 'role="alert"' not in answer.text
    assert ("Which?" in answer.text) is bool(one.asks_for)


def test_a_list_that_can_be_asked_in_several_ways_names_them(dashboard: Dashboard) -> None:
    client = dashboard.client("reader")
    assert "Fill in card or replay." in client.get("/data/duels-cards").text
    assert "for account and platform" in client.get("/data").text
    assert "Fill in card or replay." in client.get("/data/duels-cards?player=ada").text
    assert "do not go together" in client.get("/data/duels-cards?card=a&replay=1").text


def test_what_is_named_but_not_stored_leads_to_the_crawl_that_brings_it(
    dashboard: Dashboard, looks: Looks
) -> None:
    page = looks("/data/esports-events/row?key=2700", "member")
    expect(page.get_by_role("heading")).to_have_text("Not stored: 2700 of esports events")
    page.get_by_role("link", name="Hand in one that does").click()
    expect(page).to_have_url(f"{dashboard.url}/submit/vlr?events=2700&with_matches=0")
    expect(page.get_by_label("events")).to_have_value("2700")
    expect(page.get_by_label("with matches")).to_have_value("0")


@pytest.mark.parametrize(
    ("path", "crawl"),
    [
        ("/esports/match?match=5", "/submit/vlr?ids=5&amp;full=1"),
        ("/data/esports-players/row?key=5", "/submit/vlr?players=5"),
        ("/data/esports-players/row?key=5,6", None),
        ("/data/esports-players/row?key=no+number", None),
        ("/products/product?platform=shopee&product=5", None),
    ],
)
def test_a_crawl_is_proposed_where_one_is_known_and_for_those_who_may_hand_it_in(
    dashboard: Dashboard, path: str, crawl: str | None
) -> None:
    seen = {role: dashboard.client(role).get(path) for role in ("reader", "member")}
    assert [one.status_code for one in seen.values()] == [404, 404]
    assert "/submit/" not in seen["reader"].text
    assert (f'href="{crawl}"' in seen["member"].text) is (crawl is not None)
    assert ("Hand in one" in seen["member"].text) is (crawl is not None)


def test_from_a_duel_one_comes_to_the_win_rates_of_its_format(
    dashboard: Dashboard, looks: Looks
) -> None:
    with psycopg.connect(dashboard.api.database_url) as connection:
        fill(connection)
    page = looks("/data/duels-replays", "reader")
    column = page.get_by_role("columnheader", name="format", exact=True)
    place = column.evaluate("one => one.cellIndex + 1")
    page.locator(f"tbody tr:first-child td:nth-child({place}) a").click()
    expect(page.get_by_role("heading", name="Nothing of this format")).to_have_count(0)
    expect(page.get_by_label("Format")).not_to_be_empty()
    assert urlsplit(page.url).path == "/duels/format"
