"""Chat in a record: where it is, how to take it out, how to read it."""

from collections.abc import Iterator
from typing import Any, Final

from crawlers.items.duels import ChatLine
from spiders.duelingbook.vocabulary import CHAT, NOTED, is_known

SPOKEN: Final = frozenset(CHAT) | {"Typing", "Call admin"}
SPOKEN_FIELDS: Final = frozenset({"play", "action", "seconds", "username", "log"})
"""All that is kept of talk: that somebody spoke, and when."""

MOVE_FIELDS: Final = SPOKEN_FIELDS | {
    *("owner", "id", "start_id", "end_id", "attacking_id", "attacked_id", "card", "cards", "zone"),
    *("prev", "hand", "deck", "order", "player1", "player2", "player3", "player4", "over"),
    *("amount", "life", "points", "score", "viewing", "face_down", "shuffle"),
}
"""What is kept of a play of an unknown type, which may be talk: what a move of the game has."""

LINE_FIELDS: Final = frozenset({"type", "seconds", "timestamp", "username"})


def without_chat(data: dict[str, Any]) -> dict[str, Any]:
    """Return *data* without what people said: chat, watchers' chat, notes to an offered duel."""
    result = dict(data)
    for name, silence in (("plays", _silent_play), ("logs", _silent_line)):
        if isinstance(values := data.get(name), list):
            result[name] = [silence(one) if isinstance(one, dict) else None for one in values]
    if "plays" in result:
        result.pop("message", None)
    return result


def chat_lines(data: dict[str, Any]) -> tuple[ChatLine, ...]:
    """Read everything that was said, in order, notes in the lobby first."""
    return (*_notes(data), *_said(data))


def _silent_play(play: dict[str, Any]) -> dict[str, Any]:
    """Keep the play, so that it is counted. A type that nobody knows may be talk as well."""
    kind = play.get("play")
    spoken = not isinstance(kind, str) or kind in SPOKEN
    fields = SPOKEN_FIELDS if spoken else MOVE_FIELDS
    whole = not spoken and is_known(str(kind))
    kept = {name: value for name, value in play.items() if whole or name in fields}
    match kept.get("log"):
        case dict() as line:
            kept["log"] = _silent_line(line, spoken=spoken)
        case list() as lines:
            kept["log"] = [
                _silent_line(one, spoken=spoken) for one in lines if isinstance(one, dict)
            ]
        case _:
            kept.pop("log", None)
    return kept


def _silent_line(line: dict[str, Any], *, spoken: bool = False) -> dict[str, Any]:
    """Keep who, when and of what type; of the site's own words all but a note."""
    kept = {name: value for name, value in line.items() if name in LINE_FIELDS}
    if spoken or line.get("type") == "chat":
        return kept
    for name in ("public_log", "private_log"):
        if isinstance(text := line.get(name), str):
            kept[name] = NOTED.split(text, maxsplit=1)[0]
    return kept


def _notes(data: dict[str, Any]) -> Iterator[ChatLine]:
    for line in data.get("logs") or ():
        _, *note = NOTED.split(line["public_log"], maxsplit=1)
        if note:
            text = note[0].removeprefix('"').removesuffix('"')
            yield ChatLine(
                at_s=line.get("seconds"), player=line.get("username"), kind="note", text=text
            )


def _said(data: dict[str, Any]) -> Iterator[ChatLine]:
    for play in data["plays"]:
        kind = CHAT.get(play["play"])
        if kind and isinstance(text := play.get("message"), str):
            yield ChatLine.model_validate(
                {
                    "at_s": play.get("seconds"),
                    "player": play.get("username"),
                    "kind": kind,
                    "text": text,
                }
            )
