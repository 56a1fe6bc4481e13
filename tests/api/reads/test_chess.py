"""Chess: games by player, opening and date; moves; statistics."""

from datetime import date, timedelta
from typing import Any

from crawlers.items.chess import ChessGame, ChessPlayer, Perf, RatingPoint
from tests.api.reads.reading import NOON, Reads


def game(number: int, white: str | None, black: str | None, **more: Any) -> ChessGame:
    """Return a game that began *number* hours after noon."""
    at = NOON + timedelta(hours=number)
    values: dict[str, Any] = {
        "rated": True, "variant": "standard", "speed": "blitz", "perf": "blitz", "status": "mate",
        "created_at": at, "last_move_at": at, "white_id": white, "black_id": black,
        "san": ("e4", "e5"), "uci": ("e2e4", "e7e5"),
    }  # fmt: skip
    return ChessGame(id=f"game000{number}", **values | more)


async def put_games(reads: Reads) -> None:
    """Store five games of ada."""
    await reads.put(
        game(1, "ada", "bea", winner="white", opening_eco="B20", opening_name="Sicilian Defense"),
        game(2, "bea", "ada", winner="white", white_rating=1600, black_rating=1500),
        game(3, "ada", "cem", status="draw", perf="rapid", white_accuracy=90.0, white_acpl=20),
        game(4, "ada", "cem", winner="white", rated=False, white_accuracy=80.0, white_acpl=30),
        game(5, "cem", "ada", status="aborted"),
        game(6, "bea", "cem", winner="black"),
        game(7, None, "ada", winner="black", white_ai_level=3),
    )


async def ids(reads: Reads, **query: Any) -> str:
    """Return the last letters of the ids of the games that are found."""
    rows = await reads.rows("/chess/games", limit=2, **query)
    return "".join(row["id"][-1] for row in rows)


async def test_games_are_found_by_player_whatever_the_colour(reads: Reads) -> None:
    await put_games(reads)
    assert await ids(reads) == "7654321"
    assert await ids(reads, player="ADA") == "754321"
    assert await ids(reads, player="ada", sort="created_at") == "123457"
    assert await ids(reads, white="ada") == "431"
    assert await ids(reads, black="ada") == "752"
    assert await ids(reads, white="ada", black="cem") == "43"
    assert await ids(reads, player="bea", perf="blitz", rated=True) == "621"


async def test_a_game_against_oneself_is_there_once(reads: Reads) -> None:
    await reads.put(game(1, "ada", "ada"), game(2, "ada", "ada"))
    assert await ids(reads, player="ada") == "21"


async def test_games_are_found_by_kind_opening_and_date(reads: Reads) -> None:
    await put_games(reads)
    assert await ids(reads, perf="rapid") == "3"
    assert await ids(reads, rated="false") == "4"
    assert await ids(reads, opening="B20") == "1"
    assert await ids(reads, player="ada", status="draw") == "3"
    hour = "2026-01-01T{}:00:00Z".format
    assert await ids(reads, since=hour(15), until=hour(17)) == "43"
    assert await ids(reads, player="ada", since="2026-01-01T17:00:00") == "75"


async def test_a_list_leaves_the_moves_to_the_game(reads: Reads) -> None:
    await put_games(reads)
    row = (await reads.get("/chess/games", limit=1))["rows"][0]
    assert "san" not in row
    assert row["source"] == "a_source"
    assert row["white_ai_level"] == 3
    one = await reads.get("/chess/games/game0001")
    assert (one["san"], one["winner"]) == (["e4", "e5"], "white")


async def test_the_moves_of_a_game_come_with_their_clocks_and_evaluations(reads: Reads) -> None:
    await reads.put(
        game(1, "ada", "bea", clock_cs=(300, 290, 280), eval_cp=(20, None), mate=(None, -3)),
        game(2, "ada", "bea", san=(), uci=()),
    )
    nothing = {"best": None, "judgment": None}
    found = await reads.get("/chess/games/game0001/moves")
    assert found.pop("age_s") >= 0
    assert found == {
        "game": "game0001",
        "rows": [
            {"ply": 1, "san": "e4", "uci": "e2e4", "clock_cs": 300, "eval_cp": 20, "mate": None}
            | nothing,
            {"ply": 2, "san": "e5", "uci": "e7e5", "clock_cs": 290, "eval_cp": None, "mate": -3}
            | nothing,
        ],
    }
    assert (await reads.get("/chess/games/game0002/moves"))["rows"] == []


async def test_the_statistics_of_a_player_count_by_colour_and_kind(reads: Reads) -> None:
    await put_games(reads)
    days = [RatingPoint(player="ada", perf="blitz", day=date(2026, 1, n), rating=1500 + n % 3)
            for n in (1, 2, 3)]  # fmt: skip
    await reads.put(*days)
    found = await reads.get("/chess/players/Ada/statistics")
    counts = {
        (one["perf"], one["color"]): [one[n] for n in ("games", "wins", "draws", "losses")]
        for one in found["records"]
    }
    assert counts == {
        ("blitz", "white"): [2, 2, 0, 0],
        ("blitz", "black"): [3, 1, 0, 1],
        ("rapid", "white"): [1, 0, 1, 0],
    }
    white = next(one for one in found["records"] if one["color"] == "white")
    assert (white["accuracy"], white["acpl"], white["analysed_games"]) == (80.0, 30.0, 1)
    assert white["rated_games"] == 1
    black = next(one for one in found["records"] if one["color"] == "black")
    assert (black["highest_rating"], black["opponents_rating"]) == (1500, 1600.0)
    assert found["openings"] == [
        {"opening_eco": "B20", "opening_name": "Sicilian Defense", "color": "white", "games": 1,
         "wins": 1, "draws": 0, "losses": 0},
    ]  # fmt: skip
    assert found["ratings"] == [
        {"perf": "blitz", "days": 3, "first_day": "2026-01-01", "last_day": "2026-01-03",
         "first_rating": 1501, "last_rating": 1500, "lowest_rating": 1500, "highest_rating": 1502},
    ]  # fmt: skip
    assert found["rows_read"] == 9


async def test_ratings_are_listed_day_by_day(reads: Reads) -> None:
    points = [
        RatingPoint(player="ada", perf=perf, day=date(2026, 1, n), rating=n)
        for perf in ("blitz", "rapid")
        for n in (1, 2, 3)
    ]
    await reads.put(*points)
    found = await reads.rows("/chess/players/ADA/ratings", perf="rapid", since="2026-01-02")
    assert [(one["day"], one["rating"]) for one in found] == [("2026-01-03", 3), ("2026-01-02", 2)]
    assert len(await reads.rows("/chess/players/ada/ratings", limit=1)) == 6


async def test_players_are_found_by_title_and_by_the_beginning_of_a_name(reads: Reads) -> None:
    await reads.put(
        ChessPlayer(id="ada", name="Ada", closed=False, title="GM", games=5),
        ChessPlayer(id="adam", name="adam", closed=False, perfs={"blitz": Perf(rating=1500)}),
        ChessPlayer(id="bea", name="Bea_%", closed=True, title="GM", games=7),
    )
    found = await reads.rows("/chess/players", name="AD", limit=1)
    assert [one["name"] for one in found] == ["Ada", "adam"]
    assert [one["id"] for one in await reads.rows("/chess/players", title="GM")] == ["bea", "ada"]
    assert await reads.rows("/chess/players", name="%") == []
    one = await reads.get("/chess/players/ADAM")
    assert one["perfs"]["blitz"]["rating"] == 1500
