"""The times and the cells of VLR.gg, and what its lists of matches say."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawlers.errors import PageError
from crawlers.html import Node
from crawlers.page import Page
from spiders.vlr.card import Card
from spiders.vlr.cards import EventMatchesPage, PlayerMatchesPage, SchedulePage, TeamMatchesPage
from spiders.vlr.cells import (
    columns,
    country,
    credits_in,
    decimal,
    id_in,
    image,
    money,
    own_text,
    percent,
    required_id,
    said,
    whole,
)
from spiders.vlr.match import MatchPage
from spiders.vlr.times import eastern, epoch, month_number, named_date, seconds, slashed_date

GOLDEN = Path(__file__).parents[1] / "golden" / "vlr"
URL = "https://www.vlr.gg/700001/ardent-vs-borealis"


def body_of(case: str) -> bytes:
    return (GOLDEN / case / "body.html").read_bytes()


def cards_of(case: str) -> tuple[Card, ...]:
    page = Page.registry[f"vlr/{case.partition('/')[0]}"]
    url = json.loads((GOLDEN / case / "request.json").read_text())["url"]
    listing = page(url, body_of(case))
    assert isinstance(
        listing, SchedulePage | EventMatchesPage | TeamMatchesPage | PlayerMatchesPage
    )
    return listing.cards()


def nodes(html: str, css: str) -> list[Node]:
    return LexborHTMLParser(html).css(css)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-01-15 19:00:00", datetime(2026, 1, 16, 0, tzinfo=UTC)),
        ("2026-07-14 16:00:00", datetime(2026, 7, 14, 20, tzinfo=UTC)),
        ("2025-10-05 07:00:00", datetime(2025, 10, 5, 11, tzinfo=UTC)),
        # Spring: the clock goes from 2 to 3 on 8 March 2026.
        ("2026-03-08 01:59:59", datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)),
        ("2026-03-08 03:00:00", datetime(2026, 3, 8, 7, tzinfo=UTC)),
        # Autumn: from 2 back to 1 on 1 November 2026.
        ("2026-11-01 00:59:59", datetime(2026, 11, 1, 4, 59, 59, tzinfo=UTC)),
        ("2026-11-01 02:00:00", datetime(2026, 11, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_match_page_writes_us_eastern_time(text: str, hour: datetime) -> None:
    assert eastern(text) == hour


def test_of_the_hour_that_autumn_has_twice_the_first_is_meant() -> None:
    assert eastern("2026-11-01 01:30:00") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_an_hour_that_spring_leaves_out_counts_as_before_the_change() -> None:
    assert eastern("2026-03-08 02:30:00") == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_a_bracket_writes_epochs() -> None:
    assert epoch("1778166000") == datetime(2026, 5, 7, 15, tzinfo=UTC)


def test_dates_and_durations_are_read_as_they_are_written() -> None:
    assert slashed_date("2022/12/05") == date(2022, 12, 5)
    assert named_date("June 19, 2026") == date(2026, 6, 19)
    assert named_date("Sun, June 7, 2026") == date(2026, 6, 7)
    assert named_date("Sep 17, 2024") == date(2024, 9, 17)
    assert [month_number(name) for name in ("Jan", "may", "December")] == [1, 5, 12]
    assert (seconds("42:45"), seconds("1:03:33"), seconds("0:05")) == (2565, 3813, 5)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (eastern, "1778166000"),
        (eastern, "2026-13-01 00:00:00"),
        (eastern, "2026-02-30 00:00:00"),
        (epoch, "2026-07-14 16:00:00"),
        (epoch, "١٢"),
        (epoch, "9" * 30),
        (slashed_date, "12/05/2022"),
        (named_date, "Smarch 1, 2026"),
        (named_date, "19 June 2026"),
        (seconds, "42"),
        (seconds, "42:5"),
    ],
)
def test_a_time_of_another_shape_is_refused(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises((ValueError, OverflowError)):
        read(text)


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/team/1034/nrg/?src=idx", "1034"),
        ("/search/r/team/1034/idx", "1034"),
        ("/542272/nrg-vs-fnatic-valorant-champions-2025-gf", "542272"),
        ("/542272", "542272"),
        ("/707486/?game=275542&tab=economy", "707486"),
        ("https://www.vlr.gg/event/stats/2097/2025-masters", "2097"),
        ("http://127.0.0.1:8000/event/9/-/group-stage", "9"),
        ("//www.vlr.gg/player/9/tenz", "9"),
        ("/team/g2-esports/100-thieves", None),
        ("/rankings/la-s?page=12", None),
        ("/?id=/12", None),
        ("", None),
    ],
)
def test_an_id_is_the_first_segment_that_is_a_number(href: str, expected: str | None) -> None:
    assert id_in(href) == expected


def test_an_address_without_the_id_that_it_must_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no id"):
        required_id("/matches/results")


@pytest.mark.parametrize("text", [None, "", " \xa0 ", "-", "–", "—", "TBD", "N/A"])  # noqa: RUF001 - the site's dashes
def test_what_the_site_leaves_empty_is_nothing_and_never_zero(text: str | None) -> None:
    assert (said(text), whole(text), decimal(text), percent(text)) == (None, None, None, None)
    assert (credits_in(text), money(text)) == (None, None)


def test_numbers_are_read_as_they_are_written() -> None:
    assert [whole(text) for text in ("0", "+17", "-3", " 13 ", "1,000,000")] == [
        0,
        17,
        -3,
        13,
        1_000_000,
    ]
    assert (decimal("1.07"), decimal("212"), decimal("-0.5")) == (1.07, 212.0, -0.5)
    assert (percent("75%"), percent("0%")) == (75.0, 0.0)
    assert (credits_in("3.4k"), credits_in("0.0k"), credits_in("3800")) == (3400, 0, 3800)
    assert credits_in("12k") == 12_000


@pytest.mark.parametrize("text", ["1385x", "1.5", "１３", "1 3", "1_0", "9" * 40])  # noqa: RUF001 - wide digits
def test_a_number_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no whole number"):
        whole(text)


def test_money_is_counted_in_the_smallest_unit_of_its_currency() -> None:
    assert money("$1,000,000") == (100_000_000, "USD")
    assert money("€2,500.50 EUR") == (250_050, "EUR")
    assert money("¥300,000") == (300_000, "JPY")
    assert money("R$ 5,000") == (500_000, "BRL")
    assert money("1,000 SEK") == (100_000, "SEK")
    assert money("Yacht") is None


def test_images_have_whole_addresses_and_placeholders_are_none() -> None:
    assert image(URL, "//owcdn.net/img/6610f026c1a9e.png") == (
        "https://owcdn.net/img/6610f026c1a9e.png"
    )
    assert image(URL, "/img/vlr/game/agents/sova.png") == (
        "https://www.vlr.gg/img/vlr/game/agents/sova.png"
    )
    assert image(URL, "/img/vlr/tmp/vlr.png") is None
    assert image(URL, "/img/base/ph/sil.png") is None
    assert image(URL, None) is None


def test_the_flag_of_nowhere_is_no_country() -> None:
    flags = nodes(
        '<i class="flag mod-us"></i><i class="post flag mod-un"></i><i class="flag mod-"></i>', "i"
    )
    assert [country(flag) for flag in flags] == ["us", None, None]
    assert country(None) is None


def test_own_text_leaves_out_what_stands_in_elements_inside() -> None:
    (cell,) = nodes("<div id=a> 5 <div>Round 7</div>\n</div>", "#a")
    assert own_text(cell) == "5"


def test_columns_are_found_by_title_or_text_and_no_name_comes_twice() -> None:
    table = "<table><tr><th></th><th title='Rating 2.0'>R</th><th> ACS </th></tr></table>"
    assert columns(nodes(table, "th")) == {"rating 2.0": 1, "acs": 2}
    with pytest.raises(ValueError, match="two columns are called 'acs'"):
        columns(nodes(table.replace("Rating 2.0", "acs"), "th"))


@pytest.mark.parametrize("case", ["markup-with-overtime", "markup-unrated-map"])
def test_both_generations_of_the_markup_give_the_same_rows(case: str) -> None:
    old, new = (GOLDEN / "MatchPage" / f"{age}-{case}" for age in ("old", "new"))
    assert (old / "body.html").read_bytes() != (new / "body.html").read_bytes()
    assert (old / "expected.txt").read_text() == (new / "expected.txt").read_text()


def test_comments_leave_no_name_and_no_token_in_what_is_kept() -> None:
    body = body_of("MatchPage/comments-of-readers")
    kept = MatchPage.redact(body)
    for secret in (b"someone", b"gg", b"token", b"data-post-id"):
        assert secret in body
        assert secret not in kept.replace(b"vlr.gg", b"").replace(b"VLR.gg", b"")
    assert MatchPage(URL, body).document.css(".match-header")
    assert kept.endswith(b"</html>\n")


def test_a_day_belongs_to_the_cards_below_it() -> None:
    first, second, third = cards_of("SchedulePage/results-of-two-days")
    assert first == Card(
        match_id="800001",
        url="https://www.vlr.gg/800001/ardent-vs-borealis",
        status="completed",
        day_text="Mon, June 8, 2026",
        time_text="7:30 PM",
        event="Harbor Masters 2026",
        series="Swiss Stage–Round 1",  # noqa: RUF001 - the site's dash
        team1_name="Ardent",
        team1_country="se",
        team1_score=2,
        team2_name="Borealis",
        team2_country="kr",
        team2_score=1,
        winner=1,
        eta="4h 54m",
    )
    assert (second.day_text, third.day_text) == ("Mon, June 8, 2026", "Sun, June 7, 2026")
    assert (third.forfeited, third.team1_score, third.winner) == (True, None, 2)


def test_the_last_page_is_the_highest_button() -> None:
    page = SchedulePage(URL, body_of("SchedulePage/results-of-two-days"))
    assert page.last_page == 651
    assert SchedulePage(URL, body_of("SchedulePage/live-upcoming-and-to-be-decided")).last_page is (
        None
    )


def test_a_page_beyond_the_last_one_has_no_cards() -> None:
    assert cards_of("SchedulePage/beyond-the-last-page") == ()


def test_what_is_not_known_yet_is_none_on_a_card() -> None:
    live, upcoming, unknown = cards_of("SchedulePage/live-upcoming-and-to-be-decided")
    assert (live.status, live.team1_score, live.eta, live.winner) == ("live", 1, None, None)
    assert (upcoming.status, upcoming.team2_name, upcoming.team2_country) == (
        "upcoming",
        None,
        None,
    )
    assert (upcoming.team1_score, upcoming.eta) == (None, "3h 23m")
    assert (unknown.status, unknown.time_text, unknown.team1_name) == ("tbd", None, None)


def test_a_list_of_an_event_says_stage_and_round_and_no_event() -> None:
    first, *_ = cards_of("EventMatchesPage/stages-and-rounds")
    assert (first.event, first.stage, first.series) == (None, "Swiss Stage", "Opening (A)")


def test_links_to_single_maps_are_no_cards_of_a_team() -> None:
    won, lost = cards_of("TeamMatchesPage/completed-with-their-maps")
    assert (won.match_id, won.team1_name, won.team2_name) == ("800041", "Ardent", "Borealis")
    assert (won.team1_score, won.team2_score, won.winner) == (2, 1, 1)
    assert (won.event, won.series) == ("Harbor Masters 26", "Playoffs ⋅ GF")
    assert (won.day_text, won.time_text) == ("2026/05/09", "9:30 pm")
    assert (lost.winner, lost.status) == (2, "completed")


def test_a_match_of_a_team_that_has_not_begun_has_only_a_time_until_then() -> None:
    _, unknown = cards_of("TeamMatchesPage/upcoming")
    assert (unknown.status, unknown.eta, unknown.team2_name) == ("upcoming", "1w 2d", None)
    assert unknown.team1_score is None


def test_a_forfeit_has_a_winner_and_no_score() -> None:
    lost, won, coming, live, drawn = cards_of(
        "PlayerMatchesPage/forfeits-and-an-opponent-to-be-decided"
    )
    assert (lost.forfeited, lost.winner, lost.team1_score, lost.status) == (
        True,
        2,
        None,
        "completed",
    )
    assert (won.forfeited, won.winner) == (True, 1)
    assert (coming.status, live.status, drawn.status) == ("upcoming", "live", "completed")
    assert drawn.winner is None


def test_cards_raise_only_errors_of_ours() -> None:
    body = body_of("TeamMatchesPage/upcoming").replace(b'href="/800043/', b'href="/match/')
    with pytest.raises(PageError, match="no id in"):
        TeamMatchesPage("https://www.vlr.gg/team/matches/101/", body).cards()
