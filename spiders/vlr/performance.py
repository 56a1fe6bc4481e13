"""The tables of a match's performance tab: multiple kills and clutches, and who killed whom."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsMapPerformance, Versus
from spiders.vlr.cells import classes, own_text, said, text_of, whole

COLUMNS: Final = {
    "2k": "kills_2",
    "3k": "kills_3",
    "4k": "kills_4",
    "5k": "kills_5",
    "1v1": "clutches_1",
    "1v2": "clutches_2",
    "1v3": "clutches_3",
    "1v4": "clutches_4",
    "1v5": "clutches_5",
    "econ": "econ",
    "pl": "plants",
    "de": "defuses",
}
COUNTS: Final = frozenset(COLUMNS.values()) - {"econ"}
"""Columns in which an empty cell of a player with any number means that it never happened."""

DUELS: Final = {
    "mod-normal": ("kills", "deaths"),
    "mod-fkfd": ("first_kills", "first_deaths"),
    "mod-op": ("op_kills", "op_deaths"),
}
"""By the class of the matrix; "op" is a weapon, the Operator."""

EMPTY: Final = "mod-egg"

Player = tuple[str, str]
"""Tag of the team, name of the player."""


def read_performance(
    page: HtmlPage, match_id: str, game: str, tables: list[Node]
) -> Iterator[EsportsMapPerformance | Unknown]:
    """Yield the players of one game, with what every table says about them."""
    players: dict[Player, dict[str, Any]] = {}
    duels: dict[Player, dict[str, dict[str, int | None]]] = {}
    for table in tables:
        if "mod-adv-stats" in classes(table):
            yield from _advanced(page, table, players)
        else:
            _matrix(page, table, duels)
    for tag, name in dict.fromkeys(chain(players, duels)):
        against = duels.get((tag, name), {})
        yield EsportsMapPerformance(
            match_id=match_id,
            game_id=game,
            team_tag=tag,
            player_name=name,
            versus={opponent: Versus(**numbers) for opponent, numbers in against.items()},
            **players.get((tag, name), {}),
        )


def _advanced(
    page: HtmlPage, table: Node, players: dict[Player, dict[str, Any]]
) -> Iterator[Unknown]:
    """Read who had how many rounds with two kills and so on; columns by their heading."""
    fields: dict[int, str] = {}
    headings = page.all("th", table)
    for place, heading in enumerate(headings):
        name = (text_of(heading) or "").lower()
        if name in COLUMNS and COLUMNS[name] not in fields.values():
            fields[place] = COLUMNS[name]
        elif name:
            yield Unknown("performance column", name)
    if missing := set(COLUMNS.values()) - set(fields.values()):
        raise PageError(page.url, f"the table of kills has no {sorted(missing)}")
    for row in page.all("tr", table):
        if not (cells := [cell for cell in row.iter() if cell.tag == "td"]):
            continue
        if len(cells) != len(headings):
            raise PageError(page.url, f"a player's row has {len(cells)} cells of {len(headings)}")
        if (player := _who(page, cells[0])) in players:
            raise PageError(page.url, f"two rows are about {player}"[:200])
        values = {fields[place]: _value(page, cells[place]) for place in fields}
        players[player] = {"agents": _agents(page, cells[1])} | _counted(values)


def _value(page: HtmlPage, cell: Node) -> tuple[int | None, bool]:
    """Return the number and whether it is marked as empty; not what pops up below it."""
    square = page.one(".stats-sq", cell)
    return whole(own_text(square)), EMPTY in classes(square)


def _counted(values: dict[str, tuple[int | None, bool]]) -> dict[str, int | None]:
    """Return the numbers; what is marked as empty is 0 where the site counted at all."""
    counted = any(number is not None for number, _ in values.values())
    return {
        field: 0 if empty and counted and field in COUNTS else number
        for field, (number, empty) in values.items()
    }


def _matrix(
    page: HtmlPage, table: Node, duels: dict[Player, dict[str, dict[str, int | None]]]
) -> None:
    """Read who killed whom: a row for each player of one team, a column for each of the other."""
    kinds = [DUELS[mark] for mark in classes(table) if mark in DUELS]
    if len(kinds) != 1:
        raise PageError(page.url, f"a matrix of another kind: {' '.join(classes(table))}"[:200])
    ours, theirs = kinds[0]
    head, *rows = [[*row.iter()] for row in page.all("tr", table)] or [[]]
    columns = [_who(page, cell) for cell in head[1:]]
    if len({name for _, name in columns}) != len(columns):
        raise PageError(page.url, f"two columns of a matrix are about one name: {columns}"[:200])
    for cells in rows:
        if len(cells) != len(columns) + 1:
            raise PageError(page.url, f"a matrix has {len(columns)} columns and {len(cells)} cells")
        player = _who(page, cells[0])
        for opponent, cell in zip(columns, cells[1:], strict=True):
            one, two = _duel(page, cell)
            for who, whom, numbers in (
                (player, opponent, {ours: one, theirs: two}),
                (opponent, player, {ours: two, theirs: one}),
            ):
                duels.setdefault(who, {}).setdefault(whom[1], {}).update(numbers)


def _duel(page: HtmlPage, cell: Node) -> tuple[int | None, int | None]:
    """Return what the row's player and the column's player did to each other."""
    squares = page.all(".stats-sq", cell)
    if len(squares) != 3:  # noqa: PLR2004 - his, the other's, the difference
        raise PageError(page.url, f"expected three numbers of a duel, found {len(squares)}")
    one, two, difference = (whole(own_text(square)) for square in squares)
    if None not in {one, two, difference} and (one or 0) - (two or 0) != difference:
        raise PageError(page.url, f"the numbers of a duel are {one}, {two}, {difference}")
    return one, two


def _who(page: HtmlPage, cell: Node) -> Player:
    name = said(own_text(page.one(".team > div", cell)))
    if name is None:
        raise PageError(page.url, "a player without a name")
    return text_of(page.maybe(".team-tag", cell)) or "", name


def _agents(page: HtmlPage, cell: Node) -> tuple[str, ...]:
    images = (image.attributes for image in page.all("img", cell))
    return tuple(
        image.get("title") or image.get("alt") or _stem(image.get("src") or "") for image in images
    )


def _stem(src: str) -> str:
    """Return ``sova`` for ``/img/vlr/game/agents/sova.png``."""
    return src.rpartition("/")[2].partition(".")[0]
