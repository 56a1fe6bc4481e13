"""What whole crawls of VLR.gg store, in both generations of its markup."""

from datetime import UTC
from typing import Any

import pytest

from tests.replica.vlr.events import Match
from tests.vlr.conftest import everything
from tests.vlr.site import Vlr

CONSISTENT = {
    "rounds add up to the score": """
        select match_id, game_id from esports_maps m join (
            select match_id, game_id, count(*) filter (where winner = 1) as one,
                   count(*) filter (where winner = 2) as two
            from esports_rounds group by 1, 2
        ) r using (match_id, game_id)
        where (team1_score, team2_score) <> (one, two)
    """,
    "halves add up to the score": """
        select match_id, game_id from esports_maps where team1_score <>
            team1_attack + team1_defence + coalesce(team1_overtime, 0)
    """,
    "kills of one team are deaths of the other": """
        select match_id, game_id, side from esports_map_players where side = 'both'
        group by 1, 2, 3 having sum(kills) filter (where team = 1)
            <> sum(deaths) filter (where team = 2)
    """,
    "sides add up": """
        select match_id, game_id, player_id from esports_map_players
        group by 1, 2, 3 having sum(kills) filter (where side = 'both')
            <> sum(kills) filter (where side <> 'both')
    """,
    "maps add up to the match": """
        select match_id, player_id from esports_map_players where side = 'both'
        group by 1, 2 having sum(kills) filter (where game_id = 'all')
            <> sum(kills) filter (where game_id <> 'all')
    """,
    "duels add up to the kills": """
        select p.match_id, p.game_id, p.player_name from esports_map_performances p
        join esports_map_players k using (match_id, game_id, team_tag, player_name)
        where k.side = 'both' and jsonb_typeof(versus) = 'object' and versus <> '{}'
          and kills <> (select sum((value->>'kills')::int) from jsonb_each(versus))
    """,
    "both tabs know the same rounds": """
        select match_id, game_id, number from esports_round_economy e
        join esports_rounds r using (match_id, game_id, number) where e.winner <> r.winner
    """,
}


def row_of(match: Match) -> tuple[Any, ...]:
    """Return what is stored of a match's head."""
    begun = match.status in {"live", "completed"}
    return (
        str(match.id),
        str(match.event.id),
        match.event.name,
        "upcoming" if match.status == "tbd" else match.status,
        match.forfeit,
        match.best_of,
        *(str(team.id) if team else None for team in match.teams),
        *(match.score(team) if begun else None for team in (1, 2)),
        match.winner,
        match.starts.astimezone(UTC),
    )


HEAD = """
    select id, event_id, event_name, status, forfeited, best_of, team1_id, team2_id,
           team1_score, team2_score, winner, starts_at from esports_matches order by id
"""


def test_every_match_is_stored_as_the_site_holds_it(whole: Vlr) -> None:
    matches = sorted(whole.library.matches.values(), key=lambda match: match.id)
    assert whole.query(HEAD) == [row_of(match) for match in matches]
    kinds = {(m.status, m.forfeit, m.best_of, m.bare, m.teams == (None, None)) for m in matches}
    assert len(kinds) >= 8
    maps = whole.query(
        "select game_id, map, picked_by, duration_s, winner, team1_score, team2_score"
        " from esports_maps where team1_score is not null order by game_id"
    )
    games = sorted((game for match in matches for game in match.games), key=lambda g: g.id)
    expected = [
        (str(g.id), g.map, g.picked_by, g.duration_s if g.ended else None, g.winner,
         g.score(1), g.score(2))
        for g in games
    ]  # fmt: skip
    assert maps == expected


