"""Where a team or a player ended in events, and what that won."""

from collections.abc import Iterator

from crawlers.html import HtmlPage, Node
from crawlers.items.esports import Placement
from spiders.vlr.cells import id_in, money, own_text, text_of, whole


def read_placements(page: HtmlPage, css: str) -> Iterator[Placement]:
    """Yield a placement for each stage of the events at *css*."""
    for event in page.all(css):
        event_id = id_in(page.attribute(event, "href"))
        name = text_of(page.one(".text-of", event)) or ""
        year = whole(text_of(page.all("div", event)[-1]))
        for line in page.all(".team-event-item-series, .ge-text-light", event):
            stage, place = _split(text_of(line))
            yield Placement(
                event_id=event_id,
                event_name=name,
                stage=stage,
                place=place,
                prize_text=_prize(page, line),
                team_name=own_text(line.parent) if line.parent else None,
                year=year,
            )


def read_winnings(page: HtmlPage) -> tuple[int | None, str | None]:
    """Return the total in minor units and its currency."""
    for label in page.all(".wf-module-label"):
        if text_of(label) == "Total Winnings" and label.parent:
            return money(text_of(page.maybe("span", label.parent))) or (None, None)
    return None, None


def _split(text: str | None) -> tuple[str | None, str | None]:
    """Read ``Playoffs – 5th–8th``, or either alone: the dash with spaces parts them."""  # noqa: RUF002 - the site's dashes
    stage, _, place = (text or "").rpartition(" – ")  # noqa: RUF001 - the site's dash
    if not stage and not place[:1].isdigit():
        stage, place = place, ""
    return stage or None, place or None


def _prize(page: HtmlPage, line: Node) -> str | None:
    beside = page.all("span", line.parent) if line.parent else []
    return next((text_of(span) for span in beside if span.mem_id != line.mem_id), None)
