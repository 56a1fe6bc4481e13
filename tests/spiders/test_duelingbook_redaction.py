"""What of a DuelingBook page is kept: no word of anybody, unless it is asked for."""

import json
from typing import Any

import pytest

from crawlers.items.duels import DuelChat
from spiders.duelingbook.pages import ReplayPage, ReplayWithChatPage
from tests.spiders.duelingbook import URL, data_of, read, redacted


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
