"""What the pages of VLR.gg, but those of matches, tell a spider besides their items."""

from datetime import date
from pathlib import Path

import pytest

from crawlers.errors import PageError
from crawlers.html import HtmlPage
from crawlers.items.base import Item, Reject
from crawlers.items.esports import EsportsCircuit, EsportsEvent, EsportsNews
from spiders.vlr.agents import agent_in
from spiders.vlr.event import EventPage
from spiders.vlr.events import EventsPage
from spiders.vlr.news import ArticlePage, NewsPage
from spiders.vlr.players import PlayerPage
from spiders.vlr.rankings import CircuitPage, region_of
from spiders.vlr.ratios import with_ratios
from spiders.vlr.stats import StatsPage
from spiders.vlr.times import date_range

GOLDEN = Path(__file__).parents[1] / "golden" / "vlr"
SITE = "https://www.vlr.gg"


def golden(page_class: type[HtmlPage], case: str, path: str) -> HtmlPage:
    body = (GOLDEN / page_class.__name__ / case / "body.html").read_bytes()
    return page_class(SITE + path, page_class.redact(body))


def whole(content: str) -> bytes:
    return f"<html><head></head><body>{content}</body></html>".encode()


def stats(path: str, content: str = "") -> StatsPage:
    return StatsPage(SITE + path, whole(content))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Jul 2, 2025 - Oct 13, 2025", (date(2025, 7, 2), date(2025, 10, 13))),
        ("Apr 1 – May 18, 2026", (date(2026, 4, 1), date(2026, 5, 18))),  # noqa: RUF001 - the site's dash
        ("Jul 9 – 23, 2026", (date(2026, 7, 9), date(2026, 7, 23))),  # noqa: RUF001 - the same
        ("Dec 30 – Jan 5, 2026", (date(2025, 12, 30), date(2026, 1, 5))),  # noqa: RUF001 - the same
        ("Jan 2, 2026 - TBD", (date(2026, 1, 2), None)),
        ("TBD", (None, None)),
        ("Jun 6—21", (None, None)),
        ("Sep 17, 2024", (date(2024, 9, 17), date(2024, 9, 17))),
    ],
)
def test_the_days_of_an_event_are_read_where_there_is_a_year(
    text: str, days: tuple[date | None, date | None]
) -> None:
    assert date_range(text) == days


@pytest.mark.parametrize("text", ["sometime soon", "Jul 2 - Jul 3 - Jul 4, 2025", "Feb 30, 2025",
                                  "Nov 30 - 2, 2026"])  # fmt: skip
def test_days_of_another_shape_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\d|soon|day"):
        date_range(text)


def test_both_generations_of_an_event_give_the_same_items() -> None:
    old, new = (golden(EventPage, case, "/event/41/x") for case in ("old-markup", "new-markup"))
    assert list(old.items()) == list(new.items())


def test_both_generations_of_a_player_give_the_same_items() -> None:
    path = "/player/71/ada/?timespan=all"
    old, new = (golden(PlayerPage, case, path) for case in ("old-agents", "new-agents"))
    assert list(old.items()) == list(new.items())


def test_both_generations_of_statistics_give_the_same_numbers_but_the_count_of_maps() -> None:
    cases = ("old-markup", "new-markup-with-more-agents-and-a-next-page")
    old, new = (
        [one.model_dump(exclude={"maps"}) for one in found if isinstance(one, Item)]
        for found in (golden(StatsPage, case, "/stats?tier=all").items() for case in cases)
    )
    assert old == new


def test_a_part_that_the_page_does_not_have_is_none_and_deletes_nothing() -> None:
    found = golden(EventPage, "flag-only-and-unreadable-dates", "/event/45").items()
    (event,) = (one for one in found if isinstance(one, EsportsEvent))
    assert (event.prizes, event.teams, event.standings) == (None, None, None)


def test_groups_with_more_numbers_than_headings_are_refused() -> None:
    body = (GOLDEN / "EventPage/groups-with-ties-and-a-hidden-team/body.html").read_text()
    heading = '<th class="mod-t mod-center" title="Ties">T</th>'
    page = EventPage(f"{SITE}/event/42", body.replace(heading, "").encode())
    with pytest.raises(PageError, match="6 numbers of a group below"):
        list(page.items())


def test_prizes_without_a_team_column_are_refused() -> None:
    body = (GOLDEN / "EventPage/old-markup/body.html").read_text().replace("> Team <", "> Who <")
    with pytest.raises(PageError, match="prizes with the columns"):
        list(EventPage(f"{SITE}/event/41", body.encode()).items())


def test_a_prize_with_fewer_cells_than_headings_is_refused() -> None:
    body = (GOLDEN / "EventPage/new-markup/body.html").read_text()
    short = body.replace('<div class="cell" role="cell">-</div>', "")
    with pytest.raises(PageError, match="a prize with fewer cells"):
        list(EventPage(f"{SITE}/event/41", short.encode()).items())


