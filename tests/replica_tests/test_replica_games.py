"""What the stand-in for Lichess holds is legal, odd where it should be, and repeatable."""

import json
from typing import Any

import chess
import chess.pgn
import chess.variant
import pytest

from tests.replica import Pair, UserSpec, World
from tests.replica.catalogue import ODD
from tests.replica.games import LONGEST, SHORTEST, VARIANTS, game
from tests.replica.library import Games
from tests.replica.shapes import Flags

ALL = Flags(clocks=True, evals=True, opening=True, division=True, accuracy=True)


def board(variant: str, fen: str) -> chess.Board:
    """Set up the start of a game object."""
    names = {"chess960": "standard", "fromPosition": "standard"}
    kind = chess.variant.find_variant(names.get(variant, variant))
    return kind(fen or kind.starting_fen, chess960=variant == "chess960")


def objects(world: World, name: str, flags: Flags = ALL) -> list[dict[str, Any]]:
    """Give every game object of a user."""
    games = Games(world)
    return [json.loads(entry.line(flags, full_id=True)) for entry in games.of(name)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_games_of_every_variant_are_legal_and_long_enough(variant: str) -> None:
    for seed in range(4):
        found = game(variant, seed)
        position = board(variant, found.initial_fen)
        for san in found.sans:
            assert not position.is_variant_end()
            position.push_san(san)
        assert SHORTEST <= len(found.sans) <= LONGEST


def test_decisive_games_end_by_their_last_move() -> None:
    found = game("standard", 3, decisive=True)
    position = chess.Board()
    for san in found.sans:
        position.push_san(san)
    assert position.is_checkmate()
    assert found.winner == ("black" if position.turn else "white")
    assert len(found.analysis) == len(found.sans) - 1


def test_variations_are_legal_before_their_ply() -> None:
    found = game("crazyhouse", 1)
    position = board("crazyhouse", "")
    for san, entry in zip(found.sans, found.analysis, strict=True):
        if "best" in entry:
            line = position.copy()
            assert line.parse_san(entry["variation"].split()[0]).uci() == entry["best"]
            for move in entry["variation"].split():
                line.push_san(move)
        position.push_san(san)


def test_crazyhouse_drops_and_chess960_castling_are_written_as_the_site_does() -> None:
    drops = " ".join(" ".join(game("crazyhouse", seed).sans) for seed in range(4))
    assert "P@" in drops
    assert " @" not in drops
    castled = " ".join(" ".join(game("chess960", seed).sans) for seed in range(20))
    assert "O-O" in castled


def test_every_odd_shape_occurs_and_has_the_fields_that_are_always_there() -> None:
    world = World((UserSpec("Alice", 300, odd=0.5, ongoing=3),), pool=20)
    games = Games(world)
    names = {entry.shape.name for entry in games.of("alice")}
    assert names == {"plain", "ongoing", *ODD}
    for found in objects(world, "alice"):
        always = {"id", "rated", "variant", "speed", "perf", "createdAt", "lastMoveAt"}
        assert always | {"status", "players", "moves", "fullId"} <= set(found)
        assert len(found["id"]) == 8
        assert found["fullId"].startswith(found["id"])


def test_clocks_have_one_entry_a_ply_or_one_more() -> None:
    extra = set()
    for found in objects(World((UserSpec("Alice", 200),), pool=40), "alice"):
        plies = len(found["moves"].split())
        if "clocks" in found:
            assert len(found["clocks"]) - plies in {0, 1}
            extra.add(len(found["clocks"]) - plies)
        if "analysis" in found:
            ended = found["status"] in {"mate", "variantEnd"}
            assert len(found["analysis"]) == plies - ended
    assert extra == {0, 1}


def test_old_and_new_names_of_events_occur() -> None:
    keys = set().union(*objects(World((UserSpec("Alice", 200),), pool=60), "alice"))
    assert {"tournament", "swiss", "arenaTour", "swissTour", "import", "daysPerTurn"} <= keys


def test_the_same_seed_makes_the_same_world_and_another_seed_another() -> None:
    user = (UserSpec("Alice", 60),)
    assert objects(World(user, pool=20), "alice") == objects(World(user, pool=20), "alice")
    first, second = World(user, pool=20), World(user, pool=20, seed=2)
    assert {e.id for e in Games(first).of("alice")}.isdisjoint(
        e.id for e in Games(second).of("alice")
    )


def test_both_players_see_the_same_object() -> None:
    world = World((UserSpec("Alice", 5), UserSpec("Bob", 5)), (Pair("Alice", "Bob", 8),), pool=20)
    alice = {found["id"]: found for found in objects(world, "alice")}
    bob = {found["id"]: found for found in objects(world, "bob")}
    shared = alice.keys() & bob.keys()
    assert len(shared) == 8
    assert all(alice[game_id] == bob[game_id] for game_id in shared)


def test_a_run_of_games_can_share_one_millisecond() -> None:
    entries = Games(World((UserSpec("Alice", 1000, same_ms=700),))).of("alice")
    times = [entry.created_at for entry in entries]
    assert max(times.count(time) for time in set(times)) >= 700
    assert times == sorted(times)
    ties = [entry.created_at for entry in Games(World((UserSpec("Alice", 100),))).of("alice")]
    assert len(set(ties)) == 98


def test_fifty_thousand_games_have_fifty_thousand_ids() -> None:
    assert len(Games(World((UserSpec("Alice", 50_000),))).by_id) == 50_000


def test_a_world_survives_json() -> None:
    world = World((UserSpec("Alice", 5, title="GM"),), (Pair("Alice", "Alice", 1),), seed=9)
    assert World.from_json(world.to_json()) == world
    with pytest.raises(ValueError, match="a world has no colour"):
        World.from_json('{"colour": 1}')
