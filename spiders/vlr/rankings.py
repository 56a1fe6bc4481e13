"""Rankings: of the world, of a region, and the points of a year's circuit."""

import re
from collections.abc import Iterator
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Reject, Unknown
from crawlers.items.esports import (
    EsportsCircuit,
    EsportsCircuitStanding,
    EsportsRanking,
    EsportsRankingList,
)
from crawlers.page import Found
from spiders.vlr.answers import instead, refuse_cut
from spiders.vlr.cells import (
    decimal,
    id_in,
    image,
    money,
    own_text,
    required_id,
    said,
    text_of,
    whole,
)
from spiders.vlr.listed import distinct

REGIONS: Final = frozenset({
    "north-america", "europe", "brazil", "asia-pacific", "korea", "china", "japan", "la-s", "la-n",
    "oceania", "mena", "gc", "collegiate",
})  # fmt: skip
NAMED: Final = {
    "latin america south": "la-s",
    "latam south": "la-s",
    "latin america north": "la-n",
    "latam north": "la-n",
    "middle east and north africa": "mena",
    "game changers": "gc",
}
"""Regions whose name is not their address with other letters."""

_REGION: Final = re.compile(r"/rankings/([a-z][a-z-]*)")
_YEAR: Final = re.compile(r"/vct-(\d{4})/standings(?=[/?#]|$)", re.ASCII)
_RECORD: Final = re.compile(r"(\d+)\s*[-–]\s*(\d+)", re.ASCII)  # noqa: RUF001 - the site's dash
_POINTS: Final = re.compile(r"\s*(?:Championship )?Points$", re.IGNORECASE)


def rows_of(page: HtmlPage, css: str, within: Node | None = None) -> list[Node]:
    """Return the rows at *css*, of which there must be some."""
    if not (rows := page.all(css, within)):
        raise instead(page, css)
    return rows


class WorldRankingsPage(HtmlPage):
    """The best ten teams of each region. The shown rating is not the one that it sorts by."""

    def read_items(self) -> Iterator[Found]:
        """Yield a list for each region."""
        columns = rows_of(self, ".world-rankings-col")
        refuse_cut(self)
        for column in columns:
            name = text_of(self.one("h2", column)) or ""
            region = region_of(name)
            rows = rows_of(self, "tr.mod-hover", column)
            teams = distinct(self, (self._team(region, row) for row in rows))
            yield EsportsRankingList(scope="world", region=region, teams=teams)
            if region not in REGIONS:
                yield Unknown("region", name)

    def read_links(self) -> Iterator[str]:
        """Yield the teams."""
        for link in rows_of(self, "td.rank-item-team a"):
            yield self.absolute(self.attribute(link, "href"))

    def _team(self, region: str, row: Node) -> EsportsRanking:
        link = self.one("td.rank-item-team a", row)
        return EsportsRanking(
            scope="world",
            region=region,
            rank=_rank(self.one("td.rank-item-rank", row)),
            rating=whole(text_of(self.one("td.rank-item-rating", row))),
            **_named(self, link, self.all("div", link)[0]),
        )


def region_of(name: str) -> str:
    """Return a region as in the site's addresses: ``asia-pacific`` for ``Asia-Pacific``."""
    low = name.lower().replace("&", "and")
    return NAMED.get(low) or re.sub(r"[^a-z0-9]+", "-", low).strip("-")


def _rank(node: Node) -> int:
    if (rank := whole(text_of(node))) is None:
        raise ValueError("a team without a rank")
    return rank


def _named(page: HtmlPage, link: Node, name: Node) -> dict[str, Any]:
    """Read who the team is; the name's node nests the country, and perhaps a mark."""
    logo = page.maybe("img", link)
    return {
        "team_id": required_id(page.attribute(link, "href")),
        "team_name": own_text(name) or "",
        "country_name": text_of(page.maybe(".rank-item-team-country", name)),
        "logo_url": image(page.url, logo.attributes.get("src")) if logo else None,
    }


