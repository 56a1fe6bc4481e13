"""What the replay page's own call answers, and what the page says when there is no replay."""

import re
from typing import Any, Final, NoReturn
from urllib.parse import parse_qs, urlsplit

from pydantic_core import from_json, to_json

from crawlers.errors import (
    BlockedError,
    LoginError,
    MissingError,
    NotReadyError,
    PageError,
    UpstreamError,
)
from crawlers.markup import parts_of, title_in
from spiders.duelingbook.chat import without_chat

NOTICES: Final[dict[str, type[PageError]]] = {
    "Replay does not exist": MissingError,
    "Invalid link": MissingError,
    "Duel is still in progress": NotReadyError,
    "Failed to read replay data": UpstreamError,
    "You must be logged in": LoginError,
    "Missing token": BlockedError,
    "Invalid Token": BlockedError,
}
"""What the site says instead of a replay, always with status 200."""

BLOCK_TITLE: Final = re.compile(
    "just a moment|attention required|access denied|forbidden|security check|human", re.IGNORECASE
)
KEPT: Final = frozenset(
    {
        *("id", "date", "format", "rules", "match_type", "rated", "watching", "links", "tag_duel"),
        *("conceal", "version", "show_cards", "player1", "player2", "player3", "player4"),
        *("logs", "plays", "action", "message"),
    }
)
"""The rest depends on who looks (``liked``), or is no part of a replay."""

_REPLAY_ID: Final = re.compile("[1-9][0-9]{0,18}")
_BOM: Final = b"\xef\xbb\xbf"


def redacted(body: bytes, *, chat: bool) -> bytes:
    """Return what may be kept of *body*, in one spelling, so that equal replays are equal bytes.

    Of HTML that is its title and the site's notice; of what cannot be read, nothing.
    """
    if _is_html(body):
        return _notice(body)
    try:
        data = from_json(body.removeprefix(_BOM), allow_inf_nan=False)
    except ValueError:
        return b""
    if not isinstance(data, dict):
        return b"null"
    kept = {name: value for name, value in data.items() if name in KEPT}
    return to_json(kept if chat else without_chat(kept))


def replay_in(url: str, body: bytes) -> dict[str, Any]:
    """Return the replay in *body*, or raise what there is instead: some `PageError`."""
    if _is_html(body):
        _refuse_html(url, body)
    try:
        data = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise PageError(url, f"empty, cut or not JSON: {error}") from error
    if not isinstance(data, dict):
        raise PageError(url, "not an object")
    if "action" in data:
        _refuse_action(url, data)
    if "plays" not in data:
        raise PageError(url, "neither a replay nor an error")
    return data


def wanted_id(url: str) -> str:
    """Return the replay's id in *url*, ``...?id=N`` or ``...?id=user-N``; raise ValueError."""
    values = parse_qs(urlsplit(url).query).get("id", [])
    found = values[0].rpartition("-")[2] if len(values) == 1 else ""
    if not _REPLAY_ID.fullmatch(found):
        raise ValueError(f"{url} names no replay: expected ...?id=NUMBER")
    return found


def replay_id(body: bytes) -> str | None:
    """Return the id of the replay in *body*, or None when there is none to be read."""
    try:
        data = from_json(body.removeprefix(_BOM), allow_inf_nan=False)
    except ValueError:
        return None
    found = str(data.get("id")) if isinstance(data, dict) and "plays" in data else ""
    return found if _REPLAY_ID.fullmatch(found) else None


def _is_html(body: bytes) -> bool:
    return body.removeprefix(_BOM).lstrip()[:1] == b"<"


def _notice(body: bytes) -> bytes:
    shown = parts_of(body).shown
    title = title_in(shown)
    parts = [b"<html>" if title is None else b"<title>%b</title>" % title]
    said = [notice for notice in NOTICES if notice.encode() in shown]
    return b"".join([*parts, *(b"<p>%b</p>" % notice.encode() for notice in said[:1])])


def _refuse_html(url: str, body: bytes) -> NoReturn:
    for notice, error in NOTICES.items():
        if notice.encode() in body:
            raise error(url, _worded(notice))
    title = (title_in(body) or b"").decode(errors="replace")
    if BLOCK_TITLE.search(title):
        raise BlockedError(url, f"the page says {title!r}")
    raise UpstreamError(url, "the page made no call for its replay, or none was answered")


def _refuse_action(url: str, data: dict[str, Any]) -> NoReturn:
    message = str(data.get("message"))[:200]
    if data["action"] == "Error":
        for notice, error in NOTICES.items():
            if message.startswith(notice):
                raise error(url, _worded(message))
        raise BlockedError(url, f"the site says {message!r}")
    raise PageError(url, f"no replay but the answer to {str(data['action'])[:80]!r}")


def _worded(message: str) -> str:
    """Say what the site's *message* means for a crawl, where it does not say so itself."""
    if message.startswith(("Missing token", "Invalid Token")):
        return f"a captcha is in the way, {message!r}"
    return message
