"""The maps of an event: how often they were played, which side won, which agents were picked."""

import re
from collections.abc import Iterator
from typing import Final

from crawlers.errors import MissingError, PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.esports import EsportsEventMap
from crawlers.page import Found
from spiders.vlr.answers import opened
from spiders.vlr.cells import own_text, percent, required_id, text_of, whole

ALL: Final = "all"
_AGENT: Final = re.compile(r"/agents/([^/.]+)\.\w+(?:\?|$)")


def agent_in(src: str) -> str:
    """Return the agent whose icon is at *src*: ``/img/vlr/game/agents/kayo.png`` is kayo."""
    if not (found := _AGENT.search(src)):
        raise ValueError(f"no agent in {src[:80]!r}")
    return found[1].lower()


class EventAgentsPage(HtmlPage):
    """The maps and agents of an event; the first row, without a name, is the whole event."""

    def read_items(self) -> Iterator[Found]:
        """Yield a map for each row of the first table."""
        opened(self, ".event-header")
        tables = self.all("table.mod-pr-global")
        rows = self.all("tr.pr-global-row", tables[0]) if tables else []
        if not rows:
            raise MissingError(self.url, "no map of this event has been played")
        headings = [self._heading(cell) for cell in self.all("th", tables[0])]
        if {"#", "atk", "def"} - set(headings):
            raise PageError(self.url, f"agents with the columns {headings}")
        event_id = required_id(self.url)
        for row in rows:
            yield self._map(event_id, row, headings)

    def _heading(self, cell: Node) -> str:
        """Return a column's name: an agent, or the first word of the text."""
        if icon := self.maybe("img", cell):
            return f"agent {agent_in(self.attribute(icon, 'src'))}"
        return (text_of(cell) or "").lower().split(" ")[0]

    def _map(self, event_id: str, row: Node, headings: list[str]) -> EsportsEventMap:
        first, *cells = self.all("td", row)
        texts = [(text_of(cell) or "").replace(" ", "") for cell in cells]
        named = dict(zip(headings[1:], texts, strict=True))
        whole_event = "mod-all" in (row.attributes.get("class") or "").split()
        return EsportsEventMap(
            event_id=event_id,
            map=ALL if whole_event else own_text(first) or "",
            played=whole(named["#"]),
            attack_won_percent=percent(named["atk"]),
            defence_won_percent=percent(named["def"]),
            agent_picks_percent={
                name.removeprefix("agent "): percent(text)
                for name, text in named.items()
                if name.startswith("agent ")
            },
        )
