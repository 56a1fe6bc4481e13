"""An event's own page."""

from collections.abc import Iterator
from typing import Any, Final

from crawlers.html import HtmlPage
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsEvent, EsportsEventTeam, Link
from crawlers.page import Found
from spiders.vlr.answers import opened
from spiders.vlr.brackets import read_brackets
from spiders.vlr.cells import country, id_in, image, money, required_id, said, text_of
from spiders.vlr.groups import read_standings
from spiders.vlr.listed import distinct
from spiders.vlr.prizes import read_prizes
from spiders.vlr.times import date_range

TITLE: Final = ".event-header h1"
META: Final = ".event-header-main-meta > div, .event-desc-item"
CRUMBS: Final = ".event-header-main-bc a, .event-desc-inner > div:first-child a"
SUBTITLE: Final = "h2.event-header-main-desc, h2.event-desc-subtitle"


class EventPage(HtmlPage):
    """An event: header, brackets, groups, prizes, teams. Each stage has a page of its own.

    The stage that is shown is the active tab; the groups and brackets are those of this stage.
    """

    def read_items(self) -> Iterator[Found]:
        """Yield the event with what it owns, then the matches of its brackets."""
        title = opened(self, TITLE)
        event_id = required_id(self.url)
        stage = text_of(self.maybe(".wf-subnav-item.mod-active .wf-subnav-item-title"))
        unknown: list[Unknown] = []
        prizes = self._part(read_prizes(self, event_id), unknown)
        standings = self._part(read_standings(self, event_id, stage), unknown)
        teams = distinct(self, self._teams(event_id))
        yield EsportsEvent(
            id=event_id,
            name=text_of(title) or "",
            subtitle=text_of(self.maybe(SUBTITLE)),
            status=self._status(),
            image_url=self._image(),
            stages=tuple(self._stages()),
            prizes=prizes,
            standings=standings,
            teams=teams or None,
            **(self._crumbs() | self._meta(unknown)),
        )
        yield from unknown
        yield from read_brackets(self, event_id, stage)

    def other_stages(self) -> Iterator[str]:
        """Yield the addresses of the stages that are not shown here."""
        for tab in self.all("a.wf-subnav-item[href]:not(.mod-active)"):
            yield self.absolute(self.attribute(tab, "href"))

    def read_links(self) -> Iterator[str]:
        """Yield the pages of all its matches, of its statistics and agents, and of its teams."""
        opened(self, TITLE)
        event_id = required_id(self.url)
        yield self.absolute(f"/event/matches/{event_id}/?series_id=all")
        yield self.absolute(f"/event/stats/{event_id}")
        yield self.absolute(f"/event/agents/{event_id}")
        for team in self.all("a.event-team-name[href]"):
            if id_in(href := self.attribute(team, "href")):
                yield self.absolute(href)

    @staticmethod
    def _part(found: tuple[list[Any], list[Unknown]] | None, unknown: list[Unknown]) -> Any:
        """Return the rows as a tuple; None if the page does not say."""
        if found is None:
            return None
        unknown += found[1]
        return tuple(found[0])

    def _status(self) -> str | None:
        """Infer the status from what stands beside: matches to come, matches played."""
        labels = {text_of(node) for node in self.all(".event-sidebar-matches .wf-label")}
        upcoming, results = "Upcoming Matches" in labels, "Latest Results" in labels
        if (upcoming and results) or self.all(".event-sidebar-matches .eta.mod-live"):
            return "ongoing"
        return "upcoming" if upcoming else "completed" if results else None

    def _image(self) -> str | None:
        thumb = self.maybe(".event-header-thumb img")
        return image(self.url, thumb.attributes.get("src")) if thumb else None

    def _stages(self) -> Iterator[Link]:
        for tab in self.all("a.wf-subnav-item[href]"):
            title = text_of(self.maybe(".wf-subnav-item-title", tab))
            yield Link(name=title, url=self.absolute(self.attribute(tab, "href")))

    def _crumbs(self) -> dict[str, Any]:
        """Read the series, which comes first, and the region: the narrowest that is named."""
        crumbs = self.all(CRUMBS)
        if not crumbs:
            return {}
        named = [(self.attribute(crumb, "href"), text_of(crumb)) for crumb in crumbs]
        narrow = [text for href, text in named if "?subregion=" in href and text]
        wide = [text for href, text in named if "?region=" in href and text]
        return {
            "series_id": id_in(named[0][0]),
            "series_name": named[0][1],
            "region": ", ".join(narrow or wide) or None,
        }

    def _meta(self, unknown: list[Unknown]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for part in self.all(META):
            label = text_of(self.one(".label, .event-desc-item-label", part)) or ""
            value = self.one(".value, .event-desc-item-value", part)
            text = said(text_of(value))
            match label.rstrip(":").lower():
                case "dates":
                    found["dates_text"] = text
                    found.update(_dates(text, unknown))
                case "prize" | "prize pool":
                    prize = money(text)
                    found["prize_text"] = text
                    found["prize_minor"], found["prize_currency"] = prize or (None, None)
                case "location" | "region" | "venue" as where:
                    found["country"] = country(self.maybe(".flag", value))
                    if text:
                        found["region" if where == "region" else "location"] = text
                case other:
                    unknown.append(Unknown("event label", other))
        return found

    def _teams(self, event_id: str) -> Iterator[EsportsEventTeam]:
        """Yield the teams; a place that is not taken yet has no link to a team."""
        for card in self.all(".event-team"):
            name = self.one(".event-team-name", card)
            if team_id := id_in(name.attributes.get("href") or ""):
                logo = self.maybe(".event-team-players-mask-team", card)
                players = self.all("a.event-team-players-item", card)
                yield EsportsEventTeam(
                    event_id=event_id,
                    team_id=team_id,
                    team_name=text_of(name) or "",
                    seed=text_of(self.maybe(".event-team-note", card)),
                    logo_url=image(self.url, logo.attributes.get("src")) if logo else None,
                    players=tuple(required_id(self.attribute(one, "href")) for one in players),
                )


def _dates(text: str | None, unknown: list[Unknown]) -> dict[str, Any]:
    """Read the days; a text that cannot be read is kept as it is, and counted."""
    try:
        starts_on, ends_on = date_range(text) if text else (None, None)
    except ValueError:
        unknown.append(Unknown("event dates", text or ""))
        return {}
    return {"starts_on": starts_on, "ends_on": ends_on}
