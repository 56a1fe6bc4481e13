"""Pages on which something moved: what nobody can tell for certain is refused, never guessed."""

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from crawlers.errors import PageError
from crawlers.html import HtmlPage
from crawlers.items.base import Reject
from crawlers.items.esports import (
    EsportsEventMatch,
    EsportsMatch,
    EsportsPlayer,
    EsportsRankingList,
    EsportsRoundEconomy,
)
from crawlers.page import Found
from spiders.vlr.cells import money
from spiders.vlr.event import EventPage
from spiders.vlr.match import MatchPage
from spiders.vlr.news import NewsPage
from spiders.vlr.players import PlayerPage
from spiders.vlr.rankings import RegionRankingsPage
from spiders.vlr.stats import StatsPage
from spiders.vlr.stored import settled
from spiders.vlr.tabs import EconomyPage, PerformancePage
from spiders.vlr.teams import TeamPage, TransactionsPage

GOLDEN = Path(__file__).parents[1] / "golden" / "vlr"
SITE = "https://www.vlr.gg"
ROUND_2 = '<div class="vlr-rounds-row-col" title="2-0"><div class="rnd-num"> 2 </div>'
MEMBERS = "captain-staff-and-an-older-line-up"


class Golden(NamedTuple):
    """A reviewed page."""

    page_class: type[HtmlPage]
    case: str
    path: str


NEW = Golden(MatchPage, "new-markup-with-overtime", "/700001/x")
OLD = Golden(MatchPage, "old-markup-with-overtime", "/700001/x")
EVENT = Golden(EventPage, "new-markup", "/event/41")
PLAYER = Golden(PlayerPage, "new-agents", "/player/71")
NOTHING_PLAYED = Golden(PlayerPage, "no-games-in-the-span", "/player/71/?timespan=30d")
TEAM = Golden(TeamPage, MEMBERS, "/team/501")
MOVES = Golden(
    TransactionsPage, "joined-left-paused-and-on-an-unknown-day", "/team/transactions/501"
)
REGION = Golden(RegionRankingsPage, "records-with-an-en-dash", "/rankings/north-america")
NEWS = Golden(NewsPage, "author-missing", "/news")
DUELS = Golden(PerformancePage, "duels-and-clutches", "/700001/?game=all&tab=performance")
SPENT = Golden(EconomyPage, "halves-and-overtime", "/700001/?game=all&tab=economy")


def found(golden: Golden, old: str, new: str, count: int = -1) -> list[Found]:
    """Return the items of a reviewed page in which *old* has become *new*."""
    text = (GOLDEN / golden.page_class.__name__ / golden.case / "body.html").read_text()
    assert old in text
    body = golden.page_class.redact(text.replace(old, new, count).encode())
    return list(golden.page_class(SITE + golden.path, body).items())


@pytest.mark.parametrize(
    "text",
    ["$1.5M", "$100k", "$1 million", "€10.000", "€1,5", "$10,000.5", "$10,000 TBD", "$1,00,00"],
)
def test_an_amount_in_another_form_is_none_rather_than_a_part_of_it(text: str) -> None:
    assert money(text) is None


def test_currencies_without_cents_are_counted_whole() -> None:
    assert money("10,000,000 VND") == (10_000_000, "VND")
    assert money("5,00,000 INR") == (50_000_000, "INR")


@pytest.mark.parametrize(
    ("golden", "old", "new", "problem"),
    [
        pytest.param(NEW, ROUND_2, ROUND_2.replace(" 2 ", " 1 "), "two rows of esports_rounds",
                     id="a round's number twice"),
        pytest.param(NEW, "/player/12/", "/player/11/", "two rows of esports_map_players",
                     id="a player twice on one scoreboard"),
        pytest.param(NEW, "/player/22/", "/player/11/", "two rows of esports_map_players",
                     id="a player on both scoreboards of a map"),
        pytest.param(NEW, "ovw-table", "brd-table", "no scoreboard of a known kind",
                     id="scoreboards of a third markup"),
        pytest.param(NEW, "match-header-vs-score-winner", "match-header-vs-score-other",
                     None, id="nobody marked as the winner"),
        pytest.param(NEW, '<span class="match-header-vs-score-loser">',
                     '<span class="match-header-vs-score-winner">', None, id="both marked"),
        pytest.param(OLD, '<td class="mod-agents">', '<td></td><td class="mod-agents">',
                     "a player's row has 15 cells of 14", id="a cell without a heading"),
        pytest.param(PLAYER, "<tr><td", "<tr><td></td><td", "an agent with more or fewer cells",
                     id="an agent's cell without a heading"),
        pytest.param(PLAYER, "mod-agent-rows", "mod-agent-cards", "a table of another kind",
                     id="agents in another table"),
        pytest.param(TEAM, "team-roster-item", "team-roster-card", "no roster of a known kind",
                     id="a roster in another markup"),
        pytest.param(REGION, '<div class="rank-item-record">74–35', "<div><!--",  # noqa: RUF001 - the site's dash
                     "records, now and ever", id="one record only"),
    ],
)  # fmt: skip
def test_what_moved_is_refused(golden: Golden, old: str, new: str, problem: str | None) -> None:
    if problem is None:
        (match,) = (one for one in found(golden, old, new) if isinstance(one, EsportsMatch))
        assert (match.team1_score, match.team2_score, match.winner) == (2, 1, 1)
        return
    with pytest.raises(PageError, match=problem):
        found(golden, old, new)


