"""Lists of matches: the schedule, results, and the matches of an event, a team or a player.

A card has no ids but the match's own, and no time that a machine could read: day and time are
text in the viewer's zone. Which card stands for which row, the spider decides.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsEventMatch
from crawlers.page import Found
from spiders.vlr.answers import instead, refuse_cut
from spiders.vlr.card import COMPLETED, STATUSES, Card, listed_card, own_card
from spiders.vlr.cells import classes, own_text, required_id
from spiders.vlr.listed import PAGES, last_page


class SchedulePage(HtmlPage):
    """``/matches`` and ``/matches/results``, fifty cards on each ``?page=N``.

    A page beyond the last one has no cards, and still the buttons of the others.
    """

    is_list: ClassVar[bool] = True

    def cards(self) -> tuple[Card, ...]:
        """Return the matches in the order of the page; raise PageError and its kin only."""
        return tuple(self._guarded(self._cards()))

    @property
    def last_page(self) -> int | None:
        """The number of the last page; None where there is only one."""
        return last_page(self)

    def read_items(self) -> Iterator[Found]:
        """Yield nothing but statuses that nobody knows."""
        yield from _unknown(self._cards())

    def read_links(self) -> Iterator[str]:
        """Yield the matches."""
        yield from dict.fromkeys(card.url for card in self._cards())

    def _cards(self) -> Iterator[Card]:
        links = self.all("a.match-item")
        if not links and not self.all(PAGES):
            raise instead(self, "a.match-item")
        refuse_cut(self)
        status = COMPLETED if "/results" in self.url else None
        yield from _listed(self, links, status)


class EventMatchesPage(HtmlPage):
    """``/event/matches/ID/?series_id=all``: every match of an event, on one page."""

    is_list: ClassVar[bool] = True

    def cards(self) -> tuple[Card, ...]:
        """Return the matches in the order of the page; raise PageError and its kin only."""
        return tuple(self._guarded(self._cards()))

    def read_items(self) -> Iterator[Found]:
        """Yield the place of each match in the event; an event may have none yet."""
        event_id = required_id(self.url)
        cards = list(self._cards())
        for card in cards:
            yield EsportsEventMatch(
                event_id=event_id,
                match_id=card.match_id,
                stage=card.stage,
                round=card.series,
                status=card.status,
                team1_name=card.team1_name,
                team2_name=card.team2_name,
            )
        yield from _unknown(iter(cards))

    def read_links(self) -> Iterator[str]:
        """Yield the matches."""
        yield from dict.fromkeys(card.url for card in self._cards())

    def _cards(self) -> Iterator[Card]:
        links = self.all("a.match-item")
        if not links and not self.all("[class^=event-header]"):
            raise instead(self, "a.match-item")
        refuse_cut(self)
        for card in _listed(self, links, None):
            yield replace(card, event=None, stage=card.event)


class TeamMatchesPage(HtmlPage):
    """``/team/matches/ID``, fifty cards on each ``?page=N``; the team itself is team 1."""

    is_list: ClassVar[bool] = True

    def cards(self) -> tuple[Card, ...]:
        """Return the matches in the order of the page; raise PageError and its kin only."""
        return tuple(self._guarded(_own(self, ".team-header")))

    @property
    def last_page(self) -> int | None:
        """The number of the last page; None where there is only one."""
        return last_page(self)

    def read_items(self) -> Iterator[Found]:
        """Yield nothing but statuses that nobody knows."""
        yield from _unknown(_own(self, ".team-header"))

    def read_links(self) -> Iterator[str]:
        """Yield the matches."""
        yield from dict.fromkeys(card.url for card in _own(self, ".team-header"))


class PlayerMatchesPage(HtmlPage):
    """``/player/matches/ID``, fifty cards on each ``?page=N``; the player's team is team 1."""

    is_list: ClassVar[bool] = True

    def cards(self) -> tuple[Card, ...]:
        """Return the matches in the order of the page; raise PageError and its kin only."""
        return tuple(self._guarded(_own(self, ".player-header")))

    @property
    def last_page(self) -> int | None:
        """The number of the last page; None where there is only one."""
        return last_page(self)

    def read_items(self) -> Iterator[Found]:
        """Yield nothing but statuses that nobody knows."""
        yield from _unknown(_own(self, ".player-header"))

    def read_links(self) -> Iterator[str]:
        """Yield the matches."""
        yield from dict.fromkeys(card.url for card in _own(self, ".player-header"))


def _listed(page: HtmlPage, links: list[Node], status: str | None) -> Iterator[Card]:
    """Read cards that stand in a box for each day, below the day's name."""
    days: dict[int, str | None] = {}
    for link in links:
        box = link.parent
        if box is not None and box.mem_id not in days:
            days[box.mem_id] = _day(box)
        yield listed_card(page, link, days.get(box.mem_id) if box else None, status)


def _day(box: Node) -> str | None:
    """Return what the element before *box* says, if it is a day's name."""
    before = box.prev
    while before is not None and before.tag == "-text":
        before = before.prev
    if before is None or "wf-label" not in classes(before):
        return None
    return own_text(before)


def _own(page: HtmlPage, header: str) -> Iterator[Card]:
    """Read the cards of a team or a player, who may have none."""
    links = page.all("a.m-item")
    if not links and not page.all(header):
        raise instead(page, header)
    refuse_cut(page)
    for link in links:
        yield own_card(page, link)


def _unknown(cards: Iterator[Card]) -> Iterator[Unknown]:
    for status in sorted({card.status for card in cards} - STATUSES):
        yield Unknown("match status", status)
