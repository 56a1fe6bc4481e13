"""The brackets of an event. Their times are epochs, unlike any other time of the site."""

from collections.abc import Iterator
from datetime import datetime

from crawlers.html import HtmlPage, Node
from crawlers.items.esports import EsportsEventMatch
from spiders.vlr.cells import id_in, required_id, said, text_of
from spiders.vlr.times import epoch


def read_brackets(page: HtmlPage, event_id: str, stage: str | None) -> Iterator[EsportsEventMatch]:
    """Yield the matches that have a page; places of a pick'em have none."""
    for container in page.all(".bracket-container"):
        side = _side(container)
        for column in page.all(".bracket-col", container):
            round_name = text_of(page.maybe(".bracket-col-label", column))
            for item in page.all("a.bracket-item[href]", column):
                teams = [_team(page, team) for team in page.all(".bracket-item-team", item)]
                (id1, name1), (id2, name2) = teams
                yield EsportsEventMatch(
                    event_id=event_id,
                    match_id=required_id(page.attribute(item, "href")),
                    stage=stage,
                    round=round_name,
                    status=_status(page, item),
                    bracket=side,
                    starts_at=_starts_at(page, item),
                    team1_id=id1,
                    team1_name=name1,
                    team2_id=id2,
                    team2_name=name2,
                )


def _side(container: Node) -> str | None:
    """Return ``upper`` for the class ``mod-upper``."""
    classes = (container.attributes.get("class") or "").split()
    return next((name.removeprefix("mod-") for name in classes if name.startswith("mod-")), None)


def _team(page: HtmlPage, team: Node) -> tuple[str | None, str | None]:
    name = said(text_of(page.maybe(".bracket-item-team-name span", team)))
    found = id_in(f"/{team.attributes.get('data-team-id') or ''}")
    return (None if found == "0" else found), name


def _status(page: HtmlPage, item: Node) -> str | None:
    """Return nothing for a match to come: only the list knows whether its time is known."""
    if "mod-live" in (item.attributes.get("class") or "").split():
        return "live"
    return "completed" if page.all(".bracket-item-team.mod-winner", item) else None


def _starts_at(page: HtmlPage, item: Node) -> datetime | None:
    """Return when the match starts; an epoch of 0 is none, as the zeros of a match's page."""
    status = page.maybe(".bracket-item-status", item)
    text = (status.attributes.get("data-utc-ts") or "") if status else ""
    return epoch(text) if text.strip("0") else None
