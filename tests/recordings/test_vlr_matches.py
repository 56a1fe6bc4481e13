"""Recorded pages of matches and lists of matches of VLR.gg: all parse, and add up."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from crawlers.errors import CrawlersError
from crawlers.items.base import Unknown
from crawlers.items.esports import (
    EsportsEventMatch,
    EsportsMap,
    EsportsMapPlayer,
    EsportsMatch,
    EsportsRound,
)
from crawlers.page import Page
from spiders.vlr.card import STATUSES, Card
from spiders.vlr.cards import EventMatchesPage, PlayerMatchesPage, SchedulePage, TeamMatchesPage
from spiders.vlr.match import MatchPage
from spiders.vlr.pages import ArticlePage

SITE = "https://www.vlr.gg"
Listing = SchedulePage | EventMatchesPage | TeamMatchesPage | PlayerMatchesPage


class Facts(NamedTuple):
    """What a list holds, counted by hand."""

    page: type[Listing]
    path: str
    cards: int
    statuses: dict[str, int]
    last_page: int | None
    first: str
    last: str


LISTS = {
    "vlrdevapi/match_result.html": Facts(
        SchedulePage, "/matches/results", 50, {"completed": 50}, 604, "554532", "545619"
    ),
    "vlrdevapi/match_schedule_upcoming.html": Facts(
        SchedulePage, "/matches", 50, {"live": 1, "upcoming": 49}, 2, "545624", "551778"
    ),
    "vlrdevapi/event_matches_page.html": Facts(
        EventMatchesPage,
        "/event/matches/2539/x/?series_id=all",
        192,
        {"completed": 191, "live": 1},
        None,
        "510653",
        "545624",
    ),
    "vlrdevapi/player_matches.html": Facts(
        PlayerMatchesPage, "/player/matches/4164/s0m", 50, {"completed": 50}, 5, "542272", "247098"
    ),
    "vlrdevapi/team_799_completed_matches.html": Facts(
        TeamMatchesPage,
        "/team/matches/799/?group=completed",
        50,
        {"completed": 50},
        6,
        "511536",
        "297043",
    ),
    "vlrdevapi/team_799_upcoming_matches.html": Facts(
        TeamMatchesPage,
        "/team/matches/799/?group=upcoming",
        4,
        {"upcoming": 4},
        None,
        "551765",
        "551781",
    ),
    "optionalnickel4/results.html": Facts(
        SchedulePage, "/matches/results", 2, {"completed": 2}, None, "378289", "378290"
    ),
    "optionalnickel4/upcoming.html": Facts(
        SchedulePage, "/matches", 2, {"live": 1, "upcoming": 1}, None, "400001", "400002"
    ),
}
MATCHES = {
    "vlrdevapi/series_page.html": "/542272/nrg-vs-fnatic-valorant-champions-2025-gf",
    "optionalnickel4/match_detail_completed.html": "/707486",
}


def page_of(page: type[Page], path: Path, url: str) -> Page:
    return page(f"{SITE}{url}", page.redact(path.read_bytes()))


def match_of(recordings: Path, name: str) -> EsportsMatch:
    """Return the match; nothing on its page may be unknown."""
    page = page_of(MatchPage, recordings / "vlr" / name, MATCHES[name])
    (match,) = page.items()
    assert isinstance(match, EsportsMatch)
    return match


def cards_of(recordings: Path, name: str) -> tuple[Card, ...]:
    facts = LISTS[name]
    page = page_of(facts.page, recordings / "vlr" / name, facts.path)
    assert isinstance(page, Listing)
    assert not any(isinstance(one, Unknown) for one in page.items())
    assert list(page.links()) == [card.url for card in page.cards()]
    return page.cards()


def of(match: EsportsMatch, game: str, side: str = "both") -> dict[int, list[EsportsMapPlayer]]:
    """Return the players of one game by team."""
    rows = [row for row in match.players or () if (row.game_id, row.side) == (game, side)]
    return {team: [row for row in rows if row.team == team] for team in (1, 2)}


def total(rows: Iterable[EsportsMapPlayer], field: str) -> int:
    return sum(getattr(row, field) for row in rows)


@pytest.mark.parametrize("name", LISTS)
def test_a_recorded_list_holds_the_cards_that_were_counted_by_hand(
    recordings: Path, report: list[str], name: str
) -> None:
    facts = LISTS[name]
    cards = cards_of(recordings, name)
    assert len(cards) == facts.cards == len({card.match_id for card in cards})
    assert Counter(card.status for card in cards) == facts.statuses
    assert {card.status for card in cards} <= STATUSES
    assert (cards[0].match_id, cards[-1].match_id) == (facts.first, facts.last)
    page = page_of(facts.page, recordings / "vlr" / name, facts.path)
    assert getattr(page, "last_page", None) == facts.last_page
    report.append(f"vlr {facts.page.__name__:<20}{len(cards):>5} cards in {name}")


@pytest.mark.parametrize("name", LISTS)
def test_of_every_completed_match_in_a_list_winner_and_score_agree(
    recordings: Path, name: str
) -> None:
    for card in cards_of(recordings, name):
        one, two = card.team1_score, card.team2_score
        if card.status != "completed" or card.winner is None:
            continue
        assert one is not None
        assert two is not None
        assert card.winner == (1 if one > two else 2)


def test_teams_that_nobody_knows_yet_have_no_name(recordings: Path) -> None:
    cards = cards_of(recordings, "vlrdevapi/match_schedule_upcoming.html")
    nameless = [card.match_id for card in cards if card.team1_name is None]
    assert nameless[:2] == ["569513", "569518"]
    assert all(card.day_text and card.time_text and card.event for card in cards)


def test_the_days_of_a_list_are_those_above_its_cards(recordings: Path) -> None:
    cards = cards_of(recordings, "vlrdevapi/match_result.html")
    days = list(dict.fromkeys(card.day_text for card in cards))
    assert days == [
        "Mon, October 13, 2025",
        "Sun, October 12, 2025",
        "Sat, October 11, 2025",
        "Fri, October 10, 2025",
        "Thu, October 9, 2025",
        "Wed, October 8, 2025",
    ]


def test_every_match_of_a_recorded_event_has_its_stage_and_round(recordings: Path) -> None:
    name = "vlrdevapi/event_matches_page.html"
    found = list(page_of(EventMatchesPage, recordings / "vlr" / name, LISTS[name].path).items())
    places = [one for one in found if isinstance(one, EsportsEventMatch)]
    assert len(places) == len(found) == 192
    assert all(place.event_id == "2539" and place.stage and place.round for place in places)
    assert Counter(place.stage for place in places)["Main Event"] > 0
    assert (places[-1].stage, places[-1].round, places[-1].status) == (
        "Main Event",
        "Grand Final",
        "live",
    )


def test_the_final_of_champions_2025(recordings: Path) -> None:
    match = match_of(recordings, "vlrdevapi/series_page.html")
    assert (match.id, match.event_id, match.event_name) == (
        "542272",
        "2283",
        "Valorant Champions 2025",
    )
    assert (match.stage, match.status, match.best_of, match.patch) == (
        "Playoffs: Grand Final",
        "completed",
        5,
        "11.05",
    )
    assert match.starts_at == datetime(2025, 10, 5, 11, tzinfo=UTC)  # shown as 7:00 PM +08
    assert (match.team1_name, match.team1_id, match.team1_score) == ("NRG", "1034", 3)
    assert (match.team2_name, match.team2_id, match.team2_score) == ("FNATIC", "2593", 2)
    assert (match.winner, match.forfeited) == (1, False)
    maps = [(one.map, one.team1_score, one.team2_score, one.picked_by) for one in match.maps or ()]
    assert maps == [
        ("Corrode", 13, 3, 1),
        ("Lotus", 13, 6, 2),
        ("Abyss", 13, 15, 1),
        ("Ascent", 8, 13, 2),
        ("Sunset", 13, 5, None),
    ]
    assert [(veto.action, veto.map) for veto in match.vetoes] == [
        ("ban", "Haven"),
        ("ban", "Bind"),
        ("pick", "Corrode"),
        ("pick", "Lotus"),
        ("pick", "Abyss"),
        ("pick", "Ascent"),
        ("remains", "Sunset"),
    ]
    assert (len(match.streams), len(match.vods)) == (38, 6)
    assert [(one.match_id, one.played_on, one.team1_score) for one in match.encounters] == [
        ("542270", date(2025, 10, 3), 2),
        ("220442", date(2023, 6, 17), 0),
    ]


def test_a_player_of_the_final_on_both_sides(recordings: Path) -> None:
    match = match_of(recordings, "vlrdevapi/series_page.html")
    both, attack, defence = (of(match, "233478", side)[1][0] for side in ("both", "t", "ct"))
    assert (both.player_id, both.player_name, both.team_tag, both.country, both.agents) == (
        "2172",
        "brawk",
        "NRG",
        "us",
        ("Sova",),
    )
    assert (both.rating, attack.rating, defence.rating) == (1.93, 2.13, 1.87)
    assert (both.acs, both.kills, both.deaths, both.assists) == (375, 24, 7, 2)
    assert (both.kd_difference, attack.kd_difference, both.fk_difference) == (17, 6, 0)
    assert (both.kast_percent, both.adr, both.headshot_percent) == (94, 212, 19)
    assert (both.first_kills, both.first_deaths, defence.first_kills) == (1, 1, 1)


def test_a_match_in_the_new_markup(recordings: Path) -> None:
    match = match_of(recordings, "optionalnickel4/match_detail_completed.html")
    assert match.starts_at == datetime(2026, 7, 14, 20, tzinfo=UTC)  # shown as 4:00 PM EDT
    assert (match.team1_name, match.team1_score) == ("ABACATUDOS", 2)
    assert (match.team2_name, match.team2_score, match.winner) == ("Team Liquid Brazil", 1, 1)
    maps = [(one.map, one.team1_score, one.team2_score) for one in match.maps or ()]
    assert maps == [("Lotus", 13, 9), ("Breeze", 16, 18), ("Split", 13, 8)]
    breeze = (match.maps or ())[1]
    assert (breeze.team1_overtime, breeze.team2_overtime, breeze.duration_s) == (4, 6, 4561)
    frozen = of(match, "275542")[1][0]
    assert (frozen.player_name, frozen.kills, frozen.deaths, frozen.fk_difference) == (
        "frozeN",
        28,
        10,
        4,
    )


@pytest.mark.parametrize("name", MATCHES)
def test_the_numbers_of_a_recorded_match_add_up(
    recordings: Path, report: list[str], name: str
) -> None:
    match = match_of(recordings, name)
    for one in match.maps or ():
        rounds = [row for row in match.rounds or () if row.game_id == one.game_id]
        assert [row.number for row in rounds] == list(range(1, len(rounds) + 1))
        score_adds_up(one, rounds)
        players_add_up(match, one.game_id)
    players_add_up(match, "all")
    won = Counter(one.winner for one in match.maps or ())
    assert (won[1], won[2]) == (match.team1_score, match.team2_score)
    report.append(
        f"vlr MatchPage {len(match.maps or ())} maps, {len(match.rounds or ())} rounds, "
        f"{len(match.players or ())} lines of players in {name}"
    )


def score_adds_up(one: EsportsMap, rounds: list[EsportsRound]) -> None:
    """Sides and overtime are the score, and the rounds are it too."""
    won = Counter(row.winner for row in rounds)
    for team in (1, 2):
        score = getattr(one, f"team{team}_score")
        parts = [getattr(one, f"team{team}_{part}") for part in ("attack", "defence", "overtime")]
        assert sum(part or 0 for part in parts) == score == won[team]
        # In overtime the sides change after every round, and count for neither.
        first = [row for row in rounds[:24] if row.winner == team]
        assert [sum(row.side == side for row in first) for side in ("t", "ct")] == parts[:2]
    assert (rounds[-1].team1_score, rounds[-1].team2_score) == (one.team1_score, one.team2_score)
    assert rounds[-1].winner == one.winner


def players_add_up(match: EsportsMatch, game: str) -> None:
    """Both sides are the sum of each, and one team's kills are the other's deaths."""
    both, attack, defence = (of(match, game, side) for side in ("both", "t", "ct"))
    for team, other in ((1, 2), (2, 1)):
        assert len(both[team]) == 5
        assert total(both[team], "first_kills") == total(both[other], "first_deaths")
        assert total(both[team], "kills") == total(both[other], "deaths")
        for whole, *halves in zip(both[team], attack[team], defence[team], strict=True):
            for field in ("kills", "deaths", "assists", "first_kills", "first_deaths"):
                assert getattr(whole, field) == total(halves, field)
            assert whole.kills is not None
            assert whole.deaths is not None
            assert whole.kd_difference == whole.kills - whole.deaths


@pytest.mark.parametrize("name", MATCHES)
def test_the_comments_of_readers_are_not_kept(recordings: Path, name: str) -> None:
    body = (recordings / "vlr" / name).read_bytes()
    kept = MatchPage.redact(body)
    assert b"post-header-author" not in kept
    assert b'name="token"' not in kept
    assert kept.rstrip().endswith(b"</html>")


def test_a_page_of_another_kind_is_no_match(recordings: Path) -> None:
    for path in sorted((recordings / "vlr").glob("*/*.html")):
        if str(path.relative_to(recordings / "vlr")) in MATCHES:
            continue
        for page in (MatchPage, ArticlePage):
            with pytest.raises(CrawlersError):
                list(page_of(page, path, "/1/x").items())


@pytest.mark.parametrize("name", MATCHES)
def test_no_part_of_a_recorded_match_passes_for_the_whole(recordings: Path, name: str) -> None:
    body = MatchPage.redact((recordings / "vlr" / name).read_bytes())
    for part in range(30):
        with pytest.raises(CrawlersError):
            list(MatchPage(f"{SITE}{MATCHES[name]}", body[: len(body) * part // 30]).items())
