"""The tables of a match's economy tab: one for all rounds of a team, one round by round."""

import re
from collections.abc import Iterator
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsMapEconomy, EsportsRoundEconomy
from spiders.vlr.cells import classes, credits_in, said, text_of, whole

BUYS: Final = {
    "eco (won)": "ecos",
    "$ (won)": "semi_ecos",
    "$$ (won)": "semi_buys",
    "$$$ (won)": "full_buys",
}
PISTOLS: Final = "pistol won"
ECO: Final = "eco"
SPENT: Final = frozenset({ECO, "$", "$$", "$$$"})

_OF: Final = re.compile(r"(\d{1,4}) ?\((\d{1,4})\)", re.ASCII)

Found = EsportsMapEconomy | EsportsRoundEconomy | Unknown


def read_economy(page: HtmlPage, match_id: str, game: str, tables: list[Node]) -> Iterator[Found]:
    """Yield both teams of one game, then its rounds; the whole match has no rounds."""
    found: list[Found] = []
    tags: set[tuple[str | None, ...]] = set()
    for table in tables:
        if page.all("th", table):
            teams = list(_teams(page, match_id, game, table))
            tags.add(tuple(team.team_tag for team in teams if isinstance(team, EsportsMapEconomy)))
            found += teams
        else:
            tags |= {
                tuple(map(text_of, page.all(".team", cell)))
                for cell in page.all("td", table)
                if not page.all(".round-num", cell)
            }
            found += _rounds(page, match_id, game, table)
    if len(tags) > 1:
        raise PageError(page.url, f"the tables of {game} name the teams {sorted(map(str, tags))}")
    yield from found


def _teams(page: HtmlPage, match_id: str, game: str, table: Node) -> Iterator[Found]:
    """Read the table with headings, the first team of the match first."""
    headings = [(text_of(heading) or "").lower() for heading in page.all("th", table)]
    for name in headings:
        if name and name != PISTOLS and name not in BUYS:
            yield Unknown("economy column", name)
    if missing := {PISTOLS, *BUYS}.difference(headings):
        raise PageError(page.url, f"the table of buys has no {sorted(missing)}")
    rows = [cells for row in page.all("tr", table) if (cells := page.all("td", row))]
    if len(rows) != 2:  # noqa: PLR2004 - two teams
        raise PageError(page.url, f"expected two teams in the table of buys, found {len(rows)}")
    for team, cells in enumerate(rows, 1):
        texts = dict(zip(headings, map(text_of, cells), strict=True))
        fields: dict[str, Any] = {"pistols_won": whole(texts[PISTOLS])}
        for name, field in BUYS.items():
            fields[field], fields[f"{field}_won"] = _played_and_won(texts[name])
        tag = text_of(page.maybe(".team", cells[0]) or cells[0])
        yield EsportsMapEconomy(match_id=match_id, game_id=game, team=team, team_tag=tag, **fields)


def _played_and_won(text: str | None) -> tuple[int | None, int | None]:
    """Read ``4 (1)``: four rounds, one of them won."""
    if said(text) is None:
        return None, None
    if not (found := _OF.fullmatch(text or "")):
        raise ValueError(f"{text!r} is not written like 4 (1)"[:200])
    return int(found[1]), int(found[2])


def _rounds(page: HtmlPage, match_id: str, game: str, table: Node) -> Iterator[Found]:
    """Read the cells of the rounds: one row for each half, and more for overtime."""
    for cell in page.all("td", table):
        number = page.maybe(".round-num", cell)
        if number is None:
            continue
        banks, squares = page.all(".bank", cell), page.all(".rnd-sq", cell)
        if len(banks) != 2 or len(squares) != 2:  # noqa: PLR2004 - two teams
            raise PageError(page.url, f"a round has {len(banks)} banks, {len(squares)} squares")
        won = [team for team, square in enumerate(squares, 1) if "mod-win" in classes(square)]
        if len(won) > 1:
            raise PageError(page.url, "both teams won a round")
        if not won and not any(map(text_of, (*banks, *squares))):
            continue  # not played yet
        spent = [text_of(square) or ECO for square in squares]
        yield EsportsRoundEconomy(
            match_id=match_id,
            game_id=game,
            number=int(page.text(number)),
            team1_bank=credits_in(text_of(banks[0])),
            team2_bank=credits_in(text_of(banks[1])),
            team1_loadout=credits_in(squares[0].attributes.get("title")),
            team2_loadout=credits_in(squares[1].attributes.get("title")),
            team1_spend=spent[0],
            team2_spend=spent[1],
            winner=won[0] if won else None,
        )
        for word in sorted({*spent} - SPENT):
            yield Unknown("spend", word)
