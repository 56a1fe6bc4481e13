"""The page of one match, `/{id}` or `/{id}/{slug}`: upcoming, live or completed."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final

from crawlers.errors import PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Unknown
from crawlers.items.esports import EsportsMap, EsportsMatch, EsportsRound
from crawlers.page import Found
from spiders.vlr.answers import opened, without_comments
from spiders.vlr.around import encounters, streams, vods
from spiders.vlr.cells import classes, required_id
from spiders.vlr.header import COMPLETED, STATUSES, read_header
from spiders.vlr.listed import distinct
from spiders.vlr.overview import players_of, read_players
from spiders.vlr.rounds import ALL, METHODS, by_game, read_maps, read_rounds, unplayed

TABS: Final = ("performance", "economy")
PARTS: Final = (
    "match-streams",
    "match-vods",
    "sm-root",
    "match-h2h",
    "vm-stats-tabnav-item",
    "vm-stats-gamesnav-item",
    "vm-stats-game",
)


class MatchPage(HtmlPage):
    """A match with its maps, rounds and players. Articles and threads have numbers as well."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Drop the comments of readers, which change all the time and are not ours."""
        return without_comments(body)

    def read_items(self) -> Iterator[Found]:
        """Yield the match, then what nobody knew on its page."""
        match_id = required_id(self.url)
        fields = read_header(self, opened(self, ".match-header"))
        parts = self._parts
        tabs = by_game(self, parts["vm-stats-gamesnav-item"])
        found = by_game(self, parts["vm-stats-game"])
        over = fields["status"] == COMPLETED
        maps = distinct(self, read_maps(self, match_id, tabs, found, over=over))
        played = {ALL, *(one.game_id for one in maps)} - unplayed(tabs)
        nodes = {game: node for game, node in found.items() if game in played}
        rounds = distinct(
            self,
            (
                one
                for game, node in nodes.items()
                for one in read_rounds(self, match_id, game, node)
            ),
        )
        read = [
            one for game, node in nodes.items() for one in read_players(self, match_id, game, node)
        ]
        self._refuse_turned(maps, rounds)
        yield EsportsMatch(
            id=match_id,
            streams=tuple(streams(self, parts["match-streams"] + parts["sm-root"])),
            vods=tuple(vods(self, parts["match-vods"] + parts["sm-root"])),
            encounters=tuple(encounters(self, parts["match-h2h"], fields["team1_id"])),
            maps=maps,
            rounds=rounds,
            players=players_of(self, read),
            **fields,
        )
        yield from _unknown(fields, rounds, read)

    def read_links(self) -> Iterator[str]:
        """Yield the match's other tabs, each with all of its maps, where there are any."""
        match_id = required_id(self.url)
        opened(self, ".match-header")
        offered = {
            node.attributes.get("data-tab")
            for node in self._parts["vm-stats-tabnav-item"]
            if "mod-disabled" not in classes(node)
        }
        for tab in TABS:
            if tab in offered:
                yield self.absolute(f"/{match_id}/?game=all&tab={tab}")

    def _refuse_turned(self, maps: Iterable[EsportsMap], rounds: Iterable[EsportsRound]) -> None:
        """Raise PageError where the head of a map has its teams the other way round."""
        last = {one.game_id: (one.team1_score, one.team2_score) for one in rounds}
        for one in maps:
            score = one.team2_score, one.team1_score
            if last.get(one.game_id) == score and one.team1_score != one.team2_score:
                raise PageError(self.url, f"the teams of {one.map} are not in the match's order")

    @cached_property
    def _parts(self) -> dict[str, list[Node]]:
        """Find the parts of the page by one pass over it, each under its class."""
        found: dict[str, list[Node]] = {name: [] for name in PARTS}
        for node in self.all(", ".join(f".{name}" for name in PARTS)):
            for name in classes(node):
                if name in found:
                    found[name].append(node)
        return found


def _unknown(
    fields: dict[str, Any], rounds: Iterable[EsportsRound], read: Iterable[Any]
) -> Iterator[Unknown]:
    """Yield each category that nobody knew, once."""
    if (status := fields["status"]) not in STATUSES:
        yield Unknown("match status", status)
    for method in sorted({one.method for one in rounds if one.method} - METHODS):
        yield Unknown("round method", method)
    yield from dict.fromkeys(one for one in read if isinstance(one, Unknown))
