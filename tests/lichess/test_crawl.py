"""What a crawl of Lichess stores: every finished game and player, once, with the right values."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest

from tests.lichess.conftest import NewLichess
from tests.lichess.site import Lichess
from tests.replica import Pair, UserSpec, World
from tests.replica.library import Entry
from tests.replica.users import PRIVATE, rating_history

Bounds = Literal["inclusive", "exclusive"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TWO_PLAYERS = World(
    users=(
        UserSpec("Alice", games=60, odd=0.5, ongoing=2, title="GM"),
        UserSpec("Bob", games=30, odd=0),
        UserSpec("Empty", games=0),
        UserSpec("Gone", closed=True),
    ),
    pairs=(Pair("Alice", "Bob", games=6),),
    pool=30,
)
VALUES = (
    "id, rated, variant, speed, perf, created_at, last_move_at, status, winner, origin,"
    " white_id, white_name, white_rating, white_ai_level, black_id, black_name, black_rating,"
    " black_ai_level, clock_initial_s, clock_increment_s, days_per_turn, initial_fen,"
    " import_date, opening_eco, middlegame_ply, endgame_ply, array_to_string(san, ' '),"
    " clock_cs, eval_cp, mate, best, judgment"
)


def instant(ms: int) -> datetime:
    """Return the UTC instant of epoch milliseconds."""
    return EPOCH + timedelta(milliseconds=ms)


def row_of(game: dict[str, Any]) -> tuple[Any, ...]:
    """Return the `VALUES` of a game as the site holds it."""
    analysis = game.get("analysis")

    def side(color: str) -> tuple[Any, ...]:
        player = game["players"][color]
        user = player.get("user", {})
        name = user.get("name", player.get("name"))
        return user.get("id"), name, player.get("rating"), player.get("aiLevel")

    def evaluations(name: str) -> list[Any] | None:
        return None if analysis is None else [entry.get(name) for entry in analysis]

    judgments = [entry.get("judgment", {}).get("name") for entry in analysis or ()]
    return (
        *(game[name] for name in ("id", "rated", "variant", "speed", "perf")),
        instant(game["createdAt"]),
        instant(game["lastMoveAt"]),
        *(game["status"], game.get("winner"), game["source"]),
        *side("white"),
        *side("black"),
        *(game.get("clock", {}).get(name) for name in ("initial", "increment")),
        *(game.get("daysPerTurn"), game.get("initialFen"), game.get("import", {}).get("date")),
        game.get("opening", {}).get("eco"),
        *(game.get("division", {}).get(name) for name in ("middle", "end")),
        *(game["moves"], game.get("clocks")),
        *(evaluations(name) for name in ("eval", "mate", "best")),
        None if analysis is None else judgments,
    )


def assert_holds(lichess: Lichess, entries: list[Entry]) -> None:
    """Check that exactly *entries* are stored, each once, with the values of the site."""
    stored = {row[0]: row for row in lichess.query(f"select {VALUES} from chess_games")}  # noqa: S608 - a constant
    assert stored.keys() == {entry.id for entry in entries}
    for entry in entries:
        assert stored[entry.id] == row_of(lichess.json(entry)), entry.shape.name


def expected_points(user: UserSpec) -> set[tuple[Any, ...]]:
    """Return the rating points of *user* by player, name of the category, day, rating."""
    return {
        (user.name.lower(), date(year, month + 1, day), rating)
        for history in rating_history(user)
        for year, month, day, rating in history["points"]
    }


def test_every_finished_game_and_player_is_stored_once_with_its_values(
    lichess: NewLichess,
) -> None:
    site = lichess(TWO_PLAYERS)
    players = "Alice,bob,ALICE,Empty,Gone"
    done = site.crawl(players=players)
    assert done.returncode == 0, done.stderr
    assert_holds(site, site.entries())
    names = site.query("select id, name, closed, title from chess_players order by id")
    assert names == [
        ("alice", "Alice", False, "GM"),
        ("bob", "Bob", False, None),
        ("empty", "Empty", False, None),
        ("gone", "Gone", True, None),
    ]
    points = set(site.query("select player, day, rating from chess_rating_points"))
    assert points == set().union(*map(expected_points, site.world.users[:3]))
    assert site.query("select * from quarantine") == []
    asked = site.asked
    assert len(asked) == len(set(asked))
    again = site.crawl(players=players)
    assert again.returncode == 0, again.stderr
    assert "new 0, changed 0" in again.stderr
    later = site.asked[len(asked) :]
    assert sum("sort=dateAsc" in target for target in later) == 3
    assert len(later) <= 1 + 4 + 3 * 3
    assert_holds(site, site.entries())
    site.assert_serial()


def test_no_byte_that_is_kept_is_private(lichess: NewLichess) -> None:
    site = lichess(TWO_PLAYERS)
    site.site.add_fault("insert", "sort=dateAsc", text='{"id":"brokenXX","fullId":"brokenXXabcd",')
    done = site.crawl(players="Alice,Bob", settings={"LOG_LEVEL": "DEBUG"})
    assert done.returncode == 3, done.stderr
    kept = site.everything_kept() + done.stderr.encode()
    assert b"brokenXX" in kept
    assert b"fullId" not in kept
    assert b"brokenXXabcd" not in kept
    for entry in site.games.of("Alice"):
        assert (entry.id + entry.id[:4]).encode() not in kept
    for secret in PRIVATE.values():
        for part in secret.split("\r\n"):
            assert part.encode() not in kept


def test_feeds_hold_flat_rows_with_provenance(lichess: NewLichess) -> None:
    site = lichess(TWO_PLAYERS)
    lines, table = site.crawls.home / "games.jsonl", site.crawls.home / "games.csv"
    done = site.crawl("-O", str(lines), "-O", str(table), players="Alice")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    games = {row["id"]: row for row in rows if row["table"] == "chess_games"}
    assert games.keys() == site.stored
    entry = site.entries("Alice")[0]
    row = games[entry.id]
    assert row["source"] == "lichess"
    assert row["source_url"].startswith(f"{site.site.origin}/api/games/user/Alice?")
    assert datetime.fromisoformat(row["created_at"]) == instant(entry.created_at)
    assert row["san"] == site.json(entry)["moves"].split()
    with table.open(newline="") as file:
        records = list(csv.DictReader(file))
    assert [record["table"] for record in records] == [row["table"] for row in rows]
    record = next(one for one in records if one["id"] == entry.id)
    assert record["san"] == site.json(entry)["moves"]
    assert record["source_url"] == row["source_url"]
    assert not any(isinstance(value, dict) for value in row.values())


def test_seven_hundred_games_within_one_millisecond_are_all_stored(lichess: NewLichess) -> None:
    user = UserSpec("Flood", games=740, same_ms=700, odd=0)
    site = lichess(World(users=(user,), pool=4, bounds="exclusive"))
    done = site.crawl(players="Flood")
    assert done.returncode == 0, done.stderr
    assert site.stored == site.finished()
    site.assert_serial()


def test_the_newest_games_are_found_among_hundreds_within_one_millisecond(
    lichess: NewLichess,
) -> None:
    user = UserSpec("Flood", games=740, same_ms=700, odd=0)
    site = lichess(World(users=(user,), pool=4))
    done = site.crawl(players="Flood", max=730)
    assert done.returncode == 0, done.stderr
    assert site.stored == {entry.id for entry in site.entries()[-730:]}


@pytest.mark.parametrize("bounds", ["inclusive", "exclusive"])
def test_a_limited_first_run_stores_exactly_what_was_asked_for_and_moves_no_mark(
    lichess: NewLichess, bounds: Bounds
) -> None:
    user = UserSpec("Alice", games=90, odd=0.2, ongoing=1)
    site = lichess(World(users=(user,), pool=4, bounds=bounds))
    entries = site.entries()
    newest = site.crawl(players="alice", max=31)
    assert newest.returncode == 0, newest.stderr
    assert site.stored == {entry.id for entry in entries[-31:]}
    since, until = entries[10].created_at, entries[40].created_at
    between = site.crawl(players="Alice", since=since, until=until)
    assert between.returncode == 0, between.stderr
    inside = {entry.id for entry in entries if since <= entry.created_at < until}
    assert site.stored == inside | {entry.id for entry in entries[-31:]}
    site.query("delete from chess_games")
    all_three = site.crawl(players="Alice", since=since, until=until, max=25)
    assert all_three.returncode == 0, all_three.stderr
    wanted = [entry for entry in entries if since <= entry.created_at < until]
    assert site.stored == {entry.id for entry in wanted[-25:]}
    assert site.query("select * from marks") == []
    rest = site.crawl(players="Alice")
    assert rest.returncode == 0, rest.stderr
    assert site.stored == site.finished()
    assert site.mark("alice") is not None


def test_a_run_for_one_kind_has_a_mark_of_its_own(lichess: NewLichess) -> None:
    site = lichess(World(users=(UserSpec("Alice", games=90, odd=0.4, ongoing=2),), pool=30))
    every = site.games.of("Alice")  # the search index holds imported games without a result
    blitz = site.crawl(players="Alice", perf="rapid,blitz")
    assert blitz.returncode == 0, blitz.stderr
    fast = [entry for entry in every if entry.shape.perf in {"blitz", "rapid"}]
    assert_holds(site, fast)
    assert site.column("select key from marks") == ["games/alice/blitz,rapid/any"]
    casual = site.crawl(players="Alice", rated=0)
    assert casual.returncode == 0, casual.stderr
    shapes = {entry.id: entry.shape for entry in every}
    over = {i for i, s in shapes.items() if s.finished or s.source == "import"}
    wanted = {entry.id for entry in fast} | {i for i in over if not shapes[i].rated}
    assert site.stored == wanted
    imported = {i for i, shape in shapes.items() if shape.name == "imported"}
    assert set(site.column("select id from chess_games where status = 'started'")) == imported
    assert site.query("select * from quarantine") == []
    rest = site.crawl(players="Alice")
    assert rest.returncode == 0, rest.stderr
    assert site.stored == wanted | site.finished()
    assert len(site.query("select key from marks")) == 3


def test_a_game_that_the_search_index_did_not_hold_yet_is_fetched_later(
    lichess: NewLichess,
) -> None:
    user = UserSpec("Alice", games=30, odd=0)
    site = lichess(World(users=(user,), pool=4, index_lag_s=900))
    late = set(site.site.control("add", {"user": "Alice", "games": 12}))
    assert site.crawl(players="Alice", rated=1).returncode == 0
    assert not site.stored & late
    site.site.control("settings", {"index_lag_s": 0})
    newest = site.site.control("add", {"user": "Alice", "games": 3})
    assert site.crawl(players="Alice", rated=1).returncode == 0
    rows = site.site.control("games", {"user": "Alice"})
    assert site.crawl(players="Alice").returncode == 0
    assert site.stored == {row[0] for row in rows}
    assert site.column("select bool_and(rated) from chess_games where id = any(%s)", newest)


def ongoing(site: Lichess) -> list[str]:
    """Return the ids of Alice's games that are still being played."""
    shapes = {entry.id: entry.shape for entry in site.games.of("Alice")}
    return [game for game, shape in shapes.items() if shape.name == "ongoing"]


