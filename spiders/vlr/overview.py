"""The scoreboards of a match: every player on every map and side, in both generations.

Until July 2026 a scoreboard is a table with headings; since then it is made of `div`, and each
cell names its column. Every cell holds three numbers: for both sides, attack and defence.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsMapPlayer
from spiders.vlr.cells import (
    below,
    classes,
    country,
    decimal,
    name_in,
    percent,
    required_id,
    text_of,
    whole,
)
from spiders.vlr.listed import distinct

SIDES: Final = {"mod-both": "both", "mod-t": "t", "mod-ct": "ct"}

READERS: Final = {
    "rating": decimal,
    "acs": decimal,
    "kills": whole,
    "deaths": whole,
    "assists": whole,
    "kd_difference": whole,
    "kast_percent": percent,
    "adr": decimal,
    "headshot_percent": percent,
    "first_kills": whole,
    "first_deaths": whole,
    "fk_difference": whole,
}
HEADINGS: Final = {
    "rating 2.0": "rating",
    "rating": "rating",
    "average combat score": "acs",
    "kills": "kills",
    "deaths": "deaths",
    "assists": "assists",
    "kill, assist, trade, survive %": "kast_percent",
    "average damage per round": "adr",
    "headshot %": "headshot_percent",
    "first kills": "first_kills",
    "first deaths": "first_deaths",
}
DIFFERENCES: Final = frozenset({"kills - deaths", "first kills - first deaths"})
"""Both differences had the first heading once: which it is depends on what stands before."""

NAMES: Final = {
    "rating2": "rating",
    "rating": "rating",
    "acs": "acs",
    "kills": "kills",
    "deaths": "deaths",
    "assists": "assists",
    "kd-diff": "kd_difference",
    "kast": "kast_percent",
    "adr": "adr",
    "hsp": "headshot_percent",
    "fb": "first_kills",
    "fd": "first_deaths",
    "fk-diff": "fk_difference",
}
OF_KDA: Final = frozenset({"kills", "deaths", "assists"})
"""Columns that share one cell, which some builds call by the name of the first as well."""

NO_COLUMN: Final = frozenset({"", "agent"})

Found = EsportsMapPlayer | Unknown
Row = tuple[dict[str, Any] | Unknown, dict[str, Node]]


def read_players(page: HtmlPage, match_id: str, game: str, node: Node) -> Iterator[Found]:
    """Yield the players of one game, first those of the first team; a game may have none."""
    tables = page.all(".ovw-table", node) or page.all("table.mod-overview", node)
    if len(tables) not in {0, 2}:
        raise PageError(page.url, f"expected two scoreboards for {game}, found {len(tables)}")
    if not tables and page.all("a[href^='/player/']", node):
        raise PageError(page.url, f"players of {game}, and no scoreboard of a known kind")
    for team, table in enumerate(tables, 1):
        rows = _new_rows if table.tag == "div" else _old_rows
        shared = {"match_id": match_id, "game_id": game, "team": team}
        for who, cells in rows(page, table):
            if isinstance(who, Unknown):
                yield who
            else:
                if missing := READERS.keys() - cells.keys():
                    raise PageError(page.url, f"a scoreboard has no {sorted(missing)}")
                yield from _sides(shared | who, cells)


def players_of(page: HtmlPage, found: Iterable[Found]) -> tuple[EsportsMapPlayer, ...]:
    """Return the players among *found*; PageError for one who plays for both teams."""
    players = distinct(page, (one for one in found if isinstance(one, EsportsMapPlayer)))
    teams = {(one.player_id, one.team) for one in players}
    if len(teams) != len({player for player, _ in teams}):
        raise PageError(page.url, "a player is on the scoreboards of both teams")
    return players


def _sides(shared: dict[str, Any], cells: dict[str, Node]) -> Iterator[EsportsMapPlayer]:
    """Yield the player on both sides, and on each one that has any number."""
    values: dict[str, dict[str, Any]] = {"both": {}, "t": {}, "ct": {}}
    for column, cell in cells.items():
        for node in below(cell):
            side = _side(node.attributes.get("class"))
            if side is None:
                continue
            if column in values[side]:
                raise ValueError(f"two numbers for {column}, {side}")
            values[side][column] = _number(column, node.text())
    for side, fields in values.items():
        if side == "both" or any(value is not None for value in fields.values()):
            yield EsportsMapPlayer(side=side, **shared, **fields)


@lru_cache(maxsize=256)
def _side(names: str | None) -> str | None:
    """Return which side a number is about, by the classes around it; None for other elements."""
    marks = (names or "").split()
    if "side" not in marks:
        return None
    sides = [SIDES[name] for name in marks if name in SIDES]
    if len(sides) != 1:
        raise ValueError(f"a number is about the sides {sides}")
    return sides[0]


@lru_cache(maxsize=8192)
def _number(column: str, text: str) -> float | None:
    """Read a number; a page holds two thousand, and most of them several times."""
    return READERS[column](text)


def _new_rows(page: HtmlPage, table: Node) -> Iterator[Row]:
    for row in page.all(".ovw-row:not(.mod-head)", table):
        cells: dict[str, Node] = {}
        players = []
        for cell in below(row):
            attributes = cell.attributes
            name = attributes.get("data-col")
            if name is None:
                if "mod-player" in classes(cell):
                    players.append(cell)
            elif name in OF_KDA and "ovw-kda-stat" not in classes(cell):
                continue
            elif (column := NAMES.get(name)) is None:
                yield Unknown("scoreboard column", name), {}
            elif column in cells:
                raise PageError(page.url, f"two cells of a player are {name!r}")
            else:
                cells[column] = cell
        yield _who(page, players, "ovw-player-name", "ovw-player-tag"), cells


def _old_rows(page: HtmlPage, table: Node) -> Iterator[Row]:
    places: dict[str, int] = {}
    headings = page.all("thead th", table)
    for place, heading in enumerate(headings):
        title = (heading.attributes.get("title") or text_of(heading) or "").strip().lower()
        if title in NO_COLUMN:
            continue
        if title in DIFFERENCES:
            column = "fk_difference" if "first_deaths" in places else "kd_difference"
        elif title in HEADINGS:
            column = HEADINGS[title]
        else:
            yield Unknown("scoreboard column", title), {}
            continue
        if column in places:
            raise PageError(page.url, f"two columns of a scoreboard are {title!r}")
        places[column] = place
    for row in page.all("tbody tr", table):
        cells = [cell for cell in row.iter() if cell.tag == "td"]
        if len(cells) != len(headings):
            raise PageError(page.url, f"a player's row has {len(cells)} cells of {len(headings)}")
        about = [cell for cell in cells if {"mod-player", "mod-agents"}.intersection(classes(cell))]
        who = _who(page, about, "text-of", "ge-text-light")
        yield who, {column: cells[place] for column, place in places.items()}


def _who(page: HtmlPage, cells: list[Node], name: str, tag: str) -> dict[str, Any]:
    """Read who played with which agents from *cells*; *name* and *tag* are classes."""
    found: dict[str, list[Node]] = {name: [], tag: [], "flag": [], "a": [], "img": []}
    for node in (node for cell in cells for node in below(cell)):
        for mark in (node.tag, *classes(node)):
            if mark in found:
                found[mark].append(node)
    for mark in (name, "a"):
        if len(found[mark]) != 1:
            raise PageError(page.url, f"expected one {mark!r} of a player, found {found[mark]}")
    images = [image.attributes for image in found["img"]]
    return {
        "player_id": required_id(page.attribute(found["a"][0], "href")),
        "player_name": name_in(found[name][0]),
        "team_tag": text_of(next(iter(found[tag]), None)),
        "country": country(next(iter(found["flag"]), None)),
        "agents": tuple(image.get("title") or image.get("alt") or "" for image in images),
    }
