"""The cards, the chat and the errors of DuelingBook's pages."""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.errors import (
    BlockedError,
    CrawlersError,
    LoginError,
    MissingError,
    NotReadyError,
    PageError,
    UpstreamError,
)
from crawlers.items.duels import DuelCard, DuelChat, DuelReplay
from spiders.duelingbook.pages import ReplayPage, ReplayWithChatPage
from spiders.duelingbook.plays import quoted
from tests.replica.duel_records import record
from tests.replica.duels import FUSION, Ending, GameSpec, MatchSpec, RecordSpec

URL = "https://www.duelingbook.com/replay?id=7"
MATCH = MatchSpec((GameSpec(Ending("Admit defeat", 2, over=True), turns=1),))


def data_of(match: MatchSpec = MATCH, **more: Any) -> dict[str, Any]:
    return record(RecordSpec(7, (match,), **more))


def redacted(data: Any) -> bytes:
    return ReplayPage.redact(json.dumps(data).encode())


def read(data: dict[str, Any]) -> DuelReplay:
    replay = next(ReplayPage(URL, redacted(data)).items())
    assert isinstance(replay, DuelReplay)
    return replay


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


def test_chat_and_notes_are_gone_unless_asked_for() -> None:
    body = json.dumps(data_of()).encode()
    silent, spoken = ReplayPage.redact(body), ReplayWithChatPage.redact(body)
    for secret in (b"secret", b"555-0100"):
        assert secret not in silent
        assert secret in spoken
    *_, chat = ReplayWithChatPage(URL, spoken).items()
    assert isinstance(chat, DuelChat)
    assert [(line.kind, line.text) for line in chat.lines] == [
        ("note", "call me: 555-0100"),
        ("duel", "secret words"),
        ("watcher", "secret whisper"),
    ]
    assert read(json.loads(silent)).plays["Duel message"] == 1


def test_a_replay_without_chat_has_an_empty_chat_so_that_it_is_known() -> None:
    body = ReplayWithChatPage.redact(json.dumps(data_of(chat=False)).encode())
    *_, chat = ReplayWithChatPage(URL, body).items()
    assert chat == DuelChat(replay="7", lines=())


def test_what_somebody_says_in_a_play_of_an_unknown_type_is_gone_too() -> None:
    data = data_of()
    data["plays"].append(
        {"play": "Shout", "seconds": 900, "message": "hidden words", "html": "hidden words"}
    )
    assert b"hidden words" not in redacted(data)


@pytest.mark.parametrize(
    "play",
    [
        {"play": "Duel message", "text": "hidden words"},
        {"play": "Watcher message", "sender": {"said": "hidden words"}},
        {"play": "Call admin", "issue": "hidden words"},
        {"play": "Duel message", "log": "hidden words"},
        {"play": "Duel message", "log": ["hidden words"]},
        {"play": "Duel message", "log": {"type": "duel", "public_log": "hidden words"}},
        {"play": "duel message", "content": "hidden words"},
        {"play": ["Duel message"], "message": "hidden words"},
    ],
)
def test_talk_is_gone_whatever_field_holds_it(play: dict[str, Any]) -> None:
    data = data_of()
    data["plays"].append({"seconds": 900, "username": "Ann"} | play)
    assert b"hidden words" not in redacted(data)
    assert b"hidden words" in ReplayWithChatPage.redact(json.dumps(data).encode())


@pytest.mark.parametrize(
    "line",
    [
        {"type": "game", "public_log": 'Ann hosted Match With Duel Note "hidden words"'},
        {"type": "game", "public_log": "Ann joined pool", "note": "hidden words"},
        "hidden words",
    ],
)
def test_a_note_is_gone_however_the_lobby_spells_it(line: Any) -> None:
    data = data_of()
    data["logs"].append(line)
    assert b"hidden words" not in redacted(data | {"message": "hidden words"})


def test_a_line_of_chat_is_gone_wherever_it_stands() -> None:
    data = data_of()
    line = {"type": "chat", "public_log": '"private"', "private_log": "private"}
    data["plays"][-1]["log"] = [line, line | {"type": "duel", "public_log": "kept"}]
    data["logs"].append(line)
    data["plays"][-1]["log"][1].pop("private_log")
    assert b"private_log" in redacted(data)  # of the draws
    assert b'"private"' not in redacted(data)
    assert b"kept" in redacted(data)


