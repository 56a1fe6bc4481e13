"""Lists of matches: the schedule, results, and the matches of an event, a team or a player.

A card has no ids but the match's own, and no time that a machine could read: day and time are
text in the viewer's zone. Which card stands for which row, the spider decides.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
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

    A page beyond the last one has no cards, and still the buttons of the others. The other lists
    are of its kind, and say which cards they have.
    """

    is_list: ClassVar[bool] = True

    def cards(self) -> tuple[Card, ...]:
        """Return the matches in the order of the page; raise PageError and its kin only."""
        return tuple(self._guarded(self._cards()))

    @property
    def last_page(self) -> int | None:
        """The number of the last page; None where there is only one."""
        return last_page(self)

    def read_cards(self) -> Iterator[Card]:
        """Yield the matches."""
        links = self.all("a.match-item")
        if not links and not self.all(PAGES):
            raise instead(self, "a.match-item")
        refuse_cut(self)
        yield from _listed(self, links, COMPLETED if "/results" in self.url else None)

    def read_items(self) -> Iterator[Found]:
        """Yield nothing but statuses that nobody knows."""
        for status in sorted({card.status for card in self._cards()} - STATUSES):
            yield Unknown("match status", status)

    def read_links(self) -> Iterator[str]:
        """Yield the matches."""
        yield from dict.fromkeys(card.url for card in self._cards())

    def _cards(self) -> Iterator[Card]:
        # A generator, so that what reading raises is raised inside of the guard.
        yield from self._read

    @cached_property
    def _read(self) -> tuple[Card, ...]:
        return tuple(self.read_cards())


class EventMatchesPage(SchedulePage):
    """``/event/matches/ID/?series_id=all``: every match of an event, on one page."""

    def read_cards(self) -> Iterator[Card]:
        """Yield the matches; an event may have none yet."""
        links = self.all("a.match-item")
        if not links and not self.all("[class^=event-header]"):
            raise instead(self, "a.match-item")
        refuse_cut(self)
        for card in _listed(self, links, None):
            yield replace(card, event=None, stage=card.event)

    def read_items(self) -> Iterator[Found]:
        """Yield the place of each match in the event."""
        event_id = required_id(self.url)
        for card in self._cards():
            yield EsportsEventMatch(
                event_id=event_id,
                match_id=card.match_id,
                stage=card.stage,
                round=card.series,
                status=card.status,
                team1_name=card.team1_name,
                team2_name=card.team2_name,
            )
        yield from super().read_items()


class TeamMatchesPage(SchedulePage):
    """``/team/matches/ID``, fifty cards on each ``?page=N``; the team itself is team 1."""

    header: ClassVar[str] = ".team-header"

    def read_cards(self) -> Iterator[Card]:
        """Yield the matches; there may be none."""
        links = self.all("a.m-item")
        if not links and not self.all(self.header):
            raise instead(self, self.header)
        refuse_cut(self)
        for link in links:
            yield own_card(self, link)


class PlayerMatchesPage(TeamMatchesPage):
    """``/player/matches/ID``: the same of a player, whose team is team 1."""

    header: ClassVar[str] = ".player-header"


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