class RegionRankingsPage(HtmlPage):
    """All teams of a region, with their records: now, and of all time."""

    def read_items(self) -> Iterator[Found]:
        """Yield the region's list; of a team's lines the best stays, the others are Rejects."""
        rows = rows_of(self, ".rank-item")
        refuse_cut(self)
        if not (found := _REGION.search(self.url)):
            raise PageError(self.url, "no region in the address")
        region = found[1]
        teams: dict[str, EsportsRanking] = {}
        again: list[Reject] = []
        for row in rows:
            team = self._team(region, row)
            if team.team_id in teams:
                where = f"rank {team.rank}"
                again.append(Reject(where, "a team's second line", (row.html or "").encode()))
            teams.setdefault(team.team_id, team)
        yield EsportsRankingList(scope="region", region=region, teams=tuple(teams.values()))
        yield from again
        if region not in REGIONS:
            yield Unknown("region", region)

    def read_links(self) -> Iterator[str]:
        """Yield the teams."""
        for link in rows_of(self, "a.rank-item-team"):
            yield self.absolute(self.attribute(link, "href"))

    def _team(self, region: str, row: Node) -> EsportsRanking:
        link = self.one("a.rank-item-team", row)
        name = self.one(".ge-text", link)
        records = [self._record(node) for node in self.all(".rank-item-record", row)]
        if len(records) not in {0, 2}:
            raise PageError(self.url, f"expected a team's records, now and ever: {records}")
        now, ever = records or [(None, None), (None, None)]
        earnings = money(text_of(self.maybe(".rank-item-earnings", row)))
        last = self.maybe("a.rank-item-last", row)
        ratings = self.all(".rank-item-rating", row)
        return EsportsRanking(
            scope="region",
            region=region,
            core=text_of(self.maybe("span", name)),
            rank=_rank(self.one(".rank-item-rank-num", row)),
            rating=whole(text_of(ratings[0])) if ratings else None,
            wins=now[0],
            losses=now[1],
            all_wins=ever[0],
            all_losses=ever[1],
            streak=said(text_of(self.maybe(".rank-item-streak", row))),
            earnings_minor=earnings[0] if earnings else None,
            earnings_currency=earnings[1] if earnings else None,
            last_match_id=id_in(self.attribute(last, "href")) if last else None,
            **_named(self, link, name),
        )

    def _record(self, node: Node) -> tuple[int | None, int | None]:
        if (text := said(text_of(node))) is None:
            return None, None
        if not (found := _RECORD.fullmatch(text)):
            raise PageError(self.url, f"the record of a team is {text[:40]!r}")
        return int(found[1]), int(found[2])


class CircuitPage(HtmlPage):
    """The points of a year's circuit, by region; the order of the rows is the rank."""

    def read_items(self) -> Iterator[Found]:
        """Yield each region's table."""
        groups = rows_of(self, ".eg-standing-group")
        refuse_cut(self)
        if not (found := _YEAR.search(self.url)):
            raise PageError(self.url, "no year in the address")
        year = int(found[1])
        for group in groups:
            region = _POINTS.sub("", text_of(self.one(".wf-label", group)) or "")
            rows = [row for row in self.all("tr", group) if self.all("td", row)]
            teams = (self._team(year, region, rank, row) for rank, row in enumerate(rows, 1))
            yield EsportsCircuit(year=year, region=region, teams=distinct(self, teams))

    def read_links(self) -> Iterator[str]:
        """Yield the teams."""
        for link in rows_of(self, ".eg-standing-group-team a"):
            yield self.absolute(self.attribute(link, "href"))

    def _team(self, year: int, region: str, rank: int, row: Node) -> EsportsCircuitStanding:
        link = self.one(".eg-standing-group-team a", row)
        name, *rest = self.all(".text-of > div", link)
        logo = self.maybe("img", link)
        points = said(text_of(self.all("td", row)[1]))
        return EsportsCircuitStanding(
            year=year,
            region=region,
            team_id=required_id(self.attribute(link, "href")),
            team_name=text_of(name) or "",
            country_name=text_of(rest[0]) if rest else None,
            logo_url=image(self.url, logo.attributes.get("src")) if logo else None,
            rank=rank,
            points=decimal(points.split(" ")[0].replace(",", "")) if points else None,
        )
