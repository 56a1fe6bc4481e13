"""A team with its roster, and its transactions."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from crawlers.errors import MissingError, PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsRosterMember, EsportsTeam, EsportsTransaction, Link
from crawlers.page import Found
from spiders.vlr.answers import opened
from spiders.vlr.cells import (
    columns,
    country,
    id_in,
    image,
    own_text,
    required_id,
    said,
    text_of,
    whole,
)
from spiders.vlr.listed import distinct, each
from spiders.vlr.placements import read_placements, read_winnings
from spiders.vlr.times import slashed_date

HEADER: Final = ".team-header"
GROUPS: Final = {"players": False, "staff": True}
ACTIONS: Final = frozenset({"join", "leave", "inactive"})
COLUMNS: Final = ("date", "action", "player", "position", "reference")


class TeamPage(HtmlPage):
    """A team: header, roster, rating of the line-up that plays now, placements."""

    def read_items(self) -> Iterator[Found]:
        """Yield the team with its roster."""
        header = opened(self, HEADER)
        team_id = required_id(self.url)
        status = text_of(self.maybe(".team-header-status", header))
        successor = self.maybe(".team-header-name-successor a", header)
        winnings, currency = read_winnings(self)
        members = self.all(".team-roster-item")
        if not members and self.all(".wf-card:has(> .wf-module-label) a[href^='/player/']"):
            raise PageError(self.url, "players, and no roster of a known kind")
        yield EsportsTeam(
            id=team_id,
            name=text_of(self.one(".team-header-name h1", header)) or "",
            tag=text_of(self.maybe(".team-header-tag", header)),
            country=country(self.maybe(".team-header-country .flag", header)),
            country_name=text_of(self.maybe(".team-header-country", header)),
            logo_url=self._image(self.maybe(".team-header-logo img", header)),
            links=tuple(read_links_of(self, ".team-header-links a", header)),
            active=status is None,
            successor_id=id_in(self.attribute(successor, "href")) if successor else None,
            successor_name=text_of(successor),
            winnings_minor=winnings,
            winnings_currency=currency,
            placements=tuple(read_placements(self, "a.team-event-item")),
            roster=distinct(self, (self._member(team_id, item) for item in members)),
            **self._rating(),
        )
        if status not in {None, "(inactive)"}:
            yield Unknown("team status", status or "")
        labels = {self._label(item) for item in members}
        yield from (Unknown("roster label", label) for label in sorted(labels - GROUPS.keys()))

    def read_links(self) -> Iterator[str]:
        """Yield the pages of its matches and transactions, and of its players."""
        opened(self, HEADER)
        team_id = required_id(self.url)
        yield self.absolute(f"/team/matches/{team_id}/?group=completed")
        yield self.absolute(f"/team/transactions/{team_id}/")
        for link in self.all(".team-roster-item a"):
            yield self.absolute(self.attribute(link, "href"))

    def _rating(self) -> dict[str, Any]:
        """Read the rating of the active line-up; nothing if what it says is not current.

        Every line-up that the team ever had has a block, and each block says everything twice.
        """
        infos = self.all(".core-rating-block.mod-active .team-rating-info")
        if not infos:
            return {}
        rank = self.one(".team-rating-info-section.mod-rank", infos[0])
        if not (text_of(self.one(".wf-module-label", rank)) or "").startswith("Current"):
            return {}
        record = self.maybe(".team-rating-info-section.mod-streak", infos[0])
        rating = self.maybe(".team-rating-info-section.mod-rating .rating-num", infos[0])
        return {
            "rank": whole(text_of(self.one(".rank-num", rank))),
            "rank_region": text_of(self.maybe(".rating-txt", rank)),
            "rating": whole(own_text(rating)) if rating else None,
            "rating_wins": self._count(record, ".win", "W"),
            "rating_losses": self._count(record, ".loss", "L"),
        }

    def _count(self, record: Node | None, css: str, letter: str) -> int | None:
        text = text_of(self.maybe(css, record)) if record else None
        return whole(text.removesuffix(letter)) if text else None

    def _member(self, team_id: str, item: Node) -> EsportsRosterMember:
        alias = self.one(".team-roster-item-name-alias", item)
        return EsportsRosterMember(
            team_id=team_id,
            player_id=required_id(self.attribute(self.one("a", item), "href")),
            alias=own_text(alias) or "",
            real_name=text_of(self.maybe(".team-roster-item-name-real", item)),
            country=country(self.maybe(".flag", alias)),
            is_staff=GROUPS.get(self._label(item), False),
            is_captain=bool(self.all(".fa-star", alias)),
            role=text_of(self.maybe(".team-roster-item-name-role", item)),
            image_url=self._image(self.maybe(".team-roster-item-img img", item)),
        )

    def _label(self, item: Node) -> str:
        """Return the label before the group in which *item* stands: players, staff."""
        node = item.parent.prev if item.parent else None
        while node is not None and not node.is_element_node:
            node = node.prev
        return text_of(node) or ""

    def _image(self, node: Node | None) -> str | None:
        return image(self.url, node.attributes.get("src")) if node else None


def read_links_of(page: HtmlPage, css: str, within: Node) -> Iterator[Link]:
    """Yield the accounts and sites; the site leaves one without an address."""
    for link in page.all(css, within):
        if href := link.attributes.get("href"):
            yield Link(name=text_of(link), url=href)


class TransactionsPage(HtmlPage):
    """Who joined and left a team, newest first, all on one page."""

    is_list: ClassVar[bool] = True

    def read_items(self) -> Iterator[Found]:
        """Yield the transactions."""
        opened(self, HEADER)
        rows = self.all("tr.txn-item")
        if not rows:
            raise MissingError(self.url, "no transactions")
        headings = self.all("th")
        places = columns(headings)
        if missing := set(COLUMNS) - places.keys():
            raise PageError(self.url, f"transactions without the columns {sorted(missing)}")
        team_id = required_id(self.url)
        yield from each(self, rows, lambda row: self._read(team_id, row, places, len(headings)))

    def read_links(self) -> Iterator[str]:
        """Yield the players."""
        for link in self.all("tr.txn-item a[href^='/player/']"):
            yield self.absolute(self.attribute(link, "href"))

    def _read(self, team_id: str, row: Node, places: dict[str, int], width: int) -> Iterator[Found]:
        cells = self.all("td", row)
        if len(cells) != width:
            raise PageError(self.url, f"a transaction has {len(cells)} cells of {width}")
        when, action, player, position, reference = (cells[places[name]] for name in COLUMNS)
        date_text = text_of(when) or ""
        taken = text_of(action) or ""
        link = self.one("a", player)
        source = self.maybe("a", reference)
        yield EsportsTransaction(
            team_id=team_id,
            player_id=required_id(self.attribute(link, "href")),
            action=taken,
            date_text=date_text,
            happened_on=None if date_text == "Unknown" else slashed_date(date_text),
            alias=text_of(link) or "",
            real_name=text_of(self.maybe(".ge-text-light", player)),
            country=country(self.maybe(".flag", row)),
            position=said(text_of(position)),
            reference_url=(source.attributes.get("href") or None) if source else None,
        )
        if taken not in ACTIONS:
            yield Unknown("transaction", taken)
