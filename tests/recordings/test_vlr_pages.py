"""Recorded pages of VLR.gg, but those of matches, against facts read in them by a person."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from crawlers.html import HtmlPage
from crawlers.items.base import Item
from crawlers.items.esports import (
    EsportsEvent,
    EsportsEventMatch,
    EsportsNews,
    EsportsPlayer,
    EsportsPlayerSpan,
    EsportsRankingList,
    EsportsSearchResult,
    EsportsStats,
    EsportsTeam,
    EsportsTransaction,
)
from spiders.vlr.event import EventPage
from spiders.vlr.events import EventsPage
from spiders.vlr.news import NewsPage
from spiders.vlr.players import PlayerPage
from spiders.vlr.rankings import RegionRankingsPage, WorldRankingsPage
from spiders.vlr.search import SearchPage
from spiders.vlr.stats import StatsPage
from spiders.vlr.teams import TeamPage, TransactionsPage

T = TypeVar("T", bound=Item)
SITE = "https://www.vlr.gg"


class Recorded(NamedTuple):
    """A file below ``vlr``, its page class and its path on the site, and how much is in it."""

    file: str
    page_class: type[HtmlPage]
    path: str
    items: int
    links: int


EVENT = "/event/2539/game-changers-2025-north-america-stage-2"
RECORDED = {
    "events": Recorded("vlrdevapi/events_default.html", EventsPage, "/events", 50, 50),
    "events new": Recorded("optionalnickel4/events.html", EventsPage, "/events", 2, 2),
    "event": Recorded("vlrdevapi/event_main_page.html", EventPage, EVENT, 15, 11),
    "nrg": Recorded("vlrdevapi/team_nrg_core.html", TeamPage, "/team/1034/nrg", 1, 10),
    "100 dark": Recorded("vlrdevapi/team_120_dark.html", TeamPage, "/team/120/100-thieves", 1, 9),
    "100": Recorded("vlrdevapi/team_120_light.html", TeamPage, "/team/120/100-thieves", 1, 9),
    "gambit": Recorded("vlrdevapi/team_gambit_current.html", TeamPage, "/team/682", 1, 9),
    "sentinels": Recorded("optionalnickel4/team_sentinels.html", TeamPage, "/team/2", 1, 11),
    "transactions": Recorded("vlrdevapi/team_nrg_1034_transactions.html", TransactionsPage,
                             "/team/transactions/1034/nrg/", 81, 81),
    "s0m": Recorded("vlrdevapi/player_profile.html", PlayerPage, "/player/4164/s0m", 2, 2),
    "noia 90d": Recorded("vlrdevapi/player_profile_90d.html", PlayerPage,
                         "/player/17397/noia/?timespan=90d", 2, 6),
    "noia": Recorded("vlrdevapi/player_profile_all.html", PlayerPage,
                     "/player/17397/noia/?timespan=all", 2, 6),
    "tenz": Recorded("optionalnickel4/player_tenz.html", PlayerPage,
                     "/player/9/tenz/?timespan=all", 2, 4),
    "johnqt": Recorded("optionalnickel4/player_johnqt.html", PlayerPage,
                       "/player/1265/johnqt/?timespan=all", 2, 9),
    "world": Recorded("optionalnickel4/rankings.html", WorldRankingsPage, "/rankings", 1, 2),
    "region": Recorded("optionalnickel4/rankings_regional.html", RegionRankingsPage,
                       "/rankings/north-america", 1, 2),
    "stats": Recorded("optionalnickel4/stats_na.html", StatsPage, "/stats?span=all&tier=all", 5, 5),
    "news": Recorded("optionalnickel4/news.html", NewsPage, "/news", 2, 2),
    "search": Recorded("vlrdevapi/search_nrg_all.html", SearchPage, "/search/?q=nrg", 6, 6),
    "search redirects": Recorded("vlrdevapi/search_nrg_all.7bd7545.html", SearchPage,
                                 "/search/?q=nrg", 7, 7),
}  # fmt: skip


def page(recordings: Path, name: str) -> HtmlPage:
    recorded = RECORDED[name]
    body = (recordings / "vlr" / recorded.file).read_bytes()
    return recorded.page_class(SITE + recorded.path, recorded.page_class.redact(body))


def items(recordings: Path, name: str) -> list[Item]:
    """Return what was read; anything that is no item fails."""
    found = list(page(recordings, name).items())
    assert all(isinstance(one, Item) for one in found), found
    return [one for one in found if isinstance(one, Item)]


def only(of: type[T], found: list[Item]) -> T:
    (one,) = (item for item in found if isinstance(item, of))
    return one


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_page_is_read_whole_with_nothing_unknown(
    recordings: Path, name: str
) -> None:
    assert len(items(recordings, name)) == RECORDED[name].items
    assert len(list(page(recordings, name).links())) == RECORDED[name].links


def test_the_list_of_events_has_statuses_and_prizes(recordings: Path) -> None:
    found = [event for event in items(recordings, "events") if isinstance(event, EsportsEvent)]
    champions = next(event for event in found if event.id == "2283")
    assert champions.name == "Valorant Champions 2025"
    assert champions.listed_status == "completed"
    assert champions.listed_dates_text == "Sep 12—Oct 6"
    assert (champions.prize_minor, champions.prize_currency) == (225000000, "USD")
    assert champions.country == "fr"
    assert Counter(event.listed_status for event in found) == {"upcoming": 4, "completed": 46}
    assert page(recordings, "events").last_page == 5  # type: ignore[attr-defined]


def test_the_event_has_prizes_teams_and_brackets(recordings: Path) -> None:
    found = items(recordings, "event")
    event = only(EsportsEvent, found)
    assert event.name == "Game Changers 2025: North America Stage 2"
    assert (event.starts_on, event.ends_on) == (date(2025, 7, 2), date(2025, 10, 13))
    assert (event.status, event.region, event.country) == ("ongoing", "North America", "us")
    assert event.standings is None  # its main stage is a bracket
    assert [prize.place for prize in event.prizes or ()] == [
        "1st", "2nd", "3rd", "4th", "5th–6th", "5th–6th", "7th–8th", "7th–8th",  # noqa: RUF001 - the site's dash
    ]  # fmt: skip
    third = (event.prizes or ())[2]
    assert (third.team_name, third.country_name, third.points) == ("Wadadaa", "United States", 7.0)
    assert [team.seed for team in event.teams or ()][:2] == ["Swiss Stage (#1)", "Swiss Stage (#2)"]
    assert [len(team.players) for team in event.teams or ()] == [5, 5, 5, 6, 5, 5, 5, 5]
    assert len(event.stages or ()) == 6


def test_the_times_of_the_bracket_are_epochs(recordings: Path) -> None:
    matches = [one for one in items(recordings, "event") if isinstance(one, EsportsEventMatch)]
    first = matches[0]
    # Shown as 5:00 am +08, Oct 8.
    assert first.starts_at == datetime(2025, 10, 7, 21, 0, tzinfo=UTC)
    assert (first.round, first.bracket, first.team2_name) == (
        "Upper Quarterfinals", "upper", "Blue Otter GC",
    )  # fmt: skip
    assert Counter(match.status for match in matches) == {"completed": 13, "live": 1}
    assert Counter(match.bracket for match in matches) == {"upper": 8, "lower": 6}


def test_only_the_line_up_that_plays_now_is_ranked(recordings: Path) -> None:
    nrg, gambit = (only(EsportsTeam, items(recordings, name)) for name in ("nrg", "gambit"))
    assert (nrg.rank, nrg.rank_region, nrg.rating) == (1, "North America", 2139)
    assert (nrg.rating_wins, nrg.rating_losses) == (155, 79)
    assert nrg.winnings_minor == 141537500
    assert not gambit.active
    assert (gambit.successor_id, gambit.successor_name) == ("8326", "M3 Champions")
    assert (gambit.rank, gambit.rating) == (None, None)  # Last Rank (Sep 2022)


def test_the_roster_tells_players_from_staff(recordings: Path) -> None:
    nrg, sentinels = (only(EsportsTeam, items(recordings, name)) for name in ("nrg", "sentinels"))
    assert [one.alias for one in nrg.roster or () if not one.is_staff] == [
        "Ethan", "s0m", "brawk", "mada", "skuba",
    ]  # fmt: skip
    assert [one.alias for one in nrg.roster or () if one.is_captain] == ["Ethan"]
    assert [one.role for one in nrg.roster or () if one.is_staff] == [
        "manager", "head coach", "assistant coach",
    ]  # fmt: skip
    victor = next(one for one in sentinels.roster or () if one.alias == "Victor")
    assert (victor.role, victor.is_staff, victor.real_name) == ("stand-in", False, "Victor Wong")


def test_a_placement_may_have_no_stage(recordings: Path) -> None:
    last = only(EsportsTeam, items(recordings, "sentinels")).placements[-1]
    assert last.event_name == "T1 x Nerd Street Gamers Invitational"
    assert (last.stage, last.place, last.year) == (None, "5th–6th", 2020)  # noqa: RUF001 - the site's dash


def test_the_transactions_reach_back_to_an_unknown_day(recordings: Path) -> None:
    found = [
        one for one in items(recordings, "transactions") if isinstance(one, EsportsTransaction)
    ]
    assert Counter(one.action for one in found) == {"join": 40, "leave": 32, "inactive": 9}
    assert (found[0].alias, found[0].happened_on) == ("FiNESSE", date(2025, 10, 3))
    assert (found[-1].alias, found[-1].date_text, found[-1].happened_on) == ("Ry", "Unknown", None)


def test_players_have_teams_and_agents_in_both_markups(recordings: Path) -> None:
    noia, tenz = (items(recordings, name) for name in ("noia", "tenz"))
    assert [team.name for team in only(EsportsPlayer, noia).teams if team.is_current] == [
        "Shopify Rebellion Gold"
    ]
    teams = only(EsportsPlayer, tenz).teams
    assert [(team.name, team.note, team.is_current) for team in teams] == [
        ("Canada", None, False),
        ("Cubert Academy", "stand-in", False),
        ("Sentinels", None, False),
        ("Cloud9", None, False),
    ]
    killjoy, jett = (only(EsportsPlayerSpan, found).agents[0] for found in (noia, tenz))
    assert (killjoy.agent, killjoy.adr, killjoy.kast_percent) == ("killjoy", 139.2, 73.0)
    assert (jett.agent, jett.adr, jett.kast_percent) == ("jett", 156.4, 72.0)
    assert (killjoy.fkpr, killjoy.fdpr, jett.fkfd) == (0.09, 0.07, 1.66)
    assert [len(only(EsportsPlayerSpan, found).agents) for found in (noia, tenz)] == [19, 15]
    assert only(EsportsPlayerSpan, items(recordings, "s0m")).span == "60d"


def test_rankings_give_what_is_shown(recordings: Path) -> None:
    world = only(EsportsRankingList, items(recordings, "world"))
    assert [(team.rank, team.team_name, team.rating) for team in world.teams] == [
        (1, "Enterprise Esports", 2000),
        (2, "Team Vitality", 1940),
    ]
    g2 = only(EsportsRankingList, items(recordings, "region")).teams[0]
    assert (g2.team_name, g2.core, g2.country_name) == ("G2 Esports", "#BN1", "United States")
    assert (g2.wins, g2.losses, g2.all_wins, g2.all_losses) == (74, 35, 140, 64)
    assert (g2.streak, g2.earnings_minor) == ("2W", 87225000)


def test_statistics_leave_empty_what_is_empty(recordings: Path) -> None:
    found = [one for one in items(recordings, "stats") if isinstance(one, EsportsStats)]
    slowly, keiko = found[:2]
    assert (slowly.player_name, slowly.team_tag, slowly.rating) == ("slowly", "TYL", 1.44)
    assert (slowly.clutch_percent, slowly.clutches_won, slowly.clutches_played) == (None,) * 3
    assert (keiko.clutch_percent, keiko.clutches_won, keiko.clutches_played) == (31.0, 12, 39)
    assert {one.query for one in found} == {"span=all&tier=all"}


def test_news_have_a_day_and_an_author(recordings: Path) -> None:
    first = items(recordings, "news")[0]
    assert isinstance(first, EsportsNews)
    assert first.title == "nAts to miss first game of Stage 2 against Eternal Fire"
    assert (first.author, first.listed_on) == ("ChickenJoe", date(2026, 7, 14))


def test_both_shapes_of_results_name_the_same_things(recordings: Path) -> None:
    old, new = (
        {
            (one.kind, one.id)
            for one in items(recordings, name)
            if isinstance(one, EsportsSearchResult)
        }
        for name in ("search", "search redirects")
    )
    assert new - old == {("event", "2707")}  # of November 2025
    assert old < new
