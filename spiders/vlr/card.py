"""One match in a list of matches."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from spiders.vlr.cells import below, classes, country, own_text, required_id, said, text_of
from spiders.vlr.header import FORFEITS, points

COMPLETED: Final = "completed"
STATUSES: Final = frozenset({"upcoming", "live", COMPLETED, "tbd"})
"""Where a match in a list can be; another word is kept as the site writes it."""

WINNERS: Final = {"mod-win": 1, "mod-loss": 2}
"""What the card of one team says about that team, as the place of the winner."""

LISTED: Final = (
    "ml-status",
    "ml-eta",
    "match-item-vs-team",
    "match-item-vs-team-name",
    "match-item-vs-team-score",
    "match-item-time",
    "match-item-event",
    "match-item-event-series",
)
OWN: Final = ("m-item-result", "m-item-team", "m-item-event", "m-item-date", "rm-item-score-eta")

Parts = dict[str, list[Node]]


@dataclass(frozen=True, slots=True)
class Card:
    """A match as a list shows it; in the list of one team or player, team 1 is theirs.

    *event* is the event, *series* the stage and round in it; in an event's own list *event* is
    None, *stage* the stage and *series* the round.
    """

    match_id: str
    url: str
    status: str
    day_text: str | None = None
    time_text: str | None = None
    event: str | None = None
    stage: str | None = None
    series: str | None = None
    team1_name: str | None = None
    team1_country: str | None = None
    team1_score: int | None = None
    team2_name: str | None = None
    team2_country: str | None = None
    team2_score: int | None = None
    winner: int | None = None
    forfeited: bool = False
    eta: str | None = None


def listed_card(page: HtmlPage, link: Node, day: str | None, status: str | None) -> Card:
    """Read a card of a list of all matches; *status* is for cards that do not say it."""
    parts = _parts(link, LISTED)
    named = (text_of(_one(parts, "ml-status", page)) or status or "").lower()
    if not named:
        raise PageError(page.url, "a card does not say how far its match is")
    names = [_name(node) for node in parts["match-item-vs-team-name"]]
    if len(names) != 2:  # noqa: PLR2004 - two teams
        raise PageError(page.url, f"expected two teams on a card, found {len(names)}")
    scores = [text_of(node) for node in parts["match-item-vs-team-score"]]
    if len(scores) not in {0, 2}:
        raise PageError(page.url, f"expected two scores on a card, found {len(scores)}")
    event = _one(parts, "match-item-event", page)
    winners = [
        place
        for place, team in enumerate(parts["match-item-vs-team"], 1)
        if "mod-winner" in classes(team)
    ]
    return Card(
        **_address(page, link),
        **_sides(names, scores),
        status=named,
        day_text=day,
        time_text=said(text_of(_one(parts, "match-item-time", page))),
        event=None if event is None else own_text(event),
        series=text_of(_one(parts, "match-item-event-series", page)),
        winner=winners[0] if len(winners) == 1 else None,
        eta=text_of(_one(parts, "ml-eta", page)),
    )


def own_card(page: HtmlPage, link: Node) -> Card:
    """Read a card of a team's or a player's list, the team itself on the left."""
    parts = _parts(link, OWN)
    result = _one(parts, "m-item-result", page)
    teams = parts["m-item-team"]
    if result is None or len(teams) != 2:  # noqa: PLR2004 - two teams
        raise PageError(page.url, f"a card with {len(teams)} teams, and no result"[:200])
    marks = classes(result)
    eta = text_of(_one(parts, "rm-item-score-eta", page))
    shown = [text_of(node) for node in result.iter() if node.tag == "span"]
    scores = shown if len(shown) == 2 and eta is None else []  # noqa: PLR2004 - two teams
    gone = (own_text(result) or "").lower() in FORFEITS
    event, date = _one(parts, "m-item-event", page), _one(parts, "m-item-date", page)
    own = _sides([(_own_name(team), None) for team in teams], scores)
    own["forfeited"] = own["forfeited"] or gone
    return Card(
        **_address(page, link),
        **own,
        status=_status(eta, marks, begun=bool(scores), over=own["forfeited"]),
        day_text=_first(date),
        time_text=None if date is None else own_text(date),
        event=_first(event),
        series=None if event is None else own_text(event),
        winner=next((WINNERS[mark] for mark in marks if mark in WINNERS), None),
        eta=eta,
    )


def _status(eta: str | None, marks: list[str], *, begun: bool, over: bool) -> str:
    """Tell how far a match is that no word on its card says it of."""
    if eta is not None:
        return "upcoming"
    if "mod-tbd" not in marks or over:
        return COMPLETED
    return "live" if begun else "upcoming"


def _parts(link: Node, names: Iterable[str]) -> Parts:
    """Find the parts of a card by one walk, each under its class."""
    found: Parts = {name: [] for name in names}
    for node in below(link):
        for mark in classes(node):
            if mark in found:
                found[mark].append(node)
    return found


def _one(parts: Parts, name: str, page: HtmlPage) -> Node | None:
    if len(parts[name]) > 1:
        raise PageError(page.url, f"a card has {len(parts[name])} of {name!r}")
    return parts[name][0] if parts[name] else None


def _address(page: HtmlPage, link: Node) -> dict[str, Any]:
    href = page.attribute(link, "href")
    return {"match_id": required_id(href), "url": page.absolute(href)}


def _sides(names: list[tuple[str | None, str | None]], scores: list[str | None]) -> dict[str, Any]:
    words = [(score or "").lower() for score in scores]
    fields: dict[str, Any] = {"forfeited": any(word in FORFEITS for word in words)}
    for place, (name, flag) in enumerate(names, 1):
        fields[f"team{place}_name"] = name
        fields[f"team{place}_country"] = flag
        fields[f"team{place}_score"] = points(scores[place - 1]) if scores else None
    return fields


def _name(node: Node) -> tuple[str | None, str | None]:
    """Return name and country of a team; a team that is not known yet has neither."""
    name, flag = node, None
    for one in below(node):
        marks = classes(one)
        if "text-of" in marks:
            name = one
        elif "flag" in marks:
            flag = one
    return said(own_text(name)), country(flag)


def _own_name(team: Node) -> str | None:
    """Return a team's name; one that is not known yet is a bare element with the word TBD."""
    names = [node for node in below(team) if "m-item-team-name" in classes(node)]
    return said(text_of(names[0] if names else team))


def _first(node: Node | None) -> str | None:
    """Return the text of the first element in *node*: an event's name, a day."""
    return None if node is None else text_of(next(iter(node.iter()), None))
