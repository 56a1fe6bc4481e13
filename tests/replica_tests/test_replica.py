"""The stand-in for Lichess answers, refuses and counts as the real site does."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import chess.pgn
import pytest
from protego import Protego

from tests.replica import LichessReplica, UserSpec, World

NDJSON = {"Accept": "application/x-ndjson"}
Row = dict[str, Any]
WORLD = World(
    (
        UserSpec("Alice", 90, ongoing=2, odd=0.3),
        UserSpec("Empty", 0),
        UserSpec("Gone", 9, closed=True),
    ),
    pool=30,
)


@pytest.fixture
async def site() -> AsyncIterator[LichessReplica]:
    async with LichessReplica(World(WORLD.users, pool=30)) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def export(client: aiohttp.ClientSession, site: LichessReplica, query: str = "") -> list[Row]:
    """Read the games of Alice."""
    url = f"{site.origin}/api/games/user/ALICE?{query}"
    async with client.get(url, headers=NDJSON) as answer:
        assert answer.status == 200
        return [json.loads(line) for line in (await answer.read()).splitlines()]


async def test_exports_are_newest_first_unless_asked(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    down = [game["createdAt"] for game in await export(client, site)]
    up = [game["createdAt"] for game in await export(client, site, "sort=dateAsc")]
    assert down == sorted(up, reverse=True)
    assert up == sorted(up)
    assert down[:7] == [game["createdAt"] for game in await export(client, site, "max=7")]


@pytest.mark.parametrize(("bounds", "games"), [("inclusive", 3), ("exclusive", 1)])
async def test_bounds_are_inclusive_or_not_by_a_switch(
    client: aiohttp.ClientSession, site: LichessReplica, bounds: Any, games: int
) -> None:
    site.world.bounds = bounds
    times = [entry.created_at for entry in site.games.of("alice")]
    query = f"since={times[20]}&until={times[22]}&ongoing=true"
    assert len(await export(client, site, query)) == games


async def test_ongoing_games_come_when_asked_and_never_from_the_index(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    started = [game["status"] for game in await export(client, site)].count("started")
    assert started == 0
    both = await export(client, site, "ongoing=true")
    assert len(both) == 90
    only = await export(client, site, "finished=false")
    assert [game["source"] for game in only] == ["lobby", "lobby"]
    index = await export(client, site, "ongoing=true&perfType=correspondence,blitz")
    assert {game["perf"] for game in index} == {"correspondence", "blitz"}
    assert not {game["id"] for game in only} & {game["id"] for game in index}


async def test_the_index_misses_the_latest_games(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    site.world.index_lag_s = 60
    new = {entry.id for entry in site.games.add("alice", 6)}
    assert new <= {game["id"] for game in await export(client, site)}
    for rated in ("true", "false"):
        assert not new & {game["id"] for game in await export(client, site, f"rated={rated}")}


async def test_flags_choose_the_parts_of_a_game(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    keys = set().union(*await export(client, site))
    assert not {"clocks", "analysis", "opening", "division", "pgn"} & keys
    query = "clocks=true&evals=true&opening=true&division=true&accuracy=true&pgnInJson=true"
    full = await export(client, site, query)
    assert {"clocks", "analysis", "opening", "division", "pgn"} <= set().union(*full)
    players = [game["players"]["white"].get("analysis", {}) for game in full]
    assert any("accuracy" in analysis for analysis in players)
    bare = await export(client, site, "moves=false")
    assert "moves" not in set().union(*bare)


async def test_a_forgotten_accept_header_gives_pgn(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    async with client.get(f"{site.origin}/api/games/user/alice?clocks=true") as answer:
        assert answer.content_type == "application/x-chess-pgn"
        text = io.StringIO(await answer.text())
    count = 0
    while found := chess.pgn.read_game(text):
        assert not found.errors
        count += 1
    assert count == len(await export(client, site))
    headers = {"Accept": "application/json"}
    async with client.get(f"{site.origin}/api/games/user/alice", headers=headers) as answer:
        assert answer.content_type == "application/x-ndjson"


async def test_games_by_id_are_newest_first_without_the_missing(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    ids = [entry.id for entry in site.games.of("alice")[:5]]
    url = f"{site.origin}/api/games/export/_ids"
    async with client.post(url, data=",".join([*ids, "missing0"]), headers=NDJSON) as answer:
        found = [json.loads(line)["id"] for line in (await answer.read()).splitlines()]
    assert found == ids[::-1]
    many = ",".join(f"id{number:06}" for number in range(301))
    async with client.post(url, data=many, headers=NDJSON) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/api/user/nobody", 404, '{"error":"Not found"}'),
        ("/api/games/user/nobody", 404, '{"error":"Not found"}'),
        ("/api/user/gone", 200, '{"id":"gone","username":"Gone","disabled":true}'),
        ("/api/games/user/gone", 404, '{"error":"Not found"}'),
        ("/api/games/user/empty", 200, ""),
        ("/game/export/abcdefgh", 404, '{"error":"Not found"}'),
    ],
)
async def test_unknown_closed_and_empty_accounts(
    client: aiohttp.ClientSession, site: LichessReplica, path: str, status: int, body: str
) -> None:
    async with client.get(site.origin + path, headers=NDJSON) as answer:
        assert (answer.status, await answer.text()) == (status, body)


async def test_an_empty_user_agent_and_a_wrong_token_are_refused(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    url = f"{site.origin}/api/user/alice"
    async with client.get(url, headers={"User-Agent": ""}) as answer:
        assert answer.status == 404
    async with client.get(url, headers={"Authorization": "Bearer wrong"}) as answer:
        assert answer.status == 401
    async with client.get(url, headers={"Authorization": "Bearer good_token"}) as answer:
        assert answer.status == 200


async def test_users_have_private_data_and_rating_points(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    async with client.get(f"{site.origin}/api/user/Alice") as answer:
        user = await answer.json()
    assert {"bio", "realName", "location", "links"} <= set(user["profile"])
    counts = user["count"]
    assert counts["all"] == 90 == sum(counts[k] for k in ("win", "loss", "draw", "playing"))
    async with client.get(f"{site.origin}/api/user/Alice/rating-history") as answer:
        history = await answer.json()
    assert [] in [perf["points"] for perf in history]
    months = [point[1] for perf in history for point in perf["points"]]
    assert 0 <= min(months) <= max(months) <= 11


async def test_robots_allow_the_exports_that_we_use(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    async with client.get(f"{site.origin}/robots.txt") as answer:
        robots = Protego.parse(await answer.text())
    assert robots.can_fetch("/api/games/user/alice", "bot")
    assert robots.can_fetch("/api/games/export/_ids", "bot")
    assert not robots.can_fetch("/game/export/abcdefgh", "bot")


async def test_a_finished_game_changes_though_it_is_old(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    (_, game) = await export(client, site, "finished=false")
    site.games.finish(game["id"])
    url = f"{site.origin}/api/games/export/_ids"
    async with client.post(url, data=game["id"], headers=NDJSON) as answer:
        ended = json.loads(await answer.read())
    assert ended["status"] == "resign"
    assert ended["createdAt"] == game["createdAt"]
    assert ended["lastMoveAt"] > game["lastMoveAt"]
    assert ended["moves"].startswith(game["moves"])
    with pytest.raises(ValueError, match="has ended already"):
        site.games.finish(game["id"])