def test_equal_replays_are_equal_bytes_however_they_were_saved() -> None:
    data = data_of()
    pretty = b"\xef\xbb\xbf" + json.dumps(data | {"liked": True}, indent=4).encode()
    assert ReplayPage.redact(pretty) == redacted(data)


def test_a_saved_page_keeps_its_title_and_its_notice_and_nothing_else() -> None:
    html = b"""<!doctype html><title> Replay -
      Duelingbook</title><script>'Invalid link'</script><!-- Invalid Token -->
      <div>secret words</div><p>Replay does not exist</p>"""
    assert ReplayPage.redact(html) == (
        b"<title>Replay - Duelingbook</title><p>Replay does not exist</p>"
    )


@pytest.mark.parametrize("page_class", [ReplayPage, ReplayWithChatPage])
def test_of_a_har_given_as_a_replay_nothing_is_kept(page_class: type[ReplayPage]) -> None:
    har = {"log": {"entries": [{"request": {"cookies": [{"value": "secret"}]}}]}}
    assert page_class.redact(json.dumps(har).encode()) == b"{}"
    assert page_class.redact(json.dumps(har).encode()[:-3]) == b""


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Missing token", BlockedError),
        ("Invalid Token", BlockedError),
        ("Come back with a crown", BlockedError),
        ("You must be logged in to view this replay", LoginError),
        ("Replay does not exist", MissingError),
        ("Invalid link, check it", MissingError),
        ("Duel is still in progress. Please wait", NotReadyError),
        ("Failed to read replay data", UpstreamError),
    ],
)
def test_each_error_of_the_site_is_an_outcome_of_its_own(
    message: str, error: type[PageError]
) -> None:
    body = redacted({"action": "Error", "message": message})
    with pytest.raises(error, match=message[:12]) as raised:
        list(ReplayPage(URL, body).items())
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("html", "error"),
    [
        (b"<html><body>Duel is still in progress. Wait", NotReadyError),
        (b"<p>Invalid link to a replay", MissingError),
        (b"<title>Just a moment...</title>", BlockedError),
        (b"<title>Duelingbook</title><canvas>", UpstreamError),
    ],
)
def test_html_instead_of_an_answer_says_why(html: bytes, error: type[PageError]) -> None:
    with pytest.raises(error) as raised:
        list(ReplayPage(URL, ReplayPage.redact(html)).items())
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"action": "Load replays", "duels": []}, "the answer to 'Load replays'"),
        ({"duels": []}, "neither a replay nor an error"),
        ([], "not an object"),
        ("", "not an object"),
        ({"plays": []}, "KeyError: 'id'"),
        ({"plays": [], "id": 7}, "a replay without plays"),
        ({"plays": [{"play": "RPS"}], "id": 8}, "replay 8 instead of 7"),
        ({"plays": ["RPS"], "id": 7, "format": "er"}, "TypeError"),
    ],
)
def test_what_is_no_replay_is_refused(data: Any, problem: str) -> None:
    with pytest.raises(PageError, match=problem) as raised:
        list(ReplayPage(URL, redacted(data)).items())
    assert not isinstance(raised.value, BlockedError | MissingError)


DAMAGE: tuple[Any, ...] = (None, 0, -1, "", "x", [], {}, [[]], [{}], True, 2**70, {"play": "RPS"})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value inside of *value*."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        yield (*path, key)
        if isinstance(one, dict | list):
            yield from places(one, (*path, key))


PLACES = list(places(data_of()))


@pytest.mark.parametrize("page_class", [ReplayPage, ReplayWithChatPage])
@given(st.sampled_from(PLACES), st.sampled_from(DAMAGE))
def test_any_value_in_the_place_of_another_gives_rows_or_an_error_of_ours(
    page_class: type[ReplayPage], path: tuple[Any, ...], junk: Any
) -> None:
    data = json.loads(json.dumps(data_of()))
    *way, last = path
    reduce(getitem, way, data)[last] = junk
    body = page_class.redact(json.dumps(data).encode())
    assert page_class.redact(body) == body
    with suppress(CrawlersError):
        assert list(page_class(URL, body).items())


def test_cards_of_two_decks_are_rows_of_their_own() -> None:
    cards = [card for card in read(data_of()).cards if isinstance(card, DuelCard)]
    assert len({card.key for card in cards}) == len(cards)
    assert {card.player for card in cards} == {"Ann", "Bob"}
