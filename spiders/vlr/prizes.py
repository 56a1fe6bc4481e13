"""The prize distribution of an event, in both generations of its markup."""

import re
from collections.abc import Iterator
from typing import Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsPrize
from spiders.vlr.cells import columns, id_in, money, own_text, said, text_of

HEADINGS: Final = {
    "place": "place",
    "prize": "prize",
    "team": "team",
    "points": "points",
    "circuit points": "points",
    "note": "note",
}
ROWS: Final = ".wf-ptable .row, .wf-ptable [role=row], table tr"
_POINTS: Final = re.compile(r"([\d,]+(?:\.\d+)?)(?: points?| pts?)?", re.ASCII)


def read_prizes(page: HtmlPage, event_id: str) -> tuple[list[EsportsPrize], list[Unknown]] | None:
    """Return the lines and the columns that nobody knows; None if the page has no such part.

    A row with one cell unfolds the rest.
    """
    if (part := _part(page)) is None:
        return None
    heading, *rows = page.all(ROWS, part) or [part]
    places = columns(_cells(page, heading, "th"))
    if not {"place", "prize", "team"} <= places.keys():
        raise PageError(page.url, f"prizes with the columns {sorted(places)}")
    unknown = [Unknown("prize column", name) for name in places if name not in HEADINGS]
    named = {HEADINGS[name]: place for name, place in places.items() if name in HEADINGS}
    lines = [cells for row in rows if len(cells := _cells(page, row, "td")) > 1]
    width = len(_cells(page, heading, "th"))
    if any(len(cells) != width for cells in lines):
        raise PageError(page.url, f"a prize with fewer cells, or more, than {sorted(places)}")
    return [_prize(page, event_id, n, cells, named) for n, cells in enumerate(lines, 1)], unknown


def _part(page: HtmlPage) -> Node | None:
    """Return what follows the label, up to the next one; a style sheet may stand between."""
    for label in page.all(".wf-label"):
        if text_of(label) == "Prize Distribution":
            return next((part for part in _after(label) if _has_rows(page, part)), None)
    return None


def _after(label: Node) -> Iterator[Node]:
    node = label.next
    while node is not None and "wf-label" not in (node.attributes.get("class") or ""):
        if node.is_element_node:
            yield node
        node = node.next


def _has_rows(page: HtmlPage, part: Node) -> bool:
    return part.tag == "table" or bool(page.all(".wf-ptable, table", part))


def _cells(page: HtmlPage, row: Node, tag: str) -> list[Node]:
    return page.all(f".cell, [role=cell], [role=columnheader], {tag}", row)


def _prize(
    page: HtmlPage, event_id: str, position: int, cells: list[Node], named: dict[str, int]
) -> EsportsPrize:
    def cell(name: str) -> str | None:
        return said(text_of(cells[named[name]])) if name in named else None

    prize_text = cell("prize")
    prize = money(prize_text)
    link = page.maybe("a[href*='/team/']", cells[named["team"]])
    return EsportsPrize(
        event_id=event_id,
        position=position,
        place=cell("place") or "",
        prize_text=prize_text,
        prize_minor=prize[0] if prize else None,
        prize_currency=prize[1] if prize else None,
        team_id=id_in(page.attribute(link, "href")) if link else None,
        team_name=_name(page, link) if link else None,
        country_name=text_of(page.maybe(".ge-text-light", link)) if link else None,
        points=_points(page, cell("points")),
        note=cell("note"),
    )


def _name(page: HtmlPage, link: Node) -> str | None:
    """Return the name without the country, which stands in it or beside it."""
    return own_text(page.all(".text-of, div", link)[0])


def _points(page: HtmlPage, text: str | None) -> float | None:
    if text is None:
        return None
    if not (found := _POINTS.fullmatch(text)):
        raise PageError(page.url, f"points of a prize are {text[:40]!r}")
    return float(found[1].replace(",", ""))