def test_every_player_of_every_map_has_the_numbers_of_the_site(whole: Vlr) -> None:
    stored = {
        tuple(row[:3]): row[3:]
        for row in whole.query(
            "select game_id, player_id, side, kills, deaths, assists, first_kills, first_deaths,"
            " rating is null from esports_map_players where game_id <> 'all'"
        )
    }
    seen = 0
    for match in whole.library.matches.values():
        for game in match.games:
            for (number, side), line in game.lines.items():
                team = match.teams[number // 5]
                assert team is not None
                if not line.rounds:  # half a map has one side
                    continue
                key = str(game.id), str(team.players[number % 5].id), side
                sums = (line.kills, line.deaths, line.assists, line.first_kills, line.first_deaths)
                assert stored[key] == (*sums, not game.rated), key
                seen += 1
    assert seen == len(stored)


@pytest.mark.parametrize("name", CONSISTENT)
def test_numbers_of_one_crawl_agree_with_each_other(whole: Vlr, name: str) -> None:
    assert whole.query(CONSISTENT[name]) == []


def test_both_generations_end_in_the_same_tables(both: dict[str, Vlr]) -> None:
    old, new = (both[name].tables() for name in ("old", "new"))
    assert old.keys() == new.keys()
    for name, rows in new.items():
        assert rows, f"{name} is empty"
        assert old[name] == rows, name


def test_nothing_was_quarantined_or_asked_for_twice(both: dict[str, Vlr]) -> None:
    for site in both.values():
        assert site.query("select place, error from quarantine") == []
        first = [target for target in site.targets[: site.first] if not target.startswith("/stats")]
        assert len(first) == len(set(first))


def test_statistics_are_never_the_unfiltered_page_of_a_cold_client(whole: Vlr) -> None:
    queries = set(whole.column("select query from esports_stats where event_id is null"))
    assert queries == {f"region=all&span={span}&tier=all" for span in ("all", "30d")}
    thirty = whole.column("select player_id from esports_stats where query like '%%span=30d%%'")
    assert 0 < len(thirty) == len(set(thirty))
    maps: dict[str, int] = dict(
        whole.query("select query, sum(maps) from esports_stats group by 1")
    )
    assert maps["region=all&span=30d&tier=all"] < maps["region=all&span=all&tier=all"]
    events = set(whole.column("select distinct event_id from esports_stats"))
    held = {str(e.id) for e in whole.library.events.values() if e.status != "upcoming"}
    assert events == {None, *held}


def test_an_article_has_its_text_and_with_a_zone_its_instant(whole: Vlr) -> None:
    rows = whole.query("select id, title, author, published_at, text from esports_news order by id")
    articles = sorted(whole.library.articles.values(), key=lambda one: one.id)
    minutes = [one.at.replace(second=0, microsecond=0) for one in articles]
    assert [row[:4] for row in rows] == [
        (str(one.id), one.title, one.author, at) for one, at in zip(articles, minutes, strict=True)
    ]
    for _, _, _, _, text in rows:
        assert "\n\n" in text
        assert "nice" not in text


def test_a_second_crawl_adds_nothing_and_leaves_out_what_is_final(whole: Vlr) -> None:
    before, count = whole.tables(), len(whole.targets)
    said = whole.stores(**everything(whole), max_age_min=60)
    assert "new 0, changed 0" in said
    assert whole.tables() == before
    later = whole.asked_since(count)
    assert any(target.startswith("/matches/results") for target in later)
    assert not any("tab=" in target for target in later)
    assert not any(target.strip("/").isdigit() for target in later)


def test_two_pages_of_results_are_two_pages_and_the_matches_behind_them(
    vlr: Vlr, both: dict[str, Vlr]
) -> None:
    vlr.site.control("generation", [["/[0-9]*[048]$", "old"]])  # markup may change page by page
    vlr.stores(section="results", pages=2, tabs=0)
    lists = [target for target in vlr.targets if "results" in target]
    assert lists == ["/matches/results", "/matches/results?page=2"]
    newest = [str(match.id) for match in vlr.library.results]
    assert vlr.stored == set(newest[:12])
    assert vlr.query("select * from esports_map_performances") == []
    count = len(vlr.targets)
    vlr.stores(section="results", pages=50, tabs=0, full=1)
    assert vlr.stored == set(newest)
    assert {f"/{match}" for match in newest} < set(vlr.asked_since(count)), "full fetches again"
    assert not any("page=4" in target for target in vlr.targets)
    for name in ("esports_matches", "esports_maps", "esports_rounds", "esports_map_players"):
        assert set(vlr.table(name)) <= set(both["new"].table(name)), name


def test_matches_of_events_teams_and_players_come_when_asked(vlr: Vlr) -> None:
    event = next(e for e in vlr.library.events.values() if e.status == "ongoing")
    team = next(team for team in vlr.library.teams.values() if team not in event.teams)
    vlr.stores(section="events,news", teams=team.id, players=team.players[0].id)
    assert vlr.stored == set()
    assert vlr.column("select count(published_at) from esports_news") == [0], "no zone was given"
    assert len(vlr.query("select id from esports_events")) == len(vlr.library.events)
    assert vlr.column("select count(*) from esports_rosters") == [8]
    vlr.stores(events=event.id, tabs=0)
    matches = {str(match.id) for match in event.matches}
    assert vlr.stored == matches
    vlr.stores(teams=team.id, with_matches=1, tabs=0, pages=9)
    assert vlr.stored == matches | {str(match.id) for match in vlr.library.of_team(team)}
