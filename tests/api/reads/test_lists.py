"""Lists: pages, orders, filters, and what is said of wrong ones."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest

from crawlers.items.chess import ChessPlayer
from crawlers.items.esports import EsportsMatch
from tests.api.reads.reading import NOON, Reads, ago

GAMES = {"ada": 3, "bea": None, "cem": 3, "dov": 1, "eva": None, "fay": 3, "gus": 2}


async def put_players(reads: Reads) -> None:
    """Store players with equal and with unknown numbers of games."""
    players = [ChessPlayer(id=n, name=n.title(), closed=False, games=g) for n, g in GAMES.items()]
    await reads.put(*players)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 100])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("games", ["dov", "gus", "ada", "cem", "fay", "bea", "eva"]),
        ("-games", ["fay", "cem", "ada", "gus", "dov", "eva", "bea"]),
        ("name", ["ada", "bea", "cem", "dov", "eva", "fay", "gus"]),
        ("-name", ["gus", "fay", "eva", "dov", "cem", "bea", "ada"]),
    ],
)
async def test_pages_of_any_size_give_each_row_once_and_in_order(
    reads: Reads, limit: int, sort: str, expected: list[str]
) -> None:
    await put_players(reads)
    found = await reads.rows("/chess/players", limit=limit, sort=sort)
    assert [row["id"] for row in found] == expected


async def test_the_last_page_says_that_there_is_no_other(reads: Reads) -> None:
    await put_players(reads)
    assert (await reads.get("/chess/players", limit=7))["next"] is None
    assert (await reads.get("/chess/players", limit=6))["next"] is not None
    assert await reads.get("/chess/players", name="nobody") == {
        "next": None, "oldest_s": None, "newest_s": None, "refresh": None, "rows": [],
    }  # fmt: skip


async def test_a_page_goes_on_where_the_one_before_ended_whatever_came_in_between(
    reads: Reads,
) -> None:
    await put_players(reads)
    first = await reads.get("/chess/players", limit=3, sort="name")
    await reads.put(ChessPlayer(id="abe", name="Abe", closed=False))
    second = await reads.get(first["next"].removeprefix("/v1"))
    assert [row["id"] for row in first["rows"] + second["rows"]] == sorted(GAMES)[:6]


async def test_the_address_of_the_next_page_keeps_filters_and_sort(reads: Reads) -> None:
    at = [NOON + timedelta(hours=n) for n in range(5)]
    matches = [
        EsportsMatch(id=str(n), status="completed", starts_at=at[n], team1_id="7", team2_id="8")
        for n in range(5)
    ]
    await reads.put(*matches, EsportsMatch(id="9", status="upcoming", team2_id="7"))
    query = {"team": "8", "status": "completed", "since": at[1].isoformat(), "sort": "starts_at"}
    found = await reads.rows("/esports/matches", limit=1, **query)
    assert [row["id"] for row in found] == ["1", "2", "3", "4"]
    found = await reads.rows("/esports/matches", limit=2, team="7")
    assert [row["id"] for row in found] == ["4", "3", "2", "1", "0", "9"]


async def test_a_filter_that_nobody_knows_is_named(reads: Reads) -> None:
    assert await reads.problems("/chess/players", colour="red") == {
        "query.colour": "Extra inputs are not permitted"
    }
    assert await reads.problems("/chess/players/ada", full=1) == {"query.full": "no such parameter"}
    assert await reads.problems("/duels/statistics/card", card="a", by="b") == {
        "query.by": "no such parameter"
    }


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/chess/games", {"rated": "perhaps"}, "query.rated"),
        ("/chess/games", {"since": "yesterday"}, "query.since"),
        ("/chess/games", {"limit": 0}, "query.limit"),
        ("/chess/games", {"limit": 1001}, "query.limit"),
        ("/chess/games", {"sort": "moves"}, "query.sort"),
        ("/chess/games", {"perf": ""}, "query.perf"),
        ("/products", {"platform": "ebay"}, "query.platform"),
        ("/products/ebay/1/history", {}, "path.platform"),
        ("/esports/standings", {"year": 10**30}, "query.year"),
        ("/chess/players/" + "a" * 201, {}, "path.player"),
        ("/esports/search", {}, "query.q"),
    ],
)
async def test_a_value_that_is_wrong_is_refused_with_its_field(
    reads: Reads, path: str, query: dict[str, Any], field: str
) -> None:
    assert list(await reads.problems(path, **query)) == [field]


async def test_filters_that_no_index_serves_together_are_refused_with_those_that_one_does(
    reads: Reads,
) -> None:
    problems = await reads.problems("/chess/players", name="a", title="GM")
    assert problems["query"].startswith("name, title do not go together; what does: no filter: ")
    assert "title: sort by -games" in problems["query"]
    assert "query" in await reads.problems("/chess/players", title="GM", sort="name")
    assert (await reads.problems("/duels/cards"))["query"].startswith("give card, perhaps player: ")


async def test_a_cursor_is_good_for_its_own_list_only(reads: Reads) -> None:
    await put_players(reads)
    page = await reads.get("/chess/players", limit=1, sort="games")
    cursor = page["next"].partition("cursor=")[2]
    for query in ({"sort": "-games"}, {"sort": "name"}, {}, {"title": "GM", "sort": "games"}):
        assert list(await reads.problems("/chess/players", cursor=cursor, **query)) == [
            "query.cursor"
        ]
    assert list(await reads.problems("/chess/games", cursor=cursor)) == ["query.cursor"]


@pytest.mark.parametrize(
    "cursor",
    ["", "a", "é", "####", "e30", "W10", "bnVsbA", "[" * 3000, "A" * 4001]
    + [
        urlsafe_b64encode(text.encode()).decode()
        for text in ('["x"]', "[[]]", "[" * 900, '["x", 1e999, "a"]', '{"a": 1}', "\ud7ff")
    ],
)
async def test_what_is_no_cursor_is_refused(reads: Reads, cursor: str) -> None:
    assert list(await reads.problems("/chess/players", cursor=cursor)) == ["query.cursor"]


@pytest.mark.parametrize("values", [["x", "a"], [3, 3], [3], [3, "a", "b"], [None, None]])
async def test_a_cursor_with_other_values_is_refused(reads: Reads, values: list[Any]) -> None:
    await put_players(reads)
    page = await reads.get("/chess/players", limit=1, sort="games")
    cursor = page["next"].partition("cursor=")[2]
    digest = json.loads(urlsafe_b64decode(cursor + "=="))[0]
    forged = urlsafe_b64encode(json.dumps([digest, *values]).encode()).decode()
    assert list(await reads.problems("/chess/players", sort="games", cursor=forged)) == [
        "query.cursor"
    ]


async def test_a_page_and_a_thing_say_how_old_they_are(reads: Reads) -> None:
    await reads.put(ChessPlayer(id="old", name="Old", closed=False), at=ago(hours=2))
    await reads.put(ChessPlayer(id="new", name="New", closed=False), at=ago(minutes=5))
    page = await reads.ask("/chess/players")
    assert page.json()["oldest_s"] // 60 == 120
    assert page.json()["newest_s"] // 60 == 5
    assert page.headers["Age"] == str(page.json()["oldest_s"])
    one = await reads.ask("/chess/players/OLD")
    assert one.json()["age_s"] // 60 == 120
    assert one.headers["Age"] == str(one.json()["age_s"])


async def test_a_key_without_the_scope_reads_nothing(reads: Reads) -> None:
    await reads.uses("jobs")
    for path in ("/chess/players", "/products/shopee/1", "/duels/statistics/card?card=a"):
        assert (await reads.ask(path)).status_code == 403
    del reads.client.headers["Authorization"]
    assert (await reads.ask("/chess/players")).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/chess/players/x", "/chess/games/x", "/chess/games/x/moves", "/chess/players/x/statistics",
        "/duels/replays/1", "/duels/statistics/player?player=x", "/duels/statistics/card?card=x",
        "/duels/statistics/format?format=x", "/esports/events/1", "/esports/matches/1",
        "/esports/teams/1", "/esports/players/1", "/esports/news/1", "/products/shopee/1",
        "/products/shopee/1/statistics", "/shops/shopee/1", "/profiles/instagram/1",
        "/keyword-statistics?platform=shopee&region=sg&keyword=x", "/apify-runs/x",
        "/accounts/instagram/x/statistics",
    ],
)  # fmt: skip
async def test_what_is_not_stored_is_not_found(reads: Reads, path: str) -> None:
    assert (await reads.ask(path)).status_code == 404
