"""Statistics of players, for any choice of filters; an event's statistics are the same page."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawlers.errors import MissingError, PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsStats
from crawlers.page import Found
from spiders.vlr.agents import agent_in
from spiders.vlr.answers import instead, refuse_cut
from spiders.vlr.cells import country, decimal, id_in, percent, required_id, said, text_of, whole
from spiders.vlr.listed import each
from spiders.vlr.ratios import with_ratios

TABLE: Final = "table.st-table, table.mod-stats"
ORDER: Final = frozenset({"page", "sort", "dir"})
"""Parameters that choose no rows."""

RENAMED: Final = {"timespan": "span"}
NO_CHOICE: Final = frozenset({"", "all", "0"})
DEFAULT: Final = "default"
"""The query of a page that was asked for without filters; the site then chooses."""

Reader = Callable[[str | None], Any]
COLUMNS: Final[dict[str, tuple[str, Reader]]] = {
    "maps": ("maps", whole),
    "rnd": ("rounds", whole),
    "rating2": ("rating", decimal),
    "acs": ("acs", decimal),
    "kd": ("kd", decimal),
    "kast": ("kast_percent", percent),
    "adr": ("adr", decimal),
    "kpr": ("kpr", decimal),
    "apr": ("apr", decimal),
    "fkfd": ("fkfd", decimal),
    "fbpr": ("fkpr", decimal),
    "fdpr": ("fdpr", decimal),
    "hsp": ("headshot_percent", percent),
    "clp": ("clutch_percent", percent),
    "kmax": ("kills_max", whole),
    "k": ("kills", whole),
    "d": ("deaths", whole),
    "a": ("assists", whole),
    "fk": ("first_kills", whole),
    "fd": ("first_deaths", whole),
}
OLD: Final = {
    "r": "rating2", "r2.0": "rating2", "rating": "rating2", "k:d": "kd", "fk:fd": "fkfd",
    "fkpr": "fbpr", "hs%": "hsp", "cl%": "clp",
}  # fmt: skip
"""Headings of the tables before July 2026, which had no ``data-col``."""

OTHERS: Final = frozenset({"player", "agents", "cl"})
_CLUTCHES: Final = re.compile(r"(\d+)\s*/\s*(\d+)", re.ASCII)


class StatsPage(HtmlPage):
    """Up to a hundred players. Without players there is no table at all.

    The site answers a visitor without a session with the unfiltered page, whatever was asked:
    `ignored` says so, and nothing is read from such a page.
    """

    is_list: ClassVar[bool] = True

    def read_items(self) -> Iterator[Found]:
        """Yield the players' lines."""
        table = self.maybe(TABLE)
        rows = self.all("tbody tr", table) if table else []
        if table is None and not self.echo and not self.all(".event-header"):
            raise instead(self, TABLE)
        refuse_cut(self)
        if self.ignored:
            raise PageError(self.url, f"the site ignored the filters {self.ignored}")
        if table is None or not rows:
            self._refuse_unsaid()
            return
        names = [self._name(heading) for heading in self.all("thead th", table)]
        yield from (Unknown("stats column", name) for name in names if not _known(name))
        if "player" not in names or "rnd" not in names:
            raise PageError(self.url, f"statistics with the columns {names}")
        yield from each(self, rows, lambda row: [self._line(row, names)])

    def read_links(self) -> Iterator[str]:
        """Yield the players' pages."""
        for link in self.all("td.mod-player a"):
            yield self.absolute(self.attribute(link, "href"))

    def _refuse_unsaid(self) -> None:
        """Raise for a page without players, unless it says that the filters were heard."""
        if self._event_id and not self.filters:
            raise MissingError(self.url, "no statistics of this event")
        unsaid = self.filters.keys() - self.echo.keys() - {"exclude"}
        if unsaid or not self.filters:
            raise PageError(self.url, f"no players, and the filters {sorted(unsaid)} unsaid")

    @cached_property
    def filters(self) -> dict[str, str]:
        """The filters that the address asks for, by their present names."""
        asked = parse_qsl(urlsplit(self.url).query)
        return {RENAMED.get(k, k): value for k, value in asked if k not in ORDER}

    @cached_property
    def echo(self) -> dict[str, str]:
        """The filters that the page's form says are chosen."""
        chosen: dict[str, str] = {}
        for select in self.all("select[name]"):
            options = self.all("option", select)
            marked = [option for option in options if "selected" in option.attributes]
            if one := (marked or options)[:1]:
                chosen[self.attribute(select, "name")] = one[0].attributes.get("value") or ""
        for field in self.all("form input[name]:not([type=search])"):
            chosen[self.attribute(field, "name")] = field.attributes.get("value") or ""
        return {RENAMED.get(name, name): value for name, value in chosen.items()}

    @property
    def ignored(self) -> dict[str, str]:
        """The filters that were asked for and are not those of the page, with what it shows."""
        return {
            name: self.echo[name]
            for name, value in self.filters.items()
            if name in self.echo and _choice(value) != _choice(self.echo[name])
        }

    @cached_property
    def query(self) -> str:
        """The filters in one order, without what chooses no rows; an event is one of them."""
        event_id = self._event_id
        filters = self.filters | ({"event": event_id} if event_id else {})
        return urlencode(sorted((k, v) for k, v in filters.items() if v), safe="/,.") or DEFAULT

    @property
    def next_page(self) -> str | None:
        """The address of the next page with the same filters; None on the last."""
        links = self.all("link[rel=next][href], a[rel=next][href]")
        if not links:
            return None
        target = dict(parse_qsl(urlsplit(self.attribute(links[0], "href")).query))
        own = dict(parse_qsl(urlsplit(self.url).query))
        return self.absolute("?" + urlencode(own | {"page": target["page"]}))

    @cached_property
    def _event_id(self) -> str | None:
        return id_in(self.url) if "/event/stats/" in self.url else None

    def _name(self, heading: Node) -> str:
        name = heading.attributes.get("data-col") or (text_of(heading) or "").lower()
        return OLD.get(name, name)

    def _named(self, cell: Node, default: str) -> str:
        """Return the column that *cell* says it belongs to; most say it, as the headings do."""
        name = cell.attributes.get("data-col") or default
        return OLD.get(name, name)

    def _line(self, row: Node, names: list[str]) -> EsportsStats:
        cells = self.all("td", row)
        own = [self._named(cell, name) for cell, name in zip(cells, names, strict=True)]
        if own != names:
            raise PageError(self.url, f"cells of {own} below headings of {names}"[:300])
        named = dict(zip(names, cells, strict=True))
        player = self.one("a", named["player"])
        numbers = {
            field: read(text_of(named[name]))
            for name, (field, read) in COLUMNS.items()
            if name in named
        }
        won, played = _clutches(text_of(named.get("cl")))
        icons = self.all("img", named["agents"]) if "agents" in named else []
        return EsportsStats(
            query=self.query,
            player_id=required_id(self.attribute(player, "href")),
            event_id=self._event_id,
            player_name=text_of(self.one(".text-of", player)) or "",
            team_tag=text_of(self.maybe(".st-pl-country, .stats-player-country", player)),
            country=country(self.maybe(".flag", named["player"])),
            agents=tuple(agent_in(self.attribute(icon, "src")) for icon in icons),
            clutches_won=won,
            clutches_played=played,
            **with_ratios(numbers),
        )


def _known(name: str) -> bool:
    return name in COLUMNS or name in OTHERS or not name


def _choice(value: str) -> str:
    """Return *value* as it is compared: what chooses nothing is written in several ways."""
    low = value.strip().lower()
    return "" if low in NO_CHOICE else low


def _clutches(text: str | None) -> tuple[int | None, int | None]:
    """Read ``12/39``: won, and played."""
    if (bare := said(text)) is None:
        return None, None
    if not (found := _CLUTCHES.fullmatch(bare)):
        raise ValueError(f"{bare[:40]!r} are no clutches")
    return int(found[1]), int(found[2])
