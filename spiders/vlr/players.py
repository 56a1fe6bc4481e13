"""A player, and the agents that he played in a span of time."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsPlayer, EsportsPlayerAgent, EsportsPlayerSpan, PlayerTeam
from crawlers.page import Found
from spiders.vlr.agents import agent_in
from spiders.vlr.answers import opened
from spiders.vlr.cells import (
    columns,
    country,
    decimal,
    image,
    percent,
    required_id,
    text_of,
    whole,
)
from spiders.vlr.listed import distinct
from spiders.vlr.placements import read_placements, read_winnings
from spiders.vlr.ratios import with_ratios
from spiders.vlr.teams import read_links_of

HEADER: Final = ".player-header"
TABLES: Final = "table.mod-agent-rows, .mod-1 table.wf-table"
DEFAULT_SPAN: Final = "60d"
"""What the site shows to whoever asks for no span."""

Reader = Callable[[str | None], Any]
COLUMNS: Final[dict[str, tuple[str, Reader]]] = {
    "rounds played": ("rounds", whole),
    "rating": ("rating", decimal),
    "average combat score": ("acs", decimal),
    "kills:death": ("kd", decimal),
    "kills : deaths": ("kd", decimal),
    "kill, assist, survive, trade %": ("kast_percent", percent),
    "kill / assist / trade / survive %": ("kast_percent", percent),
    "average damage per round": ("adr", decimal),
    "kills per round": ("kpr", decimal),
    "assists per round": ("apr", decimal),
    "first kills per round": ("fkpr", decimal),
    "first deaths per round": ("fdpr", decimal),
    "first kills : first deaths": ("fkfd", decimal),
    "kills": ("kills", whole),
    "total kills": ("kills", whole),
    "deaths": ("deaths", whole),
    "total deaths": ("deaths", whole),
    "assists": ("assists", whole),
    "total assists": ("assists", whole),
    "first bloods": ("first_kills", whole),
    "total first kills": ("first_kills", whole),
    "first deaths": ("first_deaths", whole),
    "total first deaths": ("first_deaths", whole),
}
"""By the headings' titles, of both generations: the order of the columns differs."""

AGENT: Final = "agent"
TEAMS: Final = {"current teams": True, "past teams": False}
"""Headings of a player's teams, and whether they are current."""

USAGES: Final = ("usage", "usage: (maps played) pick rate")
_USE: Final = re.compile(r"\((\d+)\)\s*(\d+)%", re.ASCII)


class PlayerPage(HtmlPage):
    """A player with all teams and placements, and the agents of one span of time."""

    def read_items(self) -> Iterator[Found]:
        """Yield the player, then the span, whose agents may be none."""
        header = opened(self, HEADER)
        player_id = required_id(self.url)
        winnings, currency = read_winnings(self)
        picture = self.maybe(".wf-avatar img", header)
        place = self.maybe(".ge-text-light:has(> .flag)", header)
        yield EsportsPlayer(
            id=player_id,
            alias=text_of(self.one("h1.wf-title", header)) or "",
            real_name=text_of(self.maybe(".player-real-name", header)),
            country=country(self.maybe(".flag", header)),
            country_name=text_of(place),
            image_url=image(self.url, picture.attributes.get("src")) if picture else None,
            links=tuple(read_links_of(self, "a[href]", header)),
            teams=tuple(self._teams()),
            winnings_minor=winnings,
            winnings_currency=currency,
            placements=tuple(read_placements(self, "a.player-event-item")),
        )
        yield from self._span(player_id)

    def read_links(self) -> Iterator[str]:
        """Yield the player's teams, present and past."""
        opened(self, HEADER)
        for _, link in self._team_links():
            yield self.absolute(self.attribute(link, "href"))

    def _team_links(self) -> Iterator[tuple[bool, Node]]:
        """Yield whether the team is current, and its card. Without the heading there is none."""
        for heading in self.all(".player-summary-container-1 h2.wf-label"):
            if (title := (text_of(heading) or "").lower()) in TEAMS:
                card = heading.next
                while card is not None and not card.is_element_node:
                    card = card.next
                for link in self.all("a.wf-module-item", card) if card else ():
                    yield TEAMS[title], link

    def _teams(self) -> Iterator[PlayerTeam]:
        """Yield the teams. National teams stand below the past ones, also while they last."""
        for is_current, link in self._team_links():
            name, *rest = self.all("div:nth-child(2) > div", link)
            texts = [text_of(line) for line in rest]
            note = text_of(self.maybe(".wf-tag", link))
            logo = self.maybe("img", link)
            yield PlayerTeam(
                team_id=required_id(self.attribute(link, "href")),
                name=text_of(name) or "",
                logo_url=image(self.url, logo.attributes.get("src")) if logo else None,
                period=next((text for text in texts if text and text != note), None),
                is_current=is_current,
                note=note,
            )

    def _span(self, player_id: str) -> Iterator[Found]:
        """Yield the span with its agents. Without games in it there is no table."""
        span = self._shown_span()
        table = self.maybe(TABLES)
        headings = self.all("thead th", table) if table else []
        places = columns(headings)
        use = next((places[name] for name in USAGES if name in places), None)
        if table is None and self.all("table"):
            raise PageError(self.url, "a table of another kind than that of agents")
        if table and (use is None or AGENT not in places):
            raise PageError(self.url, f"agents with the columns {sorted(places)}")
        rows = self.all("tbody tr", table) if table else []
        if any(len(self.all("td", row)) != len(headings) for row in rows):
            raise PageError(self.url, f"an agent with more or fewer cells than {len(headings)}")
        yield EsportsPlayerSpan(
            player_id=player_id,
            span=span,
            agents=distinct(
                self, (self._agent(player_id, span, row, places, use or 0) for row in rows)
            ),
        )
        for name in places.keys() - COLUMNS.keys() - {AGENT, *USAGES}:
            yield Unknown("agent column", name)

    def _agent(
        self, player_id: str, span: str, row: Node, places: dict[str, int], use: int
    ) -> EsportsPlayerAgent:
        cells = self.all("td", row)
        numbers = {
            field: read(text_of(cells[places[name]]))
            for name, (field, read) in COLUMNS.items()
            if name in places
        }
        games, share = _usage(text_of(cells[use]))
        icon = self.one("img", cells[places[AGENT]])
        return EsportsPlayerAgent(
            player_id=player_id,
            span=span,
            agent=agent_in(self.attribute(icon, "src")),
            games=games,
            use_percent=share,
            **with_ratios(numbers),
        )

    def _shown_span(self) -> str:
        """Return the span whose button is active; PageError if another one was asked for."""
        asked = parse_qs(urlsplit(self.url).query).get("timespan", [None])[0]
        shown = text_of(self.maybe(".player-stats-filter-btn.mod-active")) or asked or DEFAULT_SPAN
        if asked and shown != asked:
            raise PageError(self.url, f"asked for the span {asked}, shown is {shown}")
        return shown


def _usage(text: str | None) -> tuple[int | None, float | None]:
    """Read ``(206) 46%``: games, and their share."""
    if not text:
        return None, None
    if not (found := _USE.fullmatch(text)):
        raise ValueError(f"{text[:40]!r} is no usage of an agent")
    return int(found[1]), float(found[2])