def test_a_winner_with_fewer_maps_is_refused_unless_somebody_gave_up() -> None:
    score = '<span class="match-header-vs-score-winner">2</span>'
    turned = score.replace(">2<", ">0<")
    with pytest.raises(PageError, match="the winner is the team 1 of"):
        found(NEW, score, turned)


def test_the_head_of_a_map_with_its_teams_turned_is_refused() -> None:
    ours, theirs = '<div class="score mod-win">15 </div>', '<div class="score ">13</div>'
    text = (GOLDEN / "MatchPage" / NEW.case / "body.html").read_text()
    before, _, rest = text.partition(ours)
    turned = before + theirs + rest.replace(theirs, ours, 1)
    with pytest.raises(PageError, match="the teams of Sunset are not in the match's order"):
        list(MatchPage(SITE + NEW.path, turned.encode()).items())


def test_a_map_that_both_teams_are_said_to_have_won_has_no_winner() -> None:
    (match,) = found(NEW, '<div class="score ">', '<div class="score mod-win">')
    assert isinstance(match, EsportsMatch)
    assert [one.winner for one in match.maps or ()] == [None, None, None]


def test_what_is_pinned_to_a_name_is_no_part_of_it() -> None:
    (match,) = found(NEW, 'text-of">frost', 'text-of">frost<span class="badge">MVP</span>')
    assert isinstance(match, EsportsMatch)
    assert {one.player_name for one in match.players or () if one.player_id == "21"} == {"frost"}


def test_a_bracket_without_a_time_has_none() -> None:
    first = next(
        one
        for one in found(EVENT, 'data-utc-ts="1759870800"', 'data-utc-ts="0"')
        if isinstance(one, EsportsEventMatch)
    )
    assert first.starts_at is None


def test_the_headings_of_a_players_teams_may_be_written_in_any_case() -> None:
    player = found(NOTHING_PLAYED, "Past Teams", "PAST TEAMS")[0]
    assert isinstance(player, EsportsPlayer)
    assert [one.is_current for one in player.teams] == [True, False]


def test_of_a_team_with_two_lines_in_a_ranking_the_best_stays_and_the_other_is_kept() -> None:
    ranking, again = found(REGION, "/team/502/", "/team/501/")
    assert isinstance(ranking, EsportsRankingList)
    assert [(one.team_id, one.rank) for one in ranking.teams] == [("501", 1)]
    assert isinstance(again, Reject)
    assert again.place == "rank 2"


def test_a_headline_with_a_third_text_is_refused_by_itself() -> None:
    badge = '<div>Featured</div><div style="font-weight: 700;"> Otters'
    first, second = found(NEWS, '<div style="font-weight: 700;"> Otters', badge)
    assert isinstance(first, Reject)
    assert not isinstance(second, Reject)


def test_a_transaction_with_a_cell_more_is_refused_by_itself() -> None:
    first = found(MOVES, "<td", "<td></td><td", 1)[0]
    assert isinstance(first, Reject)


def test_a_round_that_has_not_been_played_was_no_eco() -> None:
    empty = ('<td><div class="round-num">2</div><div class="bank"></div><div class="rnd-sq "></div>'
             '<div class="rnd-sq "></div><div class="bank"></div></td></tr>')  # fmt: skip
    text = (GOLDEN / "EconomyPage" / SPENT.case / "body.html").read_text()
    start = text.index('<td><div class="round-num">2</div>')
    played = text[start : text.index("</tr>", start) + 5]
    before = [one for one in found(SPENT, "</html>", "</html>") if _is_round(one)]
    after = [one for one in found(SPENT, played, empty, 1) if _is_round(one)]
    assert len(after) == len(before) - 1


def test_a_cell_of_statistics_that_names_another_column_than_its_heading_is_refused() -> None:
    heading = '<th data-col="{}"'
    body = f"""<html><body><table class="st-table"><thead><tr><th data-col="player"></th>
        {heading.format("rnd")}></th>{heading.format("fd")}></th>{heading.format("fk")}></th></tr>
        </thead><tbody><tr><td class="mod-player"><a href="/player/1/x"><div class="text-of">x</div>
        </a></td><td data-col="rnd">9</td><td data-col="fk">5</td><td data-col="fd">2</td></tr>
        </tbody></table></body></html>"""
    (reject,) = StatsPage(f"{SITE}/stats?span=all", body.encode()).items()
    assert isinstance(reject, Reject)
    assert "below headings" in reject.error


def test_a_name_twice_above_a_matrix_is_refused() -> None:
    with pytest.raises(PageError, match="two columns of a matrix are about one name"):
        found(DUELS, ">Gale<", ">frost<")


def test_a_finished_match_without_scoreboards_may_get_them_for_two_days() -> None:
    (match,) = found(NEW, "</html>", "</html>")
    assert isinstance(match, EsportsMatch)
    assert match.starts_at is not None
    bare = match.model_copy(update={"players": ()})
    day = timedelta(days=1)
    assert settled(match, match.starts_at + day)
    assert not settled(bare, match.starts_at + day)
    assert settled(bare, match.starts_at + 3 * day)
    assert settled(bare.model_copy(update={"forfeited": True}), match.starts_at)
    assert not settled(match.model_copy(update={"status": "live"}), match.starts_at + 3 * day)


def _is_round(one: Found) -> bool:
    return isinstance(one, EsportsRoundEconomy)
