"""The maps of a match and their rounds."""

import re
from collections.abc import Iterator
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.esports import EsportsMap, EsportsRound
from spiders.vlr.cells import below, classes, own_text, said, text_of, whole
from spiders.vlr.header import points
from spiders.vlr.times import seconds

METHODS: Final = frozenset({"elim", "boom", "defuse", "time"})
"""How a round can end, by the name of its picture; another is kept, and reported."""

ROUNDS_TO_WIN: Final = 13

ALL: Final = "all"
"""The id of what is no game but the whole match."""

_PICTURE: Final = re.compile(r"/([a-z_-]{1,20})\.[a-z]{2,5}(?:\?|$)")
_SCORE: Final = re.compile(r"(\d{1,3})-(\d{1,3})", re.ASCII)


def by_game(page: HtmlPage, nodes: list[Node]) -> dict[str, Node]:
    """Return *nodes* by the id of the game that each is about, in the order of the document."""
    found = {page.attribute(node, "data-game-id"): node for node in nodes}
    if len(found) != len(nodes):
        raise PageError(page.url, f"two parts are about one game: {list(found)}"[:200])
    return found


def read_maps(
    page: HtmlPage, match_id: str, tabs: dict[str, Node], found: dict[str, Node], *, over: bool
) -> Iterator[EsportsMap]:
    """Yield the maps, those that were never played without a result; a match of one has no tabs.

    Before a match is *over*, the site marks who is ahead as it marks who has won.
    """
    idle = unplayed(tabs)
    ids = [game for game in {**tabs, **found} if game != ALL]
    for number, game in enumerate(ids, 1):
        tab = tabs.get(game)
        shown = None if tab is None else page.maybe("span", tab)
        fields: dict[str, Any] = {"number": whole(text_of(shown)) or number}
        if game in found and (header := page.maybe(".vm-stats-game-header", found[game])):
            fields |= _map(page, header, played=game not in idle)
        elif tab is not None:
            fields["map"] = said(own_text(page.maybe("div", tab) or tab))
        if not (over or _decided(fields)):
            fields.pop("winner", None)
        if fields.get("map") is not None:
            yield EsportsMap(match_id=match_id, game_id=game, **fields)


def _decided(fields: dict[str, Any]) -> bool:
    """Tell whether a map is over by its score: 13 rounds, and two more than the other team."""
    low, high = sorted(fields.get(f"team{place}_score") or 0 for place in (1, 2))
    return high >= ROUNDS_TO_WIN and high - low >= 2  # noqa: PLR2004 - as the docstring says


def unplayed(tabs: dict[str, Node]) -> set[str]:
    """Return the ids of the games whose tab cannot be chosen: nobody has played them."""
    return {
        game
        for game, tab in tabs.items()
        if tab.attributes.get("data-disabled") == "1" or "mod-disabled" in classes(tab)
    }


def _map(page: HtmlPage, header: Node, *, played: bool) -> dict[str, Any]:
    teams = page.all(".team", header)
    if len(teams) != 2:  # noqa: PLR2004 - two teams
        raise PageError(page.url, f"expected two teams in the head of a map, found {len(teams)}")
    block = page.one(".map", header)
    picked = page.maybe(".picked", block)
    marks = [] if picked is None else classes(picked)
    lasted = said(text_of(page.maybe(".map-duration", block)))
    fields: dict[str, Any] = {
        "map": said(own_text(page.all("span", block)[0])),
        "picked_by": next((place for place in (1, 2) if f"mod-{place}" in marks), None),
        "duration_s": seconds(lasted) if lasted else None,
    }
    if not played:
        return fields
    for place, team in enumerate(teams, 1):
        score = page.one(".score", team)
        fields[f"team{place}_score"] = points(text_of(score))
        if "mod-win" in classes(score):
            fields["winner"] = None if "winner" in fields else place
        for side, name in (("t", "attack"), ("ct", "defence"), ("ot", "overtime")):
            won = page.maybe(f"span.mod-{side}", team)
            fields[f"team{place}_{name}"] = whole(text_of(won))
    return fields


def read_rounds(page: HtmlPage, match_id: str, game: str, node: Node) -> Iterator[EsportsRound]:
    """Yield the rounds that were played; the columns of those that were not are empty."""
    for column in page.all(".vlr-rounds-row-col", node):
        title = (column.attributes.get("title") or "").strip()
        cells = [(one, classes(one)) for one in column.iter()]
        squares = [(one, marks) for one, marks in cells if "rnd-sq" in marks]
        won = [place for place, (_, marks) in enumerate(squares, 1) if "mod-win" in marks]
        if not won and not title:
            continue
        numbers = [one for one, marks in cells if "rnd-num" in marks]
        if len(squares) != 2 or len(won) != 1 or len(numbers) != 1:  # noqa: PLR2004 - two teams
            raise PageError(page.url, f"the round {title!r} of game {game} has no one winner"[:200])
        square, marks = squares[won[0] - 1]
        score = _SCORE.fullmatch(title)
        yield EsportsRound(
            match_id=match_id,
            game_id=game,
            number=int(page.text(numbers[0])),
            winner=won[0],
            side=_side(page, marks),
            method=_method(square),
            team1_score=int(score[1]) if score else None,
            team2_score=int(score[2]) if score else None,
        )


def _side(page: HtmlPage, marks: list[str]) -> str:
    sides = [side for side in ("t", "ct") if f"mod-{side}" in marks]
    if len(sides) != 1:
        raise PageError(page.url, f"a round was won on the sides {sides}")
    return sides[0]


def _method(square: Node) -> str | None:
    """Return the name of the round's picture: ``elim`` for ``/img/vlr/game/round/elim.webp``."""
    for image in below(square):
        if found := _PICTURE.search(image.attributes.get("src") or ""):
            return found[1]
    return None
