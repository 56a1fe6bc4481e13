"""The cards and the games of DuelingBook's replays."""

from typing import Any

import pytest

from crawlers.items.duels import DuelCard, DuelReplay
from spiders.duelingbook.plays import quoted
from tests.replica.duels import FUSION, Ending, GameSpec, MatchSpec
from tests.spiders.duelingbook import data_of, read


def counts(replay: DuelReplay, player: str) -> dict[str, tuple[int, int]]:
    """Return (drawn, seen) by card."""
    return {card.card: (card.drawn, card.seen) for card in replay.cards if card.player == player}


def logged(player: str, text: str) -> dict[str, Any]:
    return {"public_log": text, "type": "duel", "username": player}


def with_plays(*plays: dict[str, Any], **more: Any) -> DuelReplay:
    """Read a record with *plays* before the end of its one game."""
    data = data_of(**more)
    end = next(i for i, play in enumerate(data["plays"]) if play["play"] == "Admit defeat")
    data["plays"][end:end] = [{"seconds": 40, "action": "Duel"} | play for play in plays]
    return read(data)


def card(name: str, slot: int | None) -> dict[str, Any]:
    return {"id": 5, "name": name, "card_type": "Spell"} | (
        {"object_id": slot} if slot is not None else {}
    )


def test_cards_are_counted_by_copies_and_by_what_left_the_deck() -> None:
    replay = with_plays()
    mine = counts(replay, "Ann")
    assert mine['Sparrow "Q"'] == (1, 1)
    assert mine[FUSION] == (0, 1)  # of the Extra Deck, seen twice, never drawn
    assert FUSION not in counts(replay, "Bob")  # who only sent it to its owner's graveyard


def test_a_copy_that_comes_back_is_one_copy_still() -> None:
    name = "Paper Wall"
    draw = {"play": "Draw card", "username": "Ann", "id": 130, "card": card(name, 30)}
    draw["log"] = logged("Ann", f'Drew "{name}"')
    back = {"play": "To T Deck", "username": "Ann", "id": 130}
    back["log"] = logged("Ann", f'Returned "{name}" from hand (1/5) to top of deck')
    before = counts(with_plays(), "Ann").get(name, (0, 0))
    assert before == (0, 0)
    assert counts(with_plays(draw, back, draw), "Ann")[name] == (1, 1)
    assert counts(with_plays(draw, draw), "Ann")[name] == (2, 1)  # the peers' rule sees two


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ('Sent "Paper Wall" from Deck to GY', 1),
        ('Milled "Paper Wall" from top of deck', 1),
        ('Revealed "Paper Wall" from Deck', 0),
        ('Special Summoned "Paper Wall" from Extra Deck to M-1 (ATK)', 0),
        ('Sent "Paper Wall" from hand (1/5) to GY', 0),
    ],
)
def test_only_what_leaves_the_main_deck_counts_as_drawn(text: str, drawn: int) -> None:
    play = {"play": "To GY", "username": "Ann", "id": 130, "card": card("Paper Wall", 30)}
    replay = with_plays(play | {"log": logged("Ann", text)})
    assert counts(replay, "Ann")["Paper Wall"] == (drawn, 1)


def test_a_card_belongs_to_its_deck_also_where_the_play_names_no_owner() -> None:
    play = {"play": "Banish", "username": "Bob", "id": 130, "card": card("Paper Wall", 30)}
    replay = with_plays(play | {"log": logged("Bob", 'Banished "Paper Wall" from GY')})
    assert "Paper Wall" in counts(replay, "Ann")


def test_a_shuffled_hand_keeps_its_owner_under_its_new_numbers() -> None:
    shuffle = {"play": "Shuffle hand", "username": "Ann", "prev": [101, 102], "hand": [502, 501]}
    play = {"play": "Banish", "username": "Bob", "id": 501, "card": card("Paper Wall", 30)}
    replay = with_plays(shuffle, play | {"log": logged("Bob", 'Banished "Paper Wall" from GY')})
    assert "Paper Wall" in counts(replay, "Ann")


def test_records_without_slots_count_at_least_what_was_drawn() -> None:
    draw = {"play": "Draw card", "username": "Ann", "card": card("Paper Wall", None)}
    draw["log"] = logged("Ann", 'Drew "Paper Wall"')
    assert counts(with_plays(draw, draw), "Ann")["Paper Wall"] == (2, 2)


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        ('Drew "Maxx "C""', 'Maxx "C"', "Drew "),
        ('Set "A "b" c" from hand (1/5) to S-1', 'A "b" c', "Set  from hand (1/5) to S-1"),
        ("Drew a card", "", "Drew a card"),
        ('one " alone', "", 'one " alone'),
    ],
)
def test_a_name_stands_between_the_first_and_the_last_quote(
    line: str, name: str, words: str
) -> None:
    assert quoted(line) == (name, words)


def test_a_rush_hand_has_four_cards() -> None:
    replay = read(data_of(format="rr", hand=4))
    assert replay.format_name == "rush"
    assert {player: len(hand) for player, hand in replay.games[0].opening_hands.items()} == {
        "Ann": 4,
        "Bob": 4,
    }


def test_a_record_that_hides_the_cards_has_no_hands_and_no_cards() -> None:
    data = data_of()
    data["conceal"] = True
    for play in data["plays"]:
        play.pop("card", None)
        play.pop("cards", None)
        lines = play.get("log") or []
        for line in lines if isinstance(lines, list) else [lines]:
            line.pop("private_log", None)
    data["plays"] = [play for play in data["plays"] if play["play"] not in {"SS ATK", "To GY"}]
    replay = read(data)
    assert replay.concealed
    assert replay.games[0].opening_hands == {}
    assert replay.cards == ()
    assert replay.games[0].winner == "Ann"


def test_life_points_end_with_the_game() -> None:
    data = data_of()
    late = {"play": "Life points", "seconds": 900, "username": "Ann", "amount": -8000, "life": 0}
    data["plays"].append(late)
    game = read(data).games[0]
    assert game.life == {"Bob": 7000}
    assert [(change.player, change.change, change.total) for change in game.life_changes] == [
        ("Bob", -1000, 7000)
    ]


def test_decks_of_later_games_are_those_that_the_site_repeats() -> None:
    games = (GameSpec(Ending("Admit defeat", 1)), GameSpec(Ending("Admit defeat", 1, over=True)))
    data = data_of(MatchSpec(games))
    following = next(play for play in data["plays"] if play["play"] == "Begin next duel")
    following["player2"]["extra_total"] = 3
    replay = read(data)
    assert [game.player2_extra_total for game in replay.games] == [5, 3]
    assert [game.player1_main_total for game in replay.games] == [40, 40]
    assert (replay.player2_extra_total, replay.player2_side_total) == (5, 15)


def test_cards_of_two_decks_are_rows_of_their_own() -> None:
    cards = [card for card in read(data_of()).cards if isinstance(card, DuelCard)]
    assert len({card.key for card in cards}) == len(cards)
    assert {card.player for card in cards} == {"Ann", "Bob"}