def test_a_correspondence_game_is_fetched_by_id_once_it_has_ended(lichess: NewLichess) -> None:
    site = lichess(World(users=(UserSpec("Alice", games=60, odd=0.2, ongoing=3),), pool=4))
    # The harder case: with `perf` the windows come from the search index.
    arguments, kind = {"players": "Alice", "perf": "correspondence"}, "correspondence/any"
    ended, *playing = ongoing(site)
    first = site.crawl(**arguments)
    assert first.returncode == 0, first.stderr
    assert not site.stored & {ended, *playing}
    mark = site.mark("alice", kind)
    assert mark is not None
    assert set(mark["unfinished"]) == {ended, *playing}
    site.site.control("finish", {"id": ended})
    second = site.crawl(**arguments)
    assert second.returncode == 0, second.stderr
    assert ended in site.stored
    assert not site.stored & set(playing)
    assert sum(target.startswith("POST") for target in site.asked) == 1
    mark = site.mark("alice", kind)
    assert mark is not None
    assert set(mark["unfinished"]) == set(playing)
    assert site.crawl(**arguments).returncode == 0
    assert sum(target.startswith("POST") for target in site.asked) == 1


def test_many_ended_games_go_in_several_requests_and_a_vanished_one_is_let_go(
    lichess: NewLichess,
) -> None:
    site = lichess(World(users=(UserSpec("Alice", games=330, odd=0),), pool=4))
    newest = site.entries()[-1]
    ended = [entry.id for entry in site.entries()[:320]]
    value = {"at_ms": newest.created_at, "unfinished": ["vanished", *ended]}
    site.query(
        "insert into marks values ('lichess', 'games/alice/any/any', %s, now())", json.dumps(value)
    )
    done = site.crawl(players="Alice")
    assert done.returncode == 0, done.stderr
    assert {*ended, newest.id} <= site.stored
    assert sum(target.startswith("POST") for target in site.asked) == 2
    mark = site.mark("alice")
    assert mark is not None
    assert mark["unfinished"] == []
