"""The standings of an event's groups. How many columns there are varies."""

import re
from collections.abc import Iterator
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsStanding
from spiders.vlr.cells import id_in, own_text, said, text_of, whole

HEADINGS: Final = {
    "wins": "wins", "w": "wins",
    "losses": "losses", "l": "losses",
    "ties": "ties", "draws": "ties", "t": "ties", "d": "ties",
    "record": "record", "w–l": "record", "w-l": "record", "wins–losses": "record",  # noqa: RUF001 - the site's dashes
    "wins/losses": "record",
    "maps won/maps lost": "maps", "map": "maps", "maps": "maps",
    "rounds won/rounds lost": "rounds", "rnd": "rounds", "rounds": "rounds",
    "round differential": "difference", "δ": "difference",
}  # fmt: skip
_PAIR: Final = re.compile(r"(\d+)\s*[-–/]\s*(\d+)", re.ASCII)  # noqa: RUF001 - the site's dash
_RECORD: Final = re.compile(r"(\d+)\s*[-–]\s*(\d+)(?:\s*[-–]\s*(\d+))?", re.ASCII)  # noqa: RUF001 - the same


def read_standings(
    page: HtmlPage, event_id: str, stage: str | None
) -> tuple[list[EsportsStanding], list[Unknown]] | None:
    """Return the lines and the columns that nobody knows; None if the page has no groups.

    A line whose team is hidden as a spoiler is left out; the others keep their positions.
    """
    if not (tables := page.all("table.mod-group")):
        return None
    lines: list[EsportsStanding] = []
    unknown: list[Unknown] = []
    for table in tables:
        title, headings = _headings(page, table)
        unknown += [Unknown("standings column", name) for name in headings if not _known(name)]
        group = title or _label(page, table) or stage
        if group is None:
            raise PageError(page.url, "a group without a name")
        for position, row in enumerate(page.all("tbody tr", table), 1):
            if team := page.maybe("a.event-group-team", row):
                numbers = _numbers(page, row, headings)
                lines.append(_standing(page, team, row, numbers, event_id=event_id,
                    stage=stage or group, group_name=group, position=position))  # fmt: skip
    return lines, unknown


def _headings(page: HtmlPage, table: Node) -> tuple[str | None, list[str]]:
    """Return the group's name and the names of the columns after the team."""
    first, *rest = page.all("thead th", table)
    names = [(node.attributes.get("title") or text_of(node) or "").strip() for node in rest]
    return text_of(first), [name.lower() for name in names]


def _known(name: str) -> bool:
    return name in HEADINGS or not name


def _label(page: HtmlPage, table: Node) -> str | None:
    """Return the last label before *table*: Group Stage, Round Robin."""
    found = None
    for node in page.all(".wf-label, table.mod-group"):
        if node.mem_id == table.mem_id:
            break
        if node.tag != "table":
            found = text_of(node)
    return found


def _numbers(page: HtmlPage, row: Node, headings: list[str]) -> dict[str, Any]:
    """Read the cells after the team's by their headings."""
    cells = page.all("td", row)
    team = next(n for n, cell in enumerate(cells) if page.all(".event-group-team", cell))
    after = cells[team + 1 :]
    if len(after) != len(headings):
        raise PageError(page.url, f"{len(after)} numbers of a group below {headings}")
    found: dict[str, Any] = {}
    for name, cell in zip(headings, after, strict=True):
        found.update(_read(HEADINGS.get(name, ""), said(text_of(cell))))
    return found


def _read(kind: str, text: str | None) -> Iterator[tuple[str, int | None]]:
    if text is None:
        return
    if kind in {"wins", "losses", "ties"}:
        yield kind, whole(text)
    elif kind == "difference":
        yield "round_difference", whole(text)
    elif kind in {"maps", "rounds"}:
        won, lost = _matched(_PAIR, text).groups()
        yield f"{kind}_won", int(won)
        yield f"{kind}_lost", int(lost)
    elif kind == "record" or _RECORD.fullmatch(text):
        wins, losses, ties = _matched(_RECORD, text).groups()
        yield from (("wins", int(wins)), ("losses", int(losses)))
        if ties:
            yield "ties", int(ties)


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    if not (found := pattern.fullmatch(text)):
        raise ValueError(f"{text[:40]!r} in a group is not written like {pattern.pattern}")
    return found


def _standing(
    page: HtmlPage, team: Node, row: Node, numbers: dict[str, Any], **place: Any
) -> EsportsStanding:
    name = page.one(".event-group-team-name", team)
    return EsportsStanding(
        **place,
        team_id=id_in(page.attribute(team, "href")),
        team_name=own_text(name) or "",
        country_name=text_of(page.maybe(".event-group-team-region", name)),
        qualified="mod-adv" in (row.attributes.get("class") or "").split(),
        **numbers,
    )
