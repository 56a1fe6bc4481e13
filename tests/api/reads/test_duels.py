"""Duels: replays by player, win rates by turn order and by card."""

from datetime import timedelta
from typing import Any

from crawlers.items.duels import DuelCard, DuelGame, DuelMatch, DuelReplay
from tests.api.reads.reading import NOON, Reads


def replay(number: int, one: str, two: str | None, *games: DuelGame, **more: Any) -> DuelReplay:
    """Return a replay of one match that ended *number* hours after noon."""
    wins = {name: sum(g.winner == name for g in games) for name in (one, two)}
    winner = max(wins, key=lambda name: wins[name]) if games else None
    match = DuelMatch(
        replay=str(number), number=1, games=len(games), winner=winner,
        loser=two if winner == one else one, started_s=0, player1_wins=wins[one],
        player2_wins=wins[two], draws=0, scores=(), rps=(),
    )  # fmt: skip
    values: dict[str, Any] = {
        "format": "er", "match_type": "m", "rated": True, "solo": False, "tag": False, "plays": {},
        "cards": (),
    }  # fmt: skip
    return DuelReplay(
        id=str(number),
        ended_at=NOON + timedelta(hours=number),
        player1_name=one,
        player2_name=two,
        matches=(match,),
        games=games,
        **values | more,
    )


def game(replay: int, number: int, first: str, winner: str | None, loser: str | None) -> DuelGame:
    """Return a game of the first match."""
    return DuelGame(
        replay=str(replay), match=1, number=number, result="won" if winner else "draw",
        winner=winner, loser=loser, went_first=first, turns=3, started_s=0, opening_hands={},
        life={}, life_changes=(),
    )  # fmt: skip


def card(replay: int, game: int, player: str, name: str, seen: int = 1) -> DuelCard:
    """Return a card that was seen."""
    return DuelCard(
        replay=str(replay), match=1, game=game, player=player, card=name, drawn=seen, seen=seen
    )


async def put_replays(reads: Reads) -> None:
    """Store what ada, bea and cem have played."""
    await reads.put(
        replay(
            1, "ada", "bea", game(1, 1, "ada", "ada", "bea"), game(1, 2, "bea", "bea", "ada"),
            game(1, 3, "ada", "ada", "bea"),
            cards=(card(1, 1, "ada", "Raigeki", 2), card(1, 2, "ada", "Raigeki"),
                   card(1, 3, "bea", "D/D/D Duo-Dawn King")),
        ),
        replay(2, "cem", "ada", game(2, 1, "cem", "cem", "ada"), format="gu", rated=False,
               cards=(card(2, 1, "ada", "Raigeki"),)),
        replay(3, "bea", "cem", game(3, 1, "bea", None, None)),
        replay(4, "ada", None, solo=True),
        replay(5, "bea", "dov", game(5, 1, "bea", "bea", "dov"), tag=True, player3_name="ada",
               player4_name="cem", cards=(card(5, 1, "ada", "Raigeki"),)),
    )  # fmt: skip


async def ids(reads: Reads, **query: Any) -> str:
    """Return the ids of the replays that are found."""
    return "".join(row["id"] for row in await reads.rows("/duels/replays", limit=1, **query))


async def test_replays_are_found_by_any_player_in_them(reads: Reads) -> None:
    await put_replays(reads)
    assert await ids(reads) == "54321"
    assert await ids(reads, player="ada") == "5421"
    assert await ids(reads, player="cem", sort="ended_at") == "235"
    assert await ids(reads, player="ada", rated="false") == "2"
    assert await ids(reads, format="er", tag="false") == "431"
    assert await ids(reads, since="2026-01-01T15:00:00Z", until="2026-01-01T17:00:00Z") == "43"


async def test_a_replay_comes_with_matches_games_and_cards(reads: Reads) -> None:
    await put_replays(reads)
    found = await reads.get("/duels/replays/1")
    assert [(one["number"], one["winner"]) for one in found["games"]] == [
        (1, "ada"), (2, "bea"), (3, "ada"),
    ]  # fmt: skip
    assert found["matches"][0]["player1_wins"] == 2
    assert {(one["card"], one["seen"]) for one in found["cards"]} == {
        ("Raigeki", 2), ("Raigeki", 1), ("D/D/D Duo-Dawn King", 1),
    }  # fmt: skip


async def test_the_statistics_of_a_player_count_matches_turn_order_and_cards(reads: Reads) -> None:
    await put_replays(reads)
    found = await reads.get("/duels/statistics/player", player="ada")
    assert found["matches"] == [
        {"format": "er", "matches": 1, "won": 1, "lost": 0, "undecided": 0},
        {"format": "gu", "matches": 1, "won": 0, "lost": 1, "undecided": 0},
    ]
    assert found["turns"] == [
        {"went_first": True, "games": 2, "won": 2, "lost": 0, "drawn": 0},
        {"went_first": False, "games": 2, "won": 0, "lost": 2, "drawn": 0},
    ]
    assert found["cards"] == [
        {"card": "Raigeki", "games": 3, "won": 1, "lost": 2, "copies_seen": 4 / 3}
    ]


async def test_the_second_of_a_team_wins_with_the_first(reads: Reads) -> None:
    await put_replays(reads)
    found = await reads.get("/duels/statistics/card", card="Raigeki")
    assert found["formats"] == [
        {"format": "er", "games": 3, "won": 2, "lost": 1, "copies_seen": 4 / 3},
        {"format": "gu", "games": 1, "won": 0, "lost": 1, "copies_seen": 1.0},
    ]


async def test_the_statistics_of_a_format_say_what_it_is_worth_to_go_first(reads: Reads) -> None:
    await put_replays(reads)
    found = await reads.get("/duels/statistics/format", format="er")
    told = [found[name] for name in ("games", "first_won", "second_won", "turns")]
    assert told == [5, 4, 0, 3.0]
    assert [one["card"] for one in found["cards"]] == ["Raigeki", "D/D/D Duo-Dawn King"]


async def test_cards_are_listed_by_name_and_by_replay(reads: Reads) -> None:
    await put_replays(reads)
    found = await reads.rows("/duels/cards", card="Raigeki", limit=1)
    assert [(one["replay"], one["game"]) for one in found] == [
        ("5", 1), ("2", 1), ("1", 2), ("1", 1),
    ]  # fmt: skip
    assert len(await reads.rows("/duels/cards", replay="1", player="bea")) == 1
