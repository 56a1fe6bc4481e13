"""The list of events, and the card of an event wherever one is shown."""

from collections.abc import Iterator
from typing import ClassVar, Final

from crawlers.errors import MissingError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsEvent
from crawlers.page import Found
from spiders.vlr.answers import instead, refuse_cut
from spiders.vlr.cells import country, id_in, image, money, own_text, required_id, said, text_of
from spiders.vlr.listed import each, last_page

CARD: Final = "a.event-item"
STATUSES: Final = frozenset({"upcoming", "ongoing", "completed", "paused"})


class EventsPage(HtmlPage):
    """Events: first those that are upcoming or going on, then those completed or paused.

    Paging changes only the second part. The dates have no year, so they stay text.
    """

    is_list: ClassVar[bool] = True

    def read_items(self) -> Iterator[Found]:
        """Yield what the cards say of each event."""
        yield from each(self, self._cards(), self._read)

    def read_links(self) -> Iterator[str]:
        """Yield the events' own pages."""
        for card in self._cards():
            if id_in(href := self.attribute(card, "href")):
                yield self.absolute(href)

    @property
    def last_page(self) -> int | None:
        """The number of the last page that a button leads to; None without buttons."""
        return last_page(self)

    def _read(self, card: Node) -> Iterator[Found]:
        return read_card(self, card)

    def _cards(self) -> list[Node]:
        if cards := self.all(CARD):
            refuse_cut(self)
            return cards
        if self.last_page is not None or self.all(".events-container-col"):
            raise MissingError(self.url, "no events on this page: it is beyond the last")
        raise instead(self, CARD)


def read_card(
    page: HtmlPage, card: Node, series: tuple[str, str | None] | None = None
) -> Iterator[Found]:
    """Yield the event of a *card*, and its status if nobody knows it; *series*: id and name."""
    status = text_of(page.one(".event-item-desc-item-status", card))
    if status and status not in STATUSES:
        yield Unknown("event status", status)
    prize_text = said(own_text(page.one(".mod-prize", card)))
    prize = money(prize_text)
    thumb = page.maybe(".event-item-thumb img", card)
    yield EsportsEvent(
        id=required_id(page.attribute(card, "href")),
        name=text_of(page.one(".event-item-title", card)) or "",
        listed_status=status,
        listed_dates_text=said(own_text(page.one(".mod-dates", card))),
        listed_prize_text=prize_text,
        prize_minor=prize[0] if prize else None,
        prize_currency=prize[1] if prize else None,
        country=country(page.maybe(".mod-location .flag", card)),
        series_id=series[0] if series else None,
        series_name=series[1] if series else None,
        image_url=image(page.url, thumb.attributes.get("src")) if thumb else None,
    )
