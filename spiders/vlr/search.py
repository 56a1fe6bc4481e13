"""What a search found, and a series of events."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from crawlers.errors import MissingError, PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsSearchResult
from crawlers.page import Found
from spiders.vlr.answers import instead, refuse_cut
from spiders.vlr.cells import image, own_text, required_id, text_of
from spiders.vlr.events import CARD, read_card
from spiders.vlr.listed import each

RESULT: Final = "a.search-item"
KINDS: Final = {"team": "team", "player": "player", "event": "event", "series": "series",
                "eventgroup": "series"}  # fmt: skip
_FOUND: Final = re.compile(r"Found ([\d,]+) results?", re.ASCII)
_TARGET: Final = re.compile(r"/([a-z]+)/(\d{1,12})(?=[/?#]|$)", re.ASCII)


class SearchPage(HtmlPage):
    """Everything that a search found, by kind, on one page.

    The kind is the word before the first number of the address; results of before November 2025
    lead to the page itself, later ones to a redirect.
    """

    is_list: ClassVar[bool] = True

    def read_items(self) -> Iterator[Found]:
        """Yield the results; each kind counts from 1."""
        query, results = self._query(), self._results()
        placed: Counter[str] = Counter()

        def read(result: Node) -> Iterator[Found]:
            kind, _ = self._target(result)
            placed[kind] += 1
            return self._read(query, result, placed[kind])

        yield from each(self, results, read)

    def read_links(self) -> Iterator[str]:
        """Yield the pages that were found, of the kinds that are known."""
        for result in self._results():
            found = _TARGET.search(self.attribute(result, "href"))
            if found and found[1] in KINDS:
                yield self.absolute(f"/{KINDS[found[1]]}/{found[2]}")

    def _query(self) -> str:
        """Return what was searched, as the page's own form says."""
        field = self.maybe("input#form-q")
        asked = parse_qs(urlsplit(self.url).query).get("q", [""])[0]
        query = (field.attributes.get("value") if field else None) or asked
        if not query:
            raise PageError(self.url, "no search in the address")
        return query

    def _results(self) -> list[Node]:
        """Return the results; a page that has fewer than it says must be whole."""
        if not self.all("input#form-q"):
            raise instead(self, "input#form-q")
        results = self.all(RESULT)
        said = _FOUND.search(text_of(self.all("form:has(#form-q)")[0]) or "")
        count = int(said[1].replace(",", "")) if said else None
        if count != len(results):
            refuse_cut(self)
        if count and not results:
            raise PageError(self.url, f"{count} results were found, none is there")
        if not results:
            raise MissingError(self.url, "the search found nothing")
        return results

    def _target(self, result: Node) -> tuple[str, str]:
        href = self.attribute(result, "href")
        if not (found := _TARGET.search(href)):
            raise PageError(self.url, f"no kind and id in {href[:120]!r}")
        return KINDS.get(found[1], found[1]), found[2]

    def _read(self, query: str, result: Node, position: int) -> Iterator[Found]:
        kind, found_id = self._target(result)
        title = self.one(".search-item-title", result)
        picture = self.maybe("img", result)
        yield EsportsSearchResult(
            query=query,
            kind=kind,
            id=found_id,
            position=position,
            name=own_text(title) or "",
            description=text_of(self.maybe(".search-item-desc", result))
            or _state(text_of(self.maybe("span", title))),
            image_url=image(self.url, picture.attributes.get("src")) if picture else None,
        )
        if kind not in KINDS.values():
            yield Unknown("search result", kind)


def _state(text: str | None) -> str | None:
    """Return ``(inactive)``, which the site writes with a space before the end."""
    return text.replace(" )", ")") if text else None


class SeriesPage(HtmlPage):
    """A series of events, such as a circuit's: the cards are those of the list of events."""

    is_list: ClassVar[bool] = True

    def read_items(self) -> Iterator[Found]:
        """Yield what the cards say of each event, with the series."""
        cards = self._cards()
        titles = self.all("h1")
        series = required_id(self.url), text_of(titles[0]) if titles else None
        yield from each(self, cards, lambda card: read_card(self, card, series))

    def read_links(self) -> Iterator[str]:
        """Yield the events' own pages."""
        for card in self._cards():
            yield self.absolute(self.attribute(card, "href"))

    def _cards(self) -> list[Node]:
        if not (cards := self.all(CARD)):
            raise instead(self, CARD)
        refuse_cut(self)
        return cards
