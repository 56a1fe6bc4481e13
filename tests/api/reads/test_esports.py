"""Esports: what well-known APIs of the site answer, from what is stored."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from crawlers.items.esports import (
    EsportsCircuit,
    EsportsCircuitStanding,
    EsportsEvent,
    EsportsEventMap,
    EsportsEventMatch,
    EsportsEventTeam,
    EsportsMap,
    EsportsMapEconomy,
    EsportsMapPlayer,
    EsportsMatch,
    EsportsNews,
    EsportsPlayer,
    EsportsPlayerAgent,
    EsportsPlayerSpan,
    EsportsPrize,
    EsportsRanking,
    EsportsRankingList,
    EsportsRosterMember,
    EsportsRound,
    EsportsRoundEconomy,
    EsportsSearchResult,
    EsportsStanding,
    EsportsStats,
    EsportsTeam,
    EsportsTransaction,
)
from tests.api.reads.reading import NOON, Reads


async def ids(reads: Reads, path: str, **query: Any) -> list[str]:
    """Return the ids of the rows that are found."""
    return [row["id"] for row in await reads.rows(f"/esports{path}", limit=2, **query)]


def match(number: int, status: str = "completed", **more: Any) -> EsportsMatch:
    """Return a match that begins *number* days after noon."""
    values: dict[str, Any] = {"starts_at": NOON + timedelta(days=number)}
    return EsportsMatch(id=str(number), status=status, **values | more)


async def test_events_are_found_by_status_region_and_date(reads: Reads) -> None:
    day = date(2026, 3, 1)
    await reads.put(
        EsportsEvent(id="1", name="Masters", status="completed", region="emea", starts_on=day),
        EsportsEvent(id="2", name="Champions", listed_status="ongoing", status="upcoming",
                     region="emea", starts_on=day + timedelta(days=9)),
        EsportsEvent(id="3", name="Challengers", listed_status="upcoming"),
    )  # fmt: skip
    assert await ids(reads, "/events") == ["2", "1", "3"]
    assert await ids(reads, "/events", status="ongoing") == ["2"]
    assert await ids(reads, "/events", status="upcoming") == ["3"]
    assert await ids(reads, "/events", region="emea", until="2026-03-02") == ["1"]
    assert await ids(reads, "/events", name="cha") == ["3", "2"]


async def test_an_event_comes_with_all_that_belongs_to_it(reads: Reads) -> None:
    standings = [
        EsportsStanding(event_id="1", stage="Swiss", group_name="A", position=n, team_name=f"T{n}")
        for n in (1, 2)
    ]
    event = EsportsEvent(
        id="1", name="Masters", prizes=(EsportsPrize(event_id="1", position=1, place="1st"),),
        teams=(EsportsEventTeam(event_id="1", team_id="7", team_name="T1"),),
        standings=tuple(standings),
    )  # fmt: skip
    await reads.put(
        event,
        EsportsEventMatch(event_id="1", match_id="5", round="Final", starts_at=NOON),
        EsportsEventMatch(event_id="1", match_id="6", status="tbd"),
        EsportsEventMap(event_id="1", map="all", agent_picks_percent={"jett": 50.0}),
    )
    found = await reads.get("/esports/events/1")
    assert [one["place"] for one in found["prizes"]] == ["1st"]
    assert [one["team_id"] for one in found["teams"]] == ["7"]
    assert [one["team_name"] for one in found["standings"]] == ["T1", "T2"]
    assert [one["match_id"] for one in found["matches"]] == ["5", "6"]
    assert found["maps"][0]["agent_picks_percent"] == {"jett": 50.0}
    rows = await reads.rows("/esports/events/1/standings", stage="Swiss", limit=1)
    assert [one["position"] for one in rows] == [1, 2]
    rows = await reads.rows("/esports/events/1/matches", limit=1)
    assert [one["match_id"] for one in rows] == ["5", "6"]


async def test_matches_are_found_by_status_event_team_and_player(reads: Reads) -> None:
    line: dict[str, Any] = {"game_id": "all", "side": "both", "team": 1, "player_name": "aspas"}
    await reads.put(
        match(1, event_id="9", team1_id="7", team2_id="8",
              players=(EsportsMapPlayer(match_id="1", player_id="3", **line),
                       EsportsMapPlayer(match_id="1", player_id="3", **line | {"side": "t"}))),
        match(2, "live", event_id="9", team1_id="8", team2_id="6"),
        match(10, event_id="4", team1_id="6", team2_id="7",
              players=(EsportsMapPlayer(match_id="10", player_id="3", **line),)),
        match(11, "upcoming", starts_at=None),
    )  # fmt: skip
    assert await ids(reads, "/matches") == ["10", "2", "1", "11"]
    assert await ids(reads, "/matches", status="upcoming") == ["11"]
    assert await ids(reads, "/matches", event="9", status="completed") == ["1"]
    assert await ids(reads, "/matches", team="7", sort="starts_at") == ["1", "10"]
    assert await ids(reads, "/matches", player="3") == ["10", "1"]
    assert await ids(reads, "/matches", since="2026-01-03", until="2026-01-05") == ["2"]


async def test_a_match_comes_with_maps_rounds_players_and_economy(reads: Reads) -> None:
    of: dict[str, Any] = {"match_id": "1", "game_id": "5"}
    maps = (EsportsMap(**of, number=1, map="Bind", team1_score=13, team2_score=7),)
    rounds = tuple(EsportsRound(**of, number=n, winner=1, side="t", method="elim") for n in (1, 2))
    players = (EsportsMapPlayer(**of, player_id="3", side="both", team=1, player_name="aspas",
                                kills=20),)  # fmt: skip
    await reads.put(
        match(1, maps=maps, rounds=rounds, players=players),
        EsportsMapEconomy(**of, team=1, pistols_won=2),
        EsportsRoundEconomy(**of, number=1, team1_bank=800),
    )
    found = await reads.get("/esports/matches/1")
    assert [(one["map"], one["team1_score"]) for one in found["maps"]] == [("Bind", 13)]
    assert [one["number"] for one in found["rounds"]] == [1, 2]
    assert [(one["player_id"], one["kills"]) for one in found["players"]] == [("3", 20)]
    assert found["economy"][0]["pistols_won"] == 2
    assert found["round_economy"][0]["team1_bank"] == 800
    assert found["performances"] == []


async def test_a_team_comes_with_its_roster_and_who_came_and_went(reads: Reads) -> None:
    member = EsportsRosterMember(
        team_id="7", player_id="3", alias="aspas", is_staff=False, is_captain=True
    )
    move: dict[str, Any] = {"team_id": "7", "player_id": "3", "alias": "aspas"}
    await reads.put(
        EsportsTeam(id="7", name="MIBR", active=True, rank=2, rank_region="Brazil",
                    roster=(member,)),
        EsportsTeam(id="8", name="LOUD", active=True, rank=1, rank_region="Brazil"),
        EsportsTeam(id="9", name="Gambit", active=False),
        EsportsTransaction(**move, action="join", date_text="2025/10/01",
                           happened_on=date(2025, 10, 1)),
        EsportsTransaction(**move, action="leave", date_text="Unknown"),
    )  # fmt: skip
    assert await ids(reads, "/teams") == ["9", "8", "7"]
    assert await ids(reads, "/teams", region="Brazil") == ["8", "7"]
    assert await ids(reads, "/teams", active="false") == ["9"]
    found = await reads.get("/esports/teams/7")
    assert [(one["alias"], one["is_captain"]) for one in found["roster"]] == [("aspas", True)]
    assert {one["action"] for one in found["transactions"]} == {"join", "leave"}
    for query in ({"team": "7"}, {"player": "3"}, {}):
        rows = await reads.rows("/esports/transactions", limit=1, **query)
        assert [one["action"] for one in rows] == ["join", "leave"]


async def test_a_player_comes_with_agents(reads: Reads) -> None:
    agents = tuple(
        EsportsPlayerAgent(player_id="3", span="all", agent=name, games=n)
        for n, name in enumerate(("jett", "raze"), 1)
    )
    await reads.put(
        EsportsPlayer(id="3", alias="aspas", country="br"),
        EsportsPlayerSpan(player_id="3", span="all", agents=agents),
    )
    found = await reads.get("/esports/players/3")
    assert [(one["agent"], one["games"]) for one in found["agents"]] == [("jett", 1), ("raze", 2)]
    assert await ids(reads, "/players", alias="ASP") == ["3"]
    assert await ids(reads, "/players", country="us") == []


async def test_rankings_and_standings_come_by_region_and_rank(reads: Reads) -> None:
    def team(region: str, rank: int, scope: str = "region") -> EsportsRanking:
        name = f"{region}{rank}"
        return EsportsRanking(
            scope=scope, region=region, team_id=f"{rank}", team_name=name, rank=rank
        )

    def list_of(region: str, scope: str, *teams: EsportsRanking) -> EsportsRankingList:
        return EsportsRankingList(scope=scope, region=region, teams=teams)

    standing = EsportsCircuitStanding(
        year=2026, region="EMEA", team_id="7", team_name="FNC", rank=1, points=9.5
    )
    await reads.put(
        list_of("korea", "region", team("korea", 10), team("korea", 9)),
        list_of("japan", "region", team("japan", 1)),
        list_of("korea", "world", team("korea", 9, "world")),
        EsportsCircuit(year=2026, region="EMEA", teams=(standing,)),
    )
    rows = await reads.rows("/esports/rankings", limit=1, scope="region")
    assert [one["team_name"] for one in rows] == ["japan1", "korea9", "korea10"]
    rows = await reads.rows("/esports/rankings", limit=1, scope="region", region="korea")
    assert [one["rank"] for one in rows] == [9, 10]
    assert len(await reads.rows("/esports/rankings", team="9", limit=1)) == 2
    rows = await reads.rows("/esports/standings", year=2026)
    assert [(one["team_name"], one["points"]) for one in rows] == [("FNC", 9.5)]
    assert await reads.rows("/esports/standings", year=2025) == []


async def test_statistics_come_by_any_measure_and_those_without_it_last(reads: Reads) -> None:
    query = "region=emea&tier=vct"
    for number, rating in ((1, 1.1), (2, None), (3, 1.3)):
        line: dict[str, Any] = {"player_id": str(number), "player_name": "a", "rating": rating}
        await reads.put(EsportsStats(query=query, kd=9.0 - number, **line))
    for sort, expected in (("-rating", "312"), ("rating", "132"), ("-kd", "123")):
        rows = await reads.rows("/esports/statistics", query=query, sort=sort, limit=1)
        assert "".join(one["player_id"] for one in rows) == expected
    rows = await reads.rows("/esports/statistics", player="3")
    assert [one["query"] for one in rows] == [query]


async def test_news_come_newest_first_and_an_article_with_its_text(reads: Reads) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    await reads.put(
        EsportsNews(id="99", title="<b>Old</b>", author="x", listed_on=date(2026, 4, 1)),
        EsportsNews(id="100", title="New", text="One.\n\nTwo.", published_at=at),
    )
    assert await ids(reads, "/news") == ["100", "99"]
    assert await ids(reads, "/news", author="x") == ["99"]
    assert await ids(reads, "/news", sort="-listed_on") == ["99", "100"]
    assert (await reads.get("/esports/news/100"))["text"] == "One.\n\nTwo."
    response = await reads.ask("/esports/news/99")
    assert response.json()["title"] == "<b>Old</b>"
    assert response.headers["content-type"] == "application/json"


async def test_a_search_finds_words_by_their_beginnings_and_the_best_first(reads: Reads) -> None:
    await reads.put(
        EsportsTeam(id="1", name="NRG Academy", active=True),
        EsportsTeam(id="2", name="NRG", tag="NRG", active=True),
        EsportsTeam(id="3", name="Energy", active=True),
        EsportsPlayer(id="4", alias="s0m", real_name="Sam Nrgson"),
        EsportsEvent(id="5", name="Champions: NRG's cup", series_id="6", series_name="NRG cups"),
    )

    async def found(q: str, **query: Any) -> list[tuple[str, str]]:
        rows = (await reads.get("/esports/search", q=q, **query))["rows"]
        return [(one["kind"], one["id"]) for one in rows]

    assert await found("nrg") == [
        ("team", "2"), ("series", "6"), ("team", "1"), ("player", "4"), ("event", "5"),
    ]  # fmt: skip
    assert await found("NRG aca") == [("team", "1")]
    assert await found("nrg", kind="event") == [("event", "5")]
    assert await found("nrg", limit=1) == [("team", "2")]
    assert await found("!'&|:*\\ ()<->") == []
    assert await found("it's & (a | trap) :*") == []


async def test_what_the_site_itself_found_is_there_too(reads: Reads) -> None:
    await reads.put(EsportsSearchResult(query="nrg", kind="team", id="2", position=1, name="NRG"))
    assert await ids(reads, "/search-results", query="nrg", kind="team") == ["2"]