@pytest.mark.parametrize(("page_class", "case"), [(EventsPage, "paused-among-the-completed"),
                                                  (NewsPage, "author-missing")])  # fmt: skip
def test_a_list_knows_its_last_page(page_class: type[EventsPage | NewsPage], case: str) -> None:
    page = golden(page_class, case, "/x")
    assert isinstance(page, EventsPage | NewsPage)
    assert page.last_page == (31 if page_class is EventsPage else 126)


def test_a_list_without_buttons_says_nothing_about_pages() -> None:
    page = golden(EventsPage, "prize-to-be-announced", "/events")
    assert isinstance(page, EventsPage)
    assert page.last_page is None


def test_the_query_of_statistics_is_the_same_in_whatever_order_it_was_asked() -> None:
    one = stats("/stats?tier=all&region=emea&span=60d")
    other = stats("/stats?sort=acs&dir=asc&timespan=60d&page=4&region=emea&tier=all&role=")
    assert one.query == other.query == "region=emea&span=60d&tier=all"


def test_the_query_of_an_events_statistics_names_the_event() -> None:
    assert stats("/event/stats/41/river-cup?exclude=551.552").query == "event=41&exclude=551.552"
    assert stats("/stats").query == "default"


def test_the_form_says_which_filters_are_chosen() -> None:
    form = """<form><select name="region"><option value="all">All</option>
        <option value="emea" selected>EMEA</option></select>
        <select name="timespan"><option value="60d">60d</option><option value="all">All</option>
        </select><input name="min_rounds" value="200"></form>"""
    page = stats("/stats?region=EMEA&span=all&min_rounds=200&tier=all", form)
    assert page.echo == {"region": "emea", "span": "60d", "min_rounds": "200"}
    assert page.ignored == {"span": "60d"}


def test_what_chooses_nothing_is_written_in_several_ways() -> None:
    form = '<select name="role"><option value="">Any</option></select>'
    assert stats("/stats?role=all", form).ignored == {}


def test_the_next_page_of_statistics_keeps_the_filters() -> None:
    link = '<link rel="next" href="/stats/?page=2">'
    page = stats("/stats?tier=all&region=emea", link)
    assert page.next_page == f"{SITE}/stats?tier=all&region=emea&page=2"
    assert stats("/stats?tier=all").next_page is None


def test_statistics_of_everybody_without_anybody_are_refused() -> None:
    form = '<form><select name="region"><option value="all">All</option></select></form>'
    with pytest.raises(PageError, match="no players"):
        list(stats("/stats", form).items())


def test_ratios_that_a_page_shows_are_left_alone_and_the_others_computed() -> None:
    numbers = {"rounds": 446, "first_kills": 41, "first_deaths": 38, "fkpr": 0.5, "fdpr": None}
    ratios = with_ratios(numbers)
    assert (ratios["fkpr"], ratios["fdpr"], ratios["fkfd"]) == (0.5, 0.09, 1.08)


def test_nothing_is_divided_by_nothing() -> None:
    ratios = with_ratios({"rounds": None, "first_kills": 0, "first_deaths": 0})
    assert (ratios["fkpr"], ratios["fdpr"], ratios["fkfd"]) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("North America", "north-america"),
        ("Asia-Pacific", "asia-pacific"),
        ("LA-S", "la-s"),
        ("Latin America North", "la-n"),
        ("MENA", "mena"),
        ("Game Changers", "gc"),
    ],
)
def test_a_region_is_called_as_in_the_addresses(name: str, region: str) -> None:
    assert region_of(name) == region


def test_an_agent_is_called_as_its_icon() -> None:
    assert agent_in("/img/vlr/game/agents/kayo.png") == "kayo"
    with pytest.raises(ValueError, match="no agent"):
        agent_in("/img/vlr/tmp/vlr.png")


def test_a_circuit_without_points_yet_has_none() -> None:
    found = golden(CircuitPage, "two-regions", "/vct-2025/standings").items()
    emea, china = (one for one in found if isinstance(one, EsportsCircuit))
    assert [team.points for team in emea.teams] == [775.0, 5.0]
    assert [team.points for team in china.teams] == [None]


def test_an_article_is_kept_without_what_its_readers_wrote() -> None:
    body = (GOLDEN / "ArticlePage/time-in-the-zone-of-the-viewer/body.html").read_bytes()
    assert b"first!" in body
    kept = ArticlePage.redact(body)
    assert b"first!" not in kept
    assert b"zed" not in kept
    (article,) = ArticlePage(f"{SITE}/566226/x", kept).items()
    assert isinstance(article, EsportsNews)
    assert article.text == "Short."


def test_one_row_that_cannot_be_read_leaves_the_others() -> None:
    found = list(golden(EventsPage, "card-without-an-id", "/events").items())
    assert [type(one) for one in found] == [Reject, EsportsEvent]


def test_a_page_that_is_read_twice_gives_the_same() -> None:
    page = golden(ArticlePage, "hover-cards-and-an-instant", "/715457/otters-win")
    assert list(page.items()) == list(page.items())
