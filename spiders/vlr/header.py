"""The head of a match page: event, teams, score, time, choice of maps."""

import re
from collections.abc import Iterator
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.esports import Veto
from spiders.vlr.cells import classes, id_in, name_in, said, text_of, whole
from spiders.vlr.times import eastern

COMPLETED: Final = "completed"
LIVE: Final = "live"
UPCOMING: Final = "upcoming"
STATUSES: Final = frozenset({COMPLETED, LIVE, UPCOMING})
"""What a match can be, as far as anybody knows; another word is kept as the site writes it."""

NO_TIME: Final = "0000-00-00 00:00:00"
FORFEITS: Final = frozenset({"ff", "ffw", "ffl", "w", "l", "wo", "w/o"})
"""What stands in place of a score when somebody did not play on."""

_SCORES: Final = ", ".join(
    f".match-header-vs-score {shown} span:not(.match-header-vs-note)"
    for shown in (".js-spoiler:not(.wf-spoiler)", ".sp-hide")
)
_BEST_OF: Final = re.compile(r"bo(\d{1,2})", re.IGNORECASE | re.ASCII)
_ETA: Final = re.compile(r"(?:in )?\d{1,4} ?[a-z]{1,2}(?: \d{1,4} ?[a-z]{1,2})*", re.ASCII)
_PATCH: Final = re.compile(r"Patch (\S{1,20})")
_FORFEITED: Final = re.compile(r"\b(?:forfeit|forfeits|forfeited|walkover)\b", re.IGNORECASE)
_VETO: Final = re.compile(r"(.{1,60}?) (ban|pick|protect)s? (.{1,60})", re.IGNORECASE)
_REMAINS: Final = re.compile(r"(.{1,60}) remains", re.IGNORECASE)


def read_header(page: HtmlPage, header: Node) -> dict[str, Any]:
    """Return the fields of a match that its page's head gives."""
    scores = _scores(page, header)
    note = "; ".join(filter(None, map(text_of, page.all(".match-header-note", header)))) or None
    status, best_of, said_forfeit = _notes(page, header)
    played = [score.lower() for score, _ in scores]
    forfeited = said_forfeit or any(score in FORFEITS for score in played)
    forfeited = forfeited or bool(note and _FORFEITED.search(note))
    fields: dict[str, Any] = {
        "status": status,
        "best_of": best_of,
        "forfeited": forfeited,
        "note": note,
        "vetoes": tuple(vetoes(note)),
        "winner": _winner(scores) if status == COMPLETED else None,
    }
    if not forfeited and fields["winner"] not in {None, _ahead(scores)}:
        raise PageError(page.url, f"the winner is the team {fields['winner']} of {played}")
    if status == COMPLETED and not scores and not forfeited:
        raise PageError(page.url, "the match is over and has no score")
    for place in (1, 2):
        fields |= _team(page, header, place)
        fields[f"team{place}_score"] = points(scores[place - 1][0]) if scores else None
    return fields | _event(page, header) | _when(page, header)


def points(text: str | None) -> int | None:
    """Read a score; what stands for a forfeit is none."""
    return None if text is not None and text.strip().lower() in FORFEITS else whole(text)


def vetoes(note: str | None) -> Iterator[Veto]:
    """Yield the steps in ``ABC ban Haven; DEF pick Lotus; Sunset remains``; skip other words."""
    for step in (note or "").split(";"):
        words = step.strip()
        if found := _VETO.fullmatch(words):
            yield Veto(team=found[1], action=found[2].lower(), map=found[3])
        elif found := _REMAINS.fullmatch(words):
            yield Veto(action="remains", map=found[1])


def _notes(page: HtmlPage, header: Node) -> tuple[str, int | None, bool]:
    """Return the status, the number of maps at most, and whether a forfeit is spoken of."""
    best_of, status, forfeited = None, None, False
    for node in page.all(".match-header-vs-note", header):
        words = (text_of(node) or "").lower()
        if found := _BEST_OF.fullmatch(words):
            best_of = int(found[1])
        elif _FORFEITED.search(words):
            status, forfeited = status or COMPLETED, True
        elif words and status is None:
            status = UPCOMING if "mod-upcoming" in classes(node) else _status(words)
    if status is None:
        raise PageError(page.url, "the head says neither final nor live nor when")
    return status, best_of, forfeited


def _status(words: str) -> str:
    if words == "final":
        return COMPLETED
    if words.partition(" ")[0] == LIVE:
        return LIVE
    return UPCOMING if words in {"tbd", UPCOMING} or _ETA.fullmatch(words) else words


def _scores(page: HtmlPage, header: Node) -> list[tuple[str, bool]]:
    """Return both scores as shown and who won; nothing before a match has begun.

    What says "vs." to those who want no spoilers stands beside, and is not looked at.
    """
    found = []
    for node in page.all(_SCORES, header):
        text = text_of(node) or ""
        if text not in {"", ":"}:
            found.append((text, "match-header-vs-score-winner" in classes(node)))
    if all(said(text) is None for text, _ in found):
        return []
    if len(found) != 2:  # noqa: PLR2004 - two teams
        raise PageError(page.url, f"expected two scores in the head, found {len(found)}")
    return found


def _winner(scores: list[tuple[str, bool]]) -> int | None:
    """Return who won: the one that is marked, or else the one with more maps."""
    marked = [place for place, (_, won) in enumerate(scores, 1) if won]
    return marked[0] if len(marked) == 1 else _ahead(scores)


def _ahead(scores: list[tuple[str, bool]]) -> int | None:
    one, two = (points(text) for text, _ in scores) if scores else (None, None)
    if one is None or two is None or one == two:
        return None
    return 1 if one > two else 2


def _team(page: HtmlPage, header: Node, place: int) -> dict[str, Any]:
    link = page.one(f".match-header-link.mod-{place}", header)
    elo = text_of(page.maybe(".match-header-link-name-elo", link))
    return {
        f"team{place}_id": id_in(link.attributes.get("href") or ""),
        f"team{place}_name": said(name_in(page.one(".wf-title-med", link))),
        f"team{place}_rating": whole(elo.strip("[]")) if elo else None,
    }


def _event(page: HtmlPage, header: Node) -> dict[str, Any]:
    link = page.one(".match-header-event", header)
    name = page.one("div > div:not(.match-header-event-series)", link)
    return {
        "event_id": id_in(link.attributes.get("href") or ""),
        "event_name": text_of(name),
        "stage": text_of(page.maybe(".match-header-event-series", link)),
    }


def _when(page: HtmlPage, header: Node) -> dict[str, Any]:
    """Read date and time, which are one instant written twice, and the game's version."""
    block = page.one(".match-header-date", header)
    stamps = {page.attribute(node, "data-utc-ts") for node in page.all("[data-utc-ts]", block)}
    if len(stamps) > 1:
        raise PageError(page.url, f"date and time differ: {sorted(stamps)}"[:200])
    stamp = next(iter(stamps), "").strip()
    patch = _PATCH.search(page.text(block))
    return {
        "starts_at": eastern(stamp) if stamp and stamp != NO_TIME else None,
        "patch": patch[1] if patch else None,
    }
