"""Chat in a record: where it is, how to take it out, how to read it."""

from collections.abc import Iterator
from typing import Any, Final

from crawlers.items.duels import ChatLine
from spiders.duelingbook.vocabulary import CHAT, NOTE, is_known

TALK: Final = ("message", "html", "color")
"""Fields that hold what was said; moves of the game have a ``message`` of their own."""

SPOKEN: Final = frozenset(CHAT) | {"Typing", "Call admin"}


def without_chat(data: dict[str, Any]) -> dict[str, Any]:
    """Return *data* without what people said: chat, watchers' chat, notes to an offered duel."""
    result = dict(data)
    for name, silence in (("plays", _silent_play), ("logs", _silent_line)):
        if isinstance(values := data.get(name), list):
            result[name] = [silence(one) if isinstance(one, dict) else one for one in values]
    return result


def chat_lines(data: dict[str, Any]) -> tuple[ChatLine, ...]:
    """Read everything that was said, in order, notes in the lobby first."""
    return (*_notes(data), *_said(data))


def _silent_play(play: dict[str, Any]) -> dict[str, Any]:
    """Keep the play, so that it is counted. A type that nobody knows may be talk as well."""
    kind = play.get("play")
    spoken = not isinstance(kind, str) or kind in SPOKEN or not is_known(kind)
    kept = {name: value for name, value in play.items() if not (spoken and name in TALK)}
    match kept.get("log"):
        case dict() as line:
            kept["log"] = _silent_line(line)
        case list() as lines:
            kept["log"] = [_silent_line(one) if isinstance(one, dict) else one for one in lines]
    return kept


def _silent_line(line: dict[str, Any]) -> dict[str, Any]:
    is_chat = line.get("type") == "chat"
    kept = {}
    for name, value in line.items():
        if name in {"public_log", "private_log"}:
            if is_chat:
                continue
            kept[name] = value.partition(NOTE)[0] if isinstance(value, str) else value
        else:
            kept[name] = value
    return kept


def _notes(data: dict[str, Any]) -> Iterator[ChatLine]:
    for line in data.get("logs") or ():
        _, found, note = line["public_log"].partition(NOTE)
        if found:
            text = note.removeprefix('"').removesuffix('"')
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
